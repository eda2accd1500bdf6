"""What the columns of a table mean: checked once against a stream's contract, applied to every cell."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, Literal, NamedTuple, get_args, get_type_hints

import msgspec
import msgspec.inspect

from agents.expected import in_words
from cli import times
from streams.counties import COUNTIES, CountyCode, named
from streams.errors import UserError
from streams.events import EVENTS

COUNTY_FIELDS: Final = ("county_code", "county_name", "grid_code")

# What a required field holds when a row says nothing about it; --set changes it.
DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "grid-reports": {
        "channel": "grid_app",
        "on_site_resolved": "false",
        "is_zero_report": "false",
    },
    "hotline-calls": {"channel": "web", "demand_type": "complaint", "repeat": "false"},
    "opinion-items": {"platform_class": "message_board", "geo_confidence": "1.0"},
    "case-updates": {},
    "alert-actions": {},
    "incident-actions": {},
    "duty-log": {},
}
_YES_NO: Final = {"是": True, "否": False, "yes": True, "no": False, "y": True, "n": False}


class Refused(Exception):
    """A row that cannot become an event. Holds no personal text: see `shape`."""

    def __init__(self, field: str, got: str, expected: str) -> None:
        super().__init__(f"{field}: got {got}, expected {expected}")
        self.field = field


class Field(NamedTuple):
    """One field of a contract as rows fill it; path is dotted inside objects."""

    path: str
    kind: Literal["instant", "bool", "text", "other"]
    type: Any
    expected: str
    required: bool


class Plan(NamedTuple):
    """How rows become events of one stream: checked once, used for every row."""

    stream: str
    fields: dict[str, Field]
    columns: dict[str, str]
    fixed: dict[str, Any]
    county: CountyCode | None
    source: str
    runid: str
    zone: tzinfo
    event_type: str
    dataschema: str
    decoder: msgspec.json.Decoder[Any]


def plan(
    stream: str,
    *,
    columns: Mapping[str, str],
    given: Mapping[str, str],
    county: str | None,
    source: str,
    runid: str,
    zone: tzinfo,
) -> Plan:
    """Check what the command was given against the stream's contract.

    columns: field → column; given: field → value for rows that leave it empty.
    Raises UserError for an unknown stream, field, value or county, and for a
    required field that nothing fills.
    """
    if stream not in EVENTS:
        raise UserError(f"no stream {stream!r}; the streams are: {', '.join(EVENTS)}")
    if not 1 <= len(source) <= 128:
        raise UserError("--source is a name of 1 to 128 characters")
    contract = EVENTS[stream]
    envelope = get_type_hints(contract, include_extras=True)
    fields = {field.path: field for field in _fields(envelope["data"])}
    _check_names(stream, fields, columns, given)
    fixed = _values(fields, {**DEFAULTS[stream], **given}, zone)
    filled = {*columns, *fixed, "occurred_at", "reported_at"}
    if missing := [name for name, field in fields.items() if field.required and name not in filled]:
        raise UserError(
            f"{stream} needs {', '.join(missing)}; give columns with --map or values with --set"
        )
    if county is None and not any(name in columns for name in COUNTY_FIELDS):
        raise UserError(
            f"no county; give --county, or map a column to one of {', '.join(COUNTY_FIELDS)}"
        )
    return Plan(
        stream=stream,
        fields=fields,
        columns=dict(columns),
        fixed=fixed,
        county=None if county is None else county_of(county),
        source=source,
        runid=runid,
        zone=zone,
        event_type=get_args(envelope["type"])[0],
        dataschema=get_args(get_args(envelope["dataschema"])[0])[0],
        decoder=msgspec.json.Decoder(contract),
    )


def _check_names(
    stream: str, fields: Mapping[str, Field], columns: Mapping[str, str], given: Mapping[str, str]
) -> None:
    for name in (*columns, *given):
        if name not in fields and not (name == "id" and name in columns):
            raise UserError(f"{stream} has no field {name!r}; it has: id, {', '.join(fields)}")
    for name in given:
        if name in (*COUNTY_FIELDS, "reported_at"):
            raise UserError(f"{name} is not for --set; use --county, --time or --map")


def _values(fields: Mapping[str, Field], given: Mapping[str, str], zone: tzinfo) -> dict[str, Any]:
    values = {}
    for name, value in given.items():
        try:
            values[name] = convert(fields[name], value, zone)
        except Refused as refused:
            raise UserError(f"--set {refused}") from None
    return values


def county_of(written: str) -> CountyCode:
    """The county that a code or name means. Raises UserError if none or several."""
    if written in COUNTIES:
        return CountyCode(written)
    codes = named(written)
    if len(codes) == 1:
        return codes[0]
    if codes:
        choice = ", ".join(
            f"{code} {COUNTIES[code].province}{COUNTIES[code].city}" for code in codes[:8]
        )
        raise UserError(f"several counties are called {written!r}; use a code: {choice}")
    raise UserError(
        f"no county {written!r}; expected a six-digit code like 620702, "
        "or a name like 甘肃省张掖市甘州区"
    )


def _fields(struct: Any, prefix: str = "") -> list[Field]:
    hints = get_type_hints(struct, include_extras=True)
    info = msgspec.inspect.type_info(struct)
    found: list[Field] = []
    for field in info.fields:  # type: ignore[attr-defined]
        inner = field.type
        if isinstance(inner, msgspec.inspect.Metadata):
            inner = inner.type
        if isinstance(inner, msgspec.inspect.StructType):
            found += _fields(inner.cls, f"{prefix}{field.name}.")
            continue
        kind = _kind(inner)
        found.append(
            Field(
                path=prefix + field.name,
                kind=kind,
                type=hints[field.name],
                expected=times.EXPECTED if kind == "instant" else in_words(inner),
                required=field.required and not prefix,
            )
        )
    return found


def _kind(inner: msgspec.inspect.Type) -> Literal["instant", "bool", "text", "other"]:
    match inner:
        case msgspec.inspect.DateTimeType():
            return "instant"
        case msgspec.inspect.BoolType():
            return "bool"
        case msgspec.inspect.StrType():
            return "text"
    return "other"


def convert(field: Field, value: Any, zone: tzinfo) -> Any:
    """A cell as the contract's type has it; instants become datetimes.

    Raises Refused.
    """
    if field.kind == "instant":
        return _instant(field, value, zone)
    if isinstance(value, str):
        value = value.strip()
        if "\0" in value:
            raise Refused(field.path, "a text with a NUL", "text without NUL")
        if field.kind == "bool":
            value = _YES_NO.get(value.lower(), value)
    elif field.kind == "text" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    try:
        return msgspec.convert(value, field.type, strict=False)
    except msgspec.ValidationError:
        raise Refused(field.path, shape(value), field.expected) from None


def _instant(field: Field, value: Any, zone: tzinfo) -> datetime:
    try:
        return times.read(value, zone)
    except times.UnreadableTime as error:
        seen = isinstance(value, str) and times.showable(value)
        raise Refused(field.path, repr(value) if seen else shape(value), str(error)) from None


def shape(value: Any) -> str:
    """What kind of value was got, without showing it: it may be anybody's personal data.

    >>> shape("张三 13912345678"), shape(None), shape([1])
    ('a text of 14 characters', 'nothing', 'a list')
    """
    if isinstance(value, str):
        return f"a text of {len(value):,} characters" if value.strip() else "nothing"
    kinds = {type(None): "nothing", bool: "true or false", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number")
