"""Events by which staff act, from the command line or from the duty board: made, and addressed."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
import xxhash

from streams.events import EVENTS, kind_of
from streams.settings import Settings
from streams.topics import full_name

Event = dict[str, Any]
_STREAMS: Final = {kind_of(stream): stream for stream in EVENTS}


class Message(NamedTuple):
    """What is sent to Kafka for an event."""

    topic: str
    key: bytes
    value: bytes


def action_event(
    kind: str, county: str, data: Mapping[str, Any], *, source: str, now: datetime, run: str = ""
) -> Event:
    """A CloudEvent of an action, with an id of its own.

    kind: as alert-action. now: aware. run: by which answers to it are found, if any.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> event = action_event("alert-action", "620702", {"by": "值班长"}, source="/board", now=now)
    >>> event["type"], event["data"]["reported_at"], event["data"]["by"]
    ('huishang.alert-action.v1', '2026-03-01T00:00:00.000+00:00', '值班长')
    """
    at = now.isoformat(timespec="milliseconds")
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": source,
        "type": f"huishang.{kind}.v1",
        **({"runid": run} if run else {}),
        "data": {"county_code": county, "occurred_at": at, "reported_at": at, **data},
    }


def message_of(settings: Settings, event: Event) -> Message:
    """Where an action_event goes: the topic of its kind, by its county."""
    stream = _STREAMS[event["type"].split(".")[1]]
    key = event["data"]["county_code"].encode()
    return Message(full_name(settings, stream), key, orjson.dumps(event))


def identity_of(event: Event) -> int:
    """As the store knows it."""
    return xxhash.xxh3_64_intdigest(f"{event['source']}\0{event['id']}".encode())
