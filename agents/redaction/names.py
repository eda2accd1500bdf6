"""Finds full names of persons in a text; surnames with a title, masked and historical names stay.

A surname and one or two given characters are a name if that explains the characters around better
than ordinary words do (segments), what stands on both sides being counted in (evidence).
"""

import re
from collections.abc import Iterable, Iterator

from agents.redaction.doubts import THING_AFTER
from agents.redaction.evidence import OPENERS, before
from agents.redaction.given import KNOWN
from agents.redaction.judging import ANYWHERE, HAN, judged, likely
from agents.redaction.lexicon import COMPOUND, GIVEN, SURNAMES
from agents.redaction.matching import Span, tried
from agents.redaction.roles import SURE_WORDS
from agents.redaction.rows import Scored, best
from agents.redaction.scan import SPACE, SPELT, SURE, Found
from agents.redaction.segments import COSTS
from agents.redaction.spelt import LATIN, spelt

_SURE_TAIL = r"(?:[（(][^）)]{0,6}[）)]|[\s:：\"'“”‘’=（(【\[,，、；;是叫为名]){0,5}"
_SURE_BEFORE = re.compile(rf"(?:{'|'.join(sorted(SURE_WORDS, key=len, reverse=True))}){_SURE_TAIL}")
_KEY_BEFORE = re.compile(
    rf"(?:name|xingming|[\"'](?:xm|contact|caller|linkman|person)[\"']){_SURE_TAIL}", re.I
)
_SPACED = re.compile(
    rf"(?:[{''.join(SURNAMES)}]|{'|'.join(sorted(COMPOUND))})[ \u3000]{{1,2}}[{''.join(GIVEN)}](?P<third>[ \u3000]{{1,2}}[{''.join(GIVEN)}])?(?(third)|[{''.join(GIVEN)}]?)(?![ \u3000]?某)(?<![男女])"
)


def _again(view: str, taken: list[Scored]) -> Iterator[Span]:
    """The same names elsewhere in the text."""
    if len(taken) * 3 > len(view):
        return
    for name in {view[start:end] for _, start, end in taken}:
        if name in COSTS or view.count(name) == 1:
            continue
        for hit in re.finditer(re.escape(name), view):
            if not THING_AFTER.match(view, hit.end()):
                yield *hit.span(), "姓名"


def promising(view: str, people: Iterable[int]) -> list[int]:
    """Those of the places where a name may begin that are worth a closer look."""
    return [
        place
        for place in people
        # An everyday character begins a name only behind one of these, or a usual given name.
        if (
            not place
            or view[place] in ANYWHERE
            or view[place - 1] in OPENERS
            or view[place + 1 : place + 3] in KNOWN
        )
        and likely(view, place)
    ]


def _scored(view: str, found: Found, *, latin: bool) -> Iterator[Scored]:
    """All that may be names, with the points of each."""
    sure: set[int] = set()
    if found.kinds & SURE:
        sure.update(hit.end() for hit in tried(_SURE_BEFORE, view, found.names))
    if latin and ('"' in view or "'" in view or "ame" in view):
        sure.update(hit.end() for hit in _KEY_BEFORE.finditer(view))
    for place in promising(view, found.people):
        if place not in sure:
            yield from judged(view, place, sure=False)
    for place in sure:
        if place < len(view):
            yield from judged(view, place, sure=True)


def names(view: str, found: Found, *, latin: bool) -> Iterator[Span]:
    """Full names in every writing.

    latin: whether there are Latin letters in the view.
    """
    kinds = found.kinds
    latin = latin and LATIN.search(view) is not None
    if latin or kinds & SPELT:
        yield from spelt(view, found, latin=latin)
    if kinds & SPACE:
        for hit in _SPACED.finditer(view):
            start, end = hit.span()
            cue = before(view, start)
            if (hit["third"] and not (start and HAN.match(view[start - 1]))) or cue > 0:
                yield start, end, "姓名"
    if not (found.people or latin or kinds & SURE):
        return
    scored = list(_scored(view, found, latin=latin))
    if scored:
        taken = best(view, scored)
        yield from ((start, end, "姓名") for _, start, end in taken)
        yield from _again(view, taken)
