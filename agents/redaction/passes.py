"""Takes personal data out of a text, each item replaced by its kind in brackets."""

import re
from collections.abc import Iterable

from agents.redaction.matching import Span
from agents.redaction.names import names, promising
from agents.redaction.numbers import MAYBE_CODE, longest_run, numbers, plates
from agents.redaction.online import mails, qqs, wechats
from agents.redaction.places import homes
from agents.redaction.scan import (
    AT,
    CODED,
    DASH,
    HOME,
    NUMERAL,
    PLATE,
    QQ,
    STREET,
    WECHAT,
    Found,
    scan,
)
from agents.redaction.views import digit_view, plain_view

_TOKEN = re.compile(r"〔[^〔〕\s]{2,3}〕")
_TWINS = re.compile(
    r"(〔住址〕)(?:(?:[\s,，]?|(?:和[谐平睦顺悦]|[^\W\d_和与及到至住的在是有从离]){2,8})〔住址〕)+"
)


def _codes(view: str, kinds: int) -> Iterable[Span]:
    """Numbers and ids."""
    longest = longest_run(view)
    yield from numbers(view, longest, kinds)
    if longest and kinds & QQ:
        yield from qqs(view)
    if kinds & WECHAT and MAYBE_CODE.search(view):
        yield from wechats(view)


def _spans(view: str, found: Found) -> list[Span]:
    """Every item in one view, the surest kind first. found: what the scan found in it."""
    kinds = found.kinds
    coded = kinds & CODED != 0
    spans: list[Span] = []
    if coded and kinds & AT:
        spans.extend(mails(view))
    if coded and kinds & PLATE:
        spans.extend(plates(view))
    if kinds & NUMERAL and (digits := digit_view(view)) is not None:
        spans.extend(_codes(digits, -1))
    if coded:
        spans.extend(_codes(view, kinds))
    if kinds & (HOME | STREET | DASH):
        spans.extend(homes(view, kinds))
    spans.extend(names(view, found, latin=coded))
    return spans


def _apart(spans: Iterable[Span], tokens: Iterable[tuple[int, int]], length: int) -> list[Span]:
    """The spans that overlap none before them, nor a token already there, in the order of the text.

    length: of the text. Takes time with it, however many spans there are.
    """
    taken = bytearray(length)
    for start, end in tokens:
        taken[start:end] = b"\1" * (end - start)
    kept: list[Span] = []
    for span in spans:
        start, end, _ = span
        if start < end and taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            kept.append(span)
    return sorted(kept)


def _once(text: str) -> str:
    found = scan(text)
    if not found.kinds and not (found.people and promising(text, found.people)):
        return text  # nearly every text
    view, places = text, None
    if found.kinds & CODED:
        view, places = plain_view(text)
        if view is not text:
            found = scan(view)
    spans = _spans(view, found)
    if not spans:
        return text
    tokens = [hit.span() for hit in _TOKEN.finditer(view)] if "〔" in view else []
    parts, done = [], 0
    for start, end, kind in _apart(spans, tokens, len(view)):
        left, right = (start, end) if places is None else (places[start], places[end - 1] + 1)
        parts.append(f"{text[done:left]}〔{kind}〕")
        done = right
    redacted = "".join(parts) + text[done:]
    return _TWINS.sub(r"\1", redacted) if redacted.count("〔住址〕") > 1 else redacted


def redact(text: str) -> str:
    """The text with personal items replaced by their kinds: 〔手机〕〔姓名〕〔住址〕 …

    Redacting again changes nothing: what one pass uncovers (a name next to a number just
    taken out), the next takes; each pass leaves fewer characters that are not tokens.

    >>> redact("我叫王建国，电话１３９-0936 1234，住金都花园3栋2单元501室")
    '我叫〔姓名〕，电话〔手机〕，住〔住址〕'
    """
    while (shorter := _once(text)) != text:
        text = shorter
    return text
