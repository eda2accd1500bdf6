"""Events by which duty staff act from the command line: made, and published."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import xxhash

from cli.producing import Record, produce
from streams.clock import clock_of
from streams.errors import UserError
from streams.settings import Settings
from streams.topics import full_name

SOURCE: Final = "huishang-cli"

Event = dict[str, Any]


def said(by: str, note: str | None) -> dict[str, str]:
    """Who acts, and why, as the contracts have it. Raises UserError."""
    if not 1 <= len(by) <= 64:
        raise UserError("--by is the name of a post, of 1 to 64 characters")
    return {"by": by, "note": note} if note else {"by": by}


def action_event(
    settings: Settings, kind: str, county: str, data: Mapping[str, Any], run: str = ""
) -> Event:
    """A CloudEvent of an action, now. kind: as alert-action."""
    now = clock_of(settings).now().isoformat(timespec="milliseconds")
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": SOURCE,
        "type": f"huishang.{kind}.v1",
        **({"runid": run} if run else {}),
        "data": {"county_code": county, "occurred_at": now, "reported_at": now, **data},
    }


def publish_actions(settings: Settings, events: Sequence[Event]) -> None:
    """Send them to the topic of their kind, and wait until the broker has them."""
    records = [
        Record(
            full_name(settings, f"{one['type'].split('.')[1]}s"),
            one["data"]["county_code"].encode(),
            orjson.dumps(one),
        )
        for one in events
    ]
    asyncio.run(produce(settings.kafka, records))


def identity_of(event: Event) -> int:
    """As the store knows it."""
    return xxhash.xxh3_64_intdigest(f"{event['source']}\0{event['id']}".encode())
