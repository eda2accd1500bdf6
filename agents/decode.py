"""Turns a Kafka record into an event of its contract, or says why not.

A good event costs one msgspec decode and a few look-ups. Only when one fails is the
value read again, strictly, then slowly and leniently, to name the reason. What is said never holds a
value of the event: paths are checked names, expectations come from the contract.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

import msgspec
import xxhash
from msgspec import Struct

from agents.expected import expectations
from agents.identity_fields import identity_path, names_person, shown
from agents.lenient import depth_of, text_of
from agents.patterns import Matching, loosened, pattern_of
from streams.contracts import DEPTH_LIMIT, EVENT_LIMIT_BYTES, Matter
from streams.errors import InvalidEvent, Reason
from streams.events import EVENTS, Envelope, Event

Headers = Sequence[tuple[str, bytes]]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
STRUCTURED: Final = "application/cloudevents+json"
# Of an event that is too long anyway, this much is searched for identity fields.
_SCAN_LIMIT_BYTES: Final = 4 * EVENT_LIMIT_BYTES
_BACKSLASH: Final = 0x5C
_NUL: Final = b"\\u0000"
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT: Final = re.compile(r" - at `(\$[^`]*)`$")
_MISSING: Final = re.compile(r"Object missing required field `([^`]*)`")
_UNKNOWN: Final = re.compile(
    r"Object contains unknown field `(.*?)`(?: - at `\$[^`]*`)?$", re.DOTALL
)
_ITEM: Final = re.compile(r"\[\d+\]$")
_BYTE: Final = re.compile(r"\(byte (\d+)\)$")
# All that the codec raises for bad input; anything else is a bug and stops the stage.
_REFUSALS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)


def malformed(path: str, expected: str) -> InvalidEvent:
    """An event that breaks its contract's form."""
    return InvalidEvent(Reason.MALFORMED, path, expected)


class _Form:
    """A contract's codecs, for structured and binary mode."""

    def __init__(self, event: type[Event], data: type[Struct]) -> None:
        self._event = event
        self.whole: msgspec.json.Decoder[Event] = msgspec.json.Decoder(event)
        self.data: msgspec.json.Decoder[Struct] = msgspec.json.Decoder(data)

    def event_of(self, value: bytes, attributes: dict[str, str]) -> Event:
        """The event whose attributes came in headers."""
        return msgspec.convert({**attributes, "data": self.data.decode(value)}, self._event)


class Decoder:
    """Decodes the records of one input stream.

    stream: a key of streams.events.EVENTS, such as `grid-reports`.
    """

    def __init__(self, stream: str) -> None:
        contract = EVENTS[stream]
        self._strict = _Form(contract, contract.__annotations__["data"])
        self._loose = _Form(*loosened(contract))
        self._decode: Callable[[bytes], Event] = self._loose.whole.decode
        self._runids = Matching(pattern_of(Envelope, "runid"))
        self._counties = Matching(pattern_of(Matter, "county_code"))
        self._grids = Matching(pattern_of(Matter, "grid_code"))
        self._townships = Matching(pattern_of(Matter, "township_code"))
        self._expected = expectations(contract)

    def decode(self, value: bytes | None, headers: Headers | None = None) -> Event:
        """The event in a record, in structured or binary mode.

        headers: the record's, (name, bytes). `ce_specversion` among them means
        binary mode, unless the content type says structured. Of a key written
        twice in one object the last one counts, as in most readers.
        Raises InvalidEvent (malformed, identity_field) and nothing else,
        whatever the bytes.
        """
        if headers or value is None or len(value) > EVENT_LIMIT_BYTES:
            return self._with_headers(value, headers or ())
        try:
            event = self._decode(value)
        except _REFUSALS:
            raise self._complaint(value) from None
        if not self._matches(event):
            raise self._complaint(value)
        # A NUL can only come escaped here, and few texts hold a backslash.
        if _BACKSLASH in value and _escapes_nul(value):
            raise self._refusal(value)
        return event

    def _matches(self, event: Event) -> bool:
        """Whether the fields that were decoded without their patterns match them."""
        data = event.data
        return (
            self._runids[event.runid]
            and self._counties[data.county_code]
            and self._grids[data.grid_code]
            and self._townships[data.township_code]
        )

    def _with_headers(self, value: bytes | None, headers: Headers) -> Event:
        attributes, media_type = _read_headers(headers)
        if value is None or len(value) > EVENT_LIMIT_BYTES:
            raise self._refusal(value, attributes=attributes)
        binary = "specversion" in attributes and media_type != STRUCTURED
        if media_type and media_type != ("application/json" if binary else STRUCTURED):
            raise self._identity(value, attributes) or malformed(
                "header content-type",
                "application/json with ce_ headers (binary mode), "
                f"or {STRUCTURED} (structured mode)",
            )
        if not binary:
            return self.decode(value)
        if "data" in attributes or any("\0" in text for text in attributes.values()):
            raise self._refusal(value, attributes=attributes, root="header")
        try:
            event = self._loose.event_of(value, attributes)
        except _REFUSALS:
            raise self._complaint(value, attributes) from None
        if not self._matches(event):
            raise self._complaint(value, attributes)
        if _BACKSLASH in value and _escapes_nul(value):
            raise self._refusal(value, attributes=attributes)
        return event

    def _complaint(self, value: bytes, attributes: dict[str, str] | None = None) -> InvalidEvent:
        """What the contract says of a value that broke it."""
        root = "$"
        try:
            if attributes is None:
                self._strict.whole.decode(value)
            else:
                root = "$.data"
                self._strict.data.decode(value)
                root = "header"
                self._strict.event_of(value, attributes)
        except _REFUSALS as error:
            return self._refusal(value, error, attributes, root)
        raise AssertionError("the loose form refused what the contract takes")

    def _refusal(
        self,
        value: bytes | None,
        error: Exception | None = None,
        attributes: dict[str, str] | None = None,
        root: str = "$",
    ) -> InvalidEvent:
        """Why a record is refused; an identity field is named before anything else.

        error: the codec's; None for what the codec does not look at.
        root: where the part lies that was read: `$`, `$.data`, or `header`.
        """
        return (
            self._identity(value, attributes or {})
            or _unreadable(value)
            or self._breach(error, root)
        )

    def _identity(self, value: bytes | None, attributes: dict[str, str]) -> InvalidEvent | None:
        path = next((f"header ce_{shown(name)}" for name in attributes if names_person(name)), "")
        if not path and value is not None:
            path = identity_path(text_of(value[:_SCAN_LIMIT_BYTES]))
        if not path:
            return None
        expected = "no field that names a person, phone, account, address or identity number"
        return InvalidEvent(Reason.IDENTITY_FIELD, path, expected)

    def _breach(self, error: Exception | None, root: str) -> InvalidEvent:
        """msgspec's complaint in the contract's words; its own may quote the event."""
        message = str(error)
        if error is None:
            return malformed(root, "attributes of CloudEvents, without NUL")
        if not isinstance(error, msgspec.ValidationError):
            byte = _BYTE.search(message)
            how = f"stops being JSON at byte {byte[1]}" if byte else "is cut off"
            return malformed("$", f"one JSON object; this {how}")
        at = _AT.search(message)
        path = "$" if root == "header" else root
        path += at[1][1:] if at else ""
        if unknown := _UNKNOWN.match(message):
            name = shown(unknown[1])
            if path not in self._expected:  # a field's name that looks like a path
                path = root
            return malformed(_as_header(f"{path}.{name}", root), "no field of this name")
        missing = _MISSING.match(message)
        if missing:
            path += f".{missing[1]}"
        what = self._expected.get(_ITEM.sub("[...]", path))
        if what is None:
            return malformed("$", "an event as in this stream's contract")
        return malformed(_as_header(path, root), f"{what}; it is missing" if missing else what)


def _as_header(path: str, root: str) -> str:
    return path.replace("$.", "header ce_", 1) if root == "header" else path


def _read_headers(headers: Headers) -> tuple[dict[str, str], str]:
    """CloudEvents attributes, and the media type in lower case, without parameters."""
    attributes: dict[str, str] = {}
    media_type = ""
    for name, raw in headers:
        lower = name.lower()
        if lower == "content-type":
            media_type = (raw or b"").decode("utf-8", "replace").partition(";")[0].strip().lower()
        elif lower.startswith("ce_"):
            # A NUL is refused further on: so is what is not UTF-8.
            attributes[lower[3:]] = (raw or b"").decode("utf-8", "replace").replace("\ufffd", "\0")
    return attributes, media_type


def _escapes_nul(value: bytes) -> bool:
    return _NUL in value and _ESCAPED_NUL.search(value) is not None


def _unreadable(value: bytes | None) -> InvalidEvent | None:
    """What no contract needs to be asked about; None if the value is sound so far."""
    why = ""
    if value is None:
        why = "an event; this record has no value (a tombstone)"
    elif len(value) > EVENT_LIMIT_BYTES:
        why = f"at most {EVENT_LIMIT_BYTES} bytes; this has {len(value)}"
    elif b"\0" in value or _escapes_nul(value):
        why = "text without NUL"
    elif value.startswith(b"\xef\xbb\xbf"):
        why = "JSON without a byte order mark"
    else:
        try:
            value.decode("utf-8")
        except UnicodeDecodeError as error:
            why = f"UTF-8; it breaks off at byte {error.start}"
        if not why and depth_of(value) > DEPTH_LIMIT:
            why = f"at most {DEPTH_LIMIT} levels of nesting"
    return malformed("$", why) if why else None


def identity(event: Event) -> int:
    """xxh3-64 of source, NUL, id: the same for the same event on every machine."""
    return xxhash.xxh3_64_intdigest(f"{event.source}\0{event.id}".encode())


class TimeWindow:
    """The times that are believed at one moment; made once per batch.

    ahead: how far a clock may be ahead of now. history: how old a report may be.
    """

    def __init__(self, now: datetime, *, ahead: timedelta, history: timedelta) -> None:
        self._latest = now + ahead - _EPOCH
        self._earliest = now - history - _EPOCH
        self._ahead_min = ahead.total_seconds() / 60
        self._history_days = history.days

    def check(self, data: Matter) -> int:
        """`reported_at` in whole epoch seconds. Raises InvalidEvent (time_out_of_range)."""
        reported_at, occurred_at = data.reported_at, data.occurred_at
        since = reported_at - _epoch_in(reported_at.tzinfo)
        if not self._earliest <= since <= self._latest:
            raise InvalidEvent(
                Reason.TIME_OUT_OF_RANGE,
                "$.data.reported_at",
                f"a time at most {self._ahead_min:g} minutes ahead of now"
                f" and at most {self._history_days} days ago",
            )
        if occurred_at > reported_at and occurred_at - _EPOCH > self._latest:
            raise InvalidEvent(
                Reason.TIME_OUT_OF_RANGE,
                "$.data.occurred_at",
                f"a time at most {self._ahead_min:g} minutes ahead of now",
            )
        return since.days * 86_400 + since.seconds


@lru_cache(maxsize=4096)
def _epoch_in(offset: tzinfo | None) -> datetime:
    """1970-01-01T00:00Z as written there: times of one offset are subtracted three times as fast."""
    return _EPOCH.astimezone(offset)


def check_times(event: Event, now: datetime, *, ahead: timedelta, history: timedelta) -> int:
    """One event's `reported_at` in epoch seconds, or InvalidEvent: see TimeWindow."""
    return TimeWindow(now, ahead=ahead, history=history).check(event.data)
