"""Takes personal data out of a text, each item replaced by its kind in brackets."""

import re
from collections.abc import Iterable

from agents.redact_names import names
from agents.redact_numbers import (
    LONG_RUN,
    MAYBE_CODE,
    Span,
    cards,
    identities,
    landlines,
    mobiles,
    papers,
    plates,
)
from agents.redact_online import mails, qqs, wechats
from agents.redact_places import homes
from agents.redact_views import digit_view, plain_view

_TOKEN = re.compile(r"〔[^〔〕\s]{2,3}〕")
_TWINS = re.compile(r"(〔住址〕)(?:[\s,，]?〔住址〕)+")


_HIDDEN_AT = ("艾特", "爱特", "小老鼠", "圈a")
_ONLINE = (
    "微",
    "威信",
    "加威",
    "薇",
    "徽信",
    "维信",
    "v",
    "V",
    "w",
    "W",
    "q",
    "Q",
    "扣",
    "企鹅",
    "球球",
    "口口",
)


def _spans(view: str, *, every: bool = False) -> list[Span]:
    """Every item in one view, the surest kind first.

    every: run all patterns, without the scans that tell which can match at all; for tests.
    """
    found: list[Span] = []
    if every or MAYBE_CODE.search(view) or any(mark in view for mark in _HIDDEN_AT):
        found.extend(mails(view))
        digits = digit_view(view)
        for one in (view,) if digits is None else (view, digits):
            if every or LONG_RUN.search(one):
                for kind in (papers, identities, cards, mobiles, landlines):
                    found.extend(kind(one))
            if every or any(mark in one for mark in _ONLINE):
                found.extend(qqs(one))
                found.extend(wechats(one))
        found.extend(plates(view))
    found.extend(names(view, every=every))
    found.extend(homes(view, every=every))
    return found


def _apart(spans: Iterable[Span], taken: list[tuple[int, int]]) -> list[Span]:
    """The spans that overlap none before them, nor a token already there, in the order of the text."""
    kept: list[Span] = []
    for start, end, kind in spans:
        if start < end and all(end <= left or right <= start for left, right in taken):
            taken.append((start, end))
            kept.append((start, end, kind))
    return sorted(kept)


def _once(text: str) -> str:
    view, places = plain_view(text)
    spans = _spans(view)
    if not spans:
        return text
    kept = _apart(spans, [hit.span() for hit in _TOKEN.finditer(view)])
    parts, done = [], 0
    for start, end, kind in kept:
        left, right = (start, end) if places is None else (places[start], places[end - 1] + 1)
        parts.append(f"{text[done:left]}〔{kind}〕")
        done = right
    return _TWINS.sub(r"\1", "".join(parts) + text[done:])


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
