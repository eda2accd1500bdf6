"""Publishes what staff do from the command line."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cli.producing import Record, produce
from streams import acting
from streams.acting import Event
from streams.clock import clock_of
from streams.errors import UserError
from streams.settings import Settings

SOURCE: Final = "huishang-cli"


def said(by: str, note: str | None) -> dict[str, str]:
    """Who acts, and why, as the contracts have it. Raises UserError."""
    if not 1 <= len(by) <= 64:
        raise UserError("--by is the name of a post, of 1 to 64 characters")
    return {"by": by, "note": note} if note else {"by": by}


def action_event(
    settings: Settings, kind: str, county: str, data: Mapping[str, Any], run: str = ""
) -> Event:
    """A CloudEvent of an action, now. kind: as alert-action."""
    now = clock_of(settings).now()
    return acting.action_event(kind, county, data, source=SOURCE, now=now, run=run)


def publish_actions(settings: Settings, events: Sequence[Event]) -> None:
    """Send them to the topic of their kind, and wait until the broker has them."""
    records = [Record(*acting.message_of(settings, one)) for one in events]
    asyncio.run(produce(settings.kafka, records))
