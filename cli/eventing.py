"""A row of a table becomes a CloudEvent of its stream's contract, or is refused with a reason."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
import orjson
import xxhash
from msgspec import UNSET

from cli.mapping import Plan, Refused, convert, shape
from cli.tabular import cell
from streams.contracts import EVENT_LIMIT_BYTES, TEXT_LIMIT, TITLE_LIMIT
from streams.counties import COUNTIES, CountyCode, named

CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json")
_ERROR_PATH: Final = re.compile(r"at `\$\.?(?:data\.?)?([^`]*)`$")


class Prepared(NamedTuple):
    """An event ready to be sent. cut: its text was cut to fit; timed: the row had a time."""

    key: bytes
    value: bytes
    cut: bool
    timed: bool


class Events:
    """Turns rows into events, in order.

    Remembers how often each content came, so that equal rows without an id of
    their own get different ids: about 100 bytes a row. With an id column
    nothing is remembered.
    """

    def __init__(self, plan: Plan, default_time: Callable[[int], datetime]) -> None:
        """default_time: row number → the moment of a row that has none."""
        self._plan = plan
        self._default_time = default_time
        self._seen: defaultdict[int, int] = defaultdict(int)

    def event(self, number: int, cells: Mapping[str, Any]) -> Prepared:
        """The event of row `number`, checked against its contract. Raises Refused."""
        plan = self._plan
        found: dict[str, Any] = {}
        for name, column in plan.columns.items():
            value = cell(cells, column)
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            found[name] = (
                convert(plan.fields[name], value, plan.zone) if name != "id" else _id(value)
            )
        county = self._county(found)
        event_id = found.pop("id", None) or self._id_of(found)
        reported_at = found.get("reported_at") or found.get("occurred_at")
        timed = reported_at is not None
        reported_at = reported_at or self._default_time(number)
        data = plan.fixed | {"occurred_at": reported_at} | found | {"reported_at": reported_at}
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": plan.source,
            "type": plan.event_type,
            "time": reported_at,
            "datacontenttype": "application/json",
            "dataschema": plan.dataschema,
            "runid": plan.runid,
            "data": _nested(data),
        }
        try:
            value, cut = _encoded(event)
            plan.decoder.decode(value)
        except orjson.JSONEncodeError:
            raise Refused("event", "a number that is too large", "numbers of 64 bits") from None
        except msgspec.ValidationError as error:
            raise _refused(str(error), plan.event_type) from None
        return Prepared(county.encode(), value, cut, timed)

    def _county(self, found: dict[str, Any]) -> CountyCode:
        """The row's county; --county stands in for a row that names none."""
        if code := found.get("county_code"):
            if code not in COUNTIES:
                raise Refused("county_code", shape(code), "a county code of GB/T 2260")
            return CountyCode(code)
        if grid := found.get("grid_code"):
            if grid[:6] not in COUNTIES:
                raise Refused("grid_code", shape(grid), "a grid code that begins with a county")
            return CountyCode(grid[:6])
        if name := found.get("county_name"):
            codes = named(name)
            if len(codes) != 1:
                raise Refused(
                    "county_name",
                    f"a name of {len(codes) or 'no'} counties",
                    "the name of one county; the province and city may stand before it",
                )
            return codes[0]
        if self._plan.county is None:
            raise Refused("county", "nothing", "a county in the row, or --county")
        found["county_code"] = self._plan.county
        return self._plan.county

    def _id_of(self, found: Mapping[str, Any]) -> str:
        """An id of the content and its place among equal rows: the same however often it is read."""
        content = xxhash.xxh3_128(
            orjson.dumps(
                {name: _canonical(value) for name, value in found.items()},
                option=orjson.OPT_SORT_KEYS,
            )
        )
        key = content.intdigest() >> 64
        self._seen[key] += 1
        return f"{content.hexdigest()}-{self._seen[key]}"


def _canonical(value: Any) -> Any:
    """A value as it counts for the id: however the file writes times and line ends."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Refused("id", shape(value), "a text or a whole number")
    text = str(value).strip()
    if len(text) > 256:
        raise Refused("id", shape(text), "at most 256 characters")
    return text


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted paths as objects.

    >>> _nested({"a": 1, "callback.solved": True})
    {'a': 1, 'callback': {'solved': True}}
    """
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        if value is UNSET:
            continue
        outer, dot, inner = path.partition(".")
        if dot:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[path] = value
    return nested


def _encoded(event: dict[str, Any]) -> tuple[bytes, bool]:
    """JSON of an event, its texts cut where it would be too large to be accepted."""
    value = orjson.dumps(event)
    if len(value) <= EVENT_LIMIT_BYTES:
        return value, False
    data = event["data"]
    for name, limit in (("text", TEXT_LIMIT), ("title", TITLE_LIMIT)):
        if name in data:
            data[name] = data[name][:limit]
    return orjson.dumps(event), True


def _refused(message: str, event_type: str) -> Refused:
    """A contract error in words; msgspec's own message may quote the value."""
    if missing := re.search(r"missing required field `(\w+)`", message):
        return Refused(missing[1], "nothing", f"a value; {event_type} requires it")
    path = _ERROR_PATH.search(message)
    return Refused(path[1] if path else "event", "another value", f"what {event_type} allows")
