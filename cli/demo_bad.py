"""Bad events of the demo: one kind per way of being wrong (DESIGN, section 7), with its answer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from streams.contracts import EVENT_LIMIT_BYTES
from streams.errors import Reason

Event = dict[str, Any]


class Kind(NamedTuple):
    """One way of being wrong. spoil: a good structured event → the bytes to send."""

    name: str
    reason: Reason
    spoil: Callable[[Event, datetime], bytes]


def _field(name: str, value: object) -> Callable[[Event, datetime], bytes]:
    """The event with one field of its data set."""
    return lambda event, _: orjson.dumps(event | {"data": event["data"] | {name: value}})


def _without(name: str) -> Callable[[Event, datetime], bytes]:
    return lambda event, _: orjson.dumps(
        event | {"data": {key: value for key, value in event["data"].items() if key != name}}
    )


def _placed(**place: str) -> Callable[[Event, datetime], bytes]:
    """The event somewhere else."""

    def spoil(event: Event, _: datetime) -> bytes:
        said = ("county_code", "grid_code", "county_name", "township_code")
        rest = {key: value for key, value in event["data"].items() if key not in said}
        return orjson.dumps(event | {"data": rest | place})

    return spoil


def _at(offset: timedelta) -> Callable[[Event, datetime], bytes]:
    """The event reported at another time, counted from now."""

    def spoil(event: Event, now: datetime) -> bytes:
        at = (now + offset).isoformat()
        return orjson.dumps(
            event | {"data": event["data"] | {"occurred_at": at, "reported_at": at}}
        )

    return spoil


def _not_json(event: Event, _: datetime) -> bytes:
    return f"昨天的表格，第{event['id']}号，电话13800138000".encode()


def _cut_off(event: Event, _: datetime) -> bytes:
    whole = orjson.dumps(event)
    return whole[: len(whole) * 2 // 3]


def _bad_utf8(event: Event, _: datetime) -> bytes:
    return orjson.dumps(event).replace(b'"text":"', b'"text":"\xff\xfe\xc3', 1)


def _raw_nul(event: Event, _: datetime) -> bytes:
    return orjson.dumps(event).replace(b'"text":"', b'"text":"\x00', 1)


def _nested(event: Event, _: datetime) -> bytes:
    deep: object = "底"
    for _level in range(40):
        deep = [deep]
    return orjson.dumps(event | {"data": event["data"] | {"text": deep}})


def _too_large(event: Event, _: datetime) -> bytes:
    text = "停水" * (EVENT_LIMIT_BYTES // 6 + 1)
    return orjson.dumps(event | {"data": event["data"] | {"text": text}})


KINDS: Final = (
    Kind("not JSON", Reason.MALFORMED, _not_json),
    Kind("cut off", Reason.MALFORMED, _cut_off),
    Kind("bad UTF-8", Reason.MALFORMED, _bad_utf8),
    Kind("NUL byte", Reason.MALFORMED, _raw_nul),
    Kind("NUL character", Reason.MALFORMED, _field("text", "停水\x00")),
    Kind("nested too deep", Reason.MALFORMED, _nested),
    Kind("too large", Reason.MALFORMED, _too_large),
    Kind("wrong type", Reason.MALFORMED, _field("text", 20)),
    Kind("missing field", Reason.MALFORMED, _without("reported_at")),
    Kind("unknown field", Reason.MALFORMED, _field("colour", "red")),
    Kind("phone field", Reason.IDENTITY_FIELD, _field("phone", "13800138000")),
    Kind("name field", Reason.IDENTITY_FIELD, _field("reporter_name", "王建国")),
    Kind("account field", Reason.IDENTITY_FIELD, _field("account", "zy_demo_2026")),
    Kind("identity number field", Reason.IDENTITY_FIELD, _field("id_card", "11010519491231002X")),
    Kind("unknown county", Reason.UNKNOWN_COUNTY, _placed(county_code="999999")),
    Kind("unknown grid", Reason.UNKNOWN_COUNTY, _placed(grid_code="999999001001")),
    Kind("ambiguous county", Reason.UNKNOWN_COUNTY, _placed(county_name="鼓楼区")),
    Kind("from the future", Reason.TIME_OUT_OF_RANGE, _at(timedelta(hours=3))),
    Kind("too long ago", Reason.TIME_OUT_OF_RANGE, _at(timedelta(days=-12 * 365))),
)
