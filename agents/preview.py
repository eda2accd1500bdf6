"""Shows as little of a refused event as helps its publisher, and builds its dead letter."""

import hashlib
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Callable
from datetime import datetime
from typing import Final

from agents.decode import Headers
from agents.identity_fields import identity_path, names_person
from agents.lenient import fields, text_of, unescape
from streams.answers import DeadLetter
from streams.contracts import EVENT_LIMIT_BYTES, PREVIEW_LIMIT
from streams.counties import CITIES, COUNTIES
from streams.errors import InvalidEvent, Reason

Redact = Callable[[str], str]

HIDDEN: Final = "〔已隐去〕"
_WINDOW: Final = 1024  # characters redacted to show 200 of them
_SHORTEST: Final = PREVIEW_LIMIT + 200  # of a window's redacted text, the end is not shown
_RUNID: Final = re.compile(r"[0-9a-z-]{1,32}")
_SOURCE_LIMIT: Final = 128  # characters, as in the contract
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
# name=value, name: value, and <name>value</name>, in whatever is not JSON.
_PAIR: Final = re.compile(
    r"""(?P<name>[\w.-]{1,64})(?P<to>["']?\s*[:=：＝]\s*)(?P<value>"[^"]*"?|'[^']*'?|[^\s,;&|<>{}，；。][^,;&|<>{}，；。]*)"""
)
_ELEMENT: Final = re.compile(r"<([\w.:-]{1,64})(\s[^<>]*)?>[^<>]*")


def preview(value: bytes, redact: Redact) -> str:
    """At most 200 characters of a refused value, redacted.

    Far more than is shown is redacted before it is cut, so no cut makes half a
    number look harmless; escapes are resolved first, so none hides in them. Empty when a
    JSON field names a person. redact: text → text without personal data.
    """
    text = text_of(value[:EVENT_LIMIT_BYTES])
    if identity_path(text):
        return ""
    shown = redact(_hide_named(_plain(text[:_WINDOW])))
    if (len(text) > _WINDOW or len(value) > EVENT_LIMIT_BYTES) and len(shown) < _SHORTEST:
        return ""  # the window's end may be half of something, and would show
    return _printable(shown)[:PREVIEW_LIMIT]


def _plain(text: str) -> str:
    """Every escape a reader would undo, undone: JSON's (twice over), percent signs, entities."""
    for _ in range(3):
        resolved = html.unescape(unescape(text))
        if _PERCENT.search(resolved):
            resolved = urllib.parse.unquote(resolved)
        if resolved == text:
            break
        text = resolved
    return _printable(text)


def _printable(text: str) -> str:
    """Line breaks as spaces; other control, format and unassigned characters gone."""
    spaced = "".join(
        " " if character in "\t\n\r\v\f\u2028\u2029" else character for character in text
    )
    return "".join(c for c in spaced if unicodedata.category(c)[0] != "C")


def _hide_named(text: str) -> str:
    def pair(found: re.Match[str]) -> str:
        if names_person(found["name"]):
            return found["name"] + found["to"] + HIDDEN
        return found.group()

    def element(found: re.Match[str]) -> str:
        return f"<{found[1]}>{HIDDEN}" if names_person(found[1]) else found.group()

    return _PAIR.sub(pair, _ELEMENT.sub(element, text))


def dead_letter(
    error: InvalidEvent,
    value: bytes | None,
    *,
    key: bytes | None,
    headers: Headers | None,
    topic: str,
    partition: int,
    offset: int,
    at: datetime,
    redact: Redact,
) -> DeadLetter:
    """The answer to a record that could not be accepted.

    topic: without the deployment's prefix or with it, as replay shall find it.
    county_code comes from the record's key when that is a county; source and
    runid from the event where they can be read and fit the contract.
    """
    source, runid = _origin(value, headers or (), redact)
    refused_identity = error.reason is Reason.IDENTITY_FIELD
    return DeadLetter(
        reason=error.reason.value,
        path=error.path,
        expected=error.expected,
        topic=topic,
        partition=partition,
        offset=offset,
        at=at,
        county_code=county_of(key),
        source=source,
        runid=runid,
        size_bytes=len(value or b""),
        sha256=sha256_of(value),
        preview="" if value is None or refused_identity else preview(value, redact),
    )


def sha256_of(value: bytes | None) -> str:
    """Of a record's value, hex; empty if there is none."""
    return hashlib.sha256(value).hexdigest() if value is not None else ""


def county_of(key: bytes | None) -> str:
    """The county or city that a record's key names; empty if it names none."""
    code = key.decode("ascii", "replace") if key and len(key) == 6 else ""
    return code if code in COUNTIES or code in CITIES else ""


def _origin(value: bytes | None, headers: Headers, redact: Redact) -> tuple[str, str]:
    """source and runid, from headers in binary mode, else from the event's top level."""
    written = {
        name.lower(): (raw or b"").decode("utf-8", "replace")
        for name, raw in headers
        if name.lower() in ("ce_source", "ce_runid")
    }
    source, runid = written.get("ce_source", ""), written.get("ce_runid", "")
    if value is not None and not written:
        for field in fields(text_of(value[:EVENT_LIMIT_BYTES])):
            quoted = len(field.value) > 1 and field.value[0] == field.value[-1] == '"'
            if quoted and not field.parents and field.name == "source":
                source = unescape(field.value[1:-1])
            elif quoted and not field.parents and field.name == "runid":
                runid = field.value[1:-1]
    if not source.isprintable() or len(source) > _SOURCE_LIMIT:
        source = ""
    return redact(source) if source else "", runid if _RUNID.fullmatch(runid) else ""
