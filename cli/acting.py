"""Publishes what staff do from the command line, and waits for what comes of it."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from cli import output
from cli.producing import Record, produce
from sinks.answers import answers_to
from sinks.store import for_reading
from streams import acting
from streams.acting import Event
from streams.clock import clock_of
from streams.errors import Retryable, UserError
from streams.settings import Settings

SOURCE: Final = "huishang-cli"
_WAIT_S: Final = 60.0
_EVERY_S: Final = 0.3
_FINE: Final = ("done", "unchanged")


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
    asyncio.run(produce(settings, records))


def act(
    settings: Settings,
    kind: str,
    table: str,
    given: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    wait: bool,
    as_json: bool,
    shown_by: str,
) -> None:
    """Publish an action for each (county, data); with `wait`, end with 1 where one was not carried out.

    table: where answers are, see answers_to. shown_by: the command that shows what came of it.
    """
    run = uuid.uuid4().hex
    events = [action_event(settings, kind, county, data, run) for county, data in given]
    publish_actions(settings, events)
    answers = _answers(settings, table, run, events) if wait else []
    if as_json:
        ids = [event["id"] for event in events]
        output.as_json({"published": len(events), "ids": ids, "run": run, "answers": answers})
    elif wait:
        for answer in answers:
            click.echo(answer)
    else:
        click.echo(
            f"published; `{shown_by}` shows what came of it, and if "
            "nothing did, `huishang dead-letters list` why"
        )
    if any(answer not in _FINE for answer in answers):
        click.get_current_context().exit(1)


def _answers(settings: Settings, table: str, run: str, events: Sequence[Event]) -> list[str]:
    identities = [acting.identity_of(event) for event in events]
    until = time.monotonic() + _WAIT_S
    with for_reading(settings) as store:
        while time.monotonic() < until:
            answers = answers_to(store, table, run, identities)
            if len(answers) >= len(identities):
                return answers
            time.sleep(_EVERY_S)
    raise Retryable(
        f"no answer within {_WAIT_S:g} s; the action is published and will be carried out once "
        "intake, tally and sink run"
    )
