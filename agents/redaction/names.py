"""Finds full names of persons in a text; surnames with a title, masked and historical names stay.

A surname and one or two given characters are a name if that explains the characters around better
than ordinary words do (segments), what stands on both sides being counted in (evidence).
"""

import re
from collections.abc import Iterator
from typing import Final

from agents.redaction.evidence import (
    FILLERS,
    FUNCTION,
    OPENERS,
    ROLE_LAST,
    THING_AFTER,
    against,
    before,
    behind,
    is_role,
    most_behind,
)
from agents.redaction.given import KNOWN
from agents.redaction.lexicon import (
    COMPOUND,
    GIVEN,
    GIVEN_LAST,
    GIVEN_RARE,
    HISTORICAL,
    PLAIN_SURNAMES,
    SURNAMES,
)
from agents.redaction.matching import Span, tried
from agents.redaction.roles import SURE_WORDS
from agents.redaction.rows import Scored, best
from agents.redaction.scan import SPACE, SPELT, SURE, Found, may_begin
from agents.redaction.segments import COSTS, UNKNOWN, crossed, inside, least_costs
from agents.redaction.spelt import LATIN, spelt

_NAME: Final = 5.0  # one word in 150 is a name
_COMPOUND: Final = 7.0
_KNOWN: Final = 8.0  # a given name that one in 3,000 bears
# Of a given name: one character, two.
_LENGTHS: Final = (1.2, 0.2)
# Points that a name needs, by its surname; rarer ones need more, lest every other word be one.
_LEAST: Final = {
    char: 2.4 if char in PLAIN_SURNAMES else {3: 3.7, 5: 4.2, 7: 4.6, 9: 5.0, 10: 5.5}[cost]
    for char, cost in SURNAMES.items()
}
_LEAST_COMPOUND: Final = {
    name: 9.0 if name in {"东方", "西门", "百里", "濮阳", "单于"} else -4.0 for name in COMPOUND
}
# By how much each character of a name makes it cheaper than single words, less what the name needs.
_BASE: Final = {
    char: COSTS.get(char, UNKNOWN) - _NAME - cost - _LEAST[char] for char, cost in SURNAMES.items()
}
_WORTH: Final = {char: COSTS.get(char, UNKNOWN) - cost for char, cost in GIVEN.items()}
_LEAST_BESIDE: Final = -5.0  # beside a name
_WINDOW: Final = 3
_CUED: Final = 2.5
_A_ROLE: Final = 5.0  # what stands beside is a role, or tells of a person
_NAMED: Final = 10.0
_ALONE: Final = 1.5
_ENDS: Final = frozenset(" \u3000\r\n。！!？?；;：:（()）〔〕")
_MANY_BEAR: Final = min(GIVEN.values())
_UNKNOWN: Final = 1.5  # more is needed for a given name that is not usual
_WEAK: Final = 1.5  # what tells as little on both sides is not enough
_SURE: Final = 7.0
_BOTH: Final = 1.5  # more, if both sides tell of a person
_ACTING: Final = 3.5  # what stands behind tells of a person
_ROLE: Final = 3.0  # from here on, what stands before tells of a person
_EVERYDAY: Final = 8
_USUAL: Final = 11  # at most this costs a word that decides at once
_PLAIN = frozenset(PLAIN_SURNAMES)
_COMPOUND_FIRST = frozenset(name[0] for name in COMPOUND)
_ANYWHERE = _PLAIN | _COMPOUND_FIRST
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_NOT_GIVEN = frozenset(
    "的了在是我你他她它们这那与或把被对从由让给说要去到也都就还又很不没无未已过吗呢吧啊哦及因所个些么什怎啥谁每某各该此并却再最太更且您吃"
)
_SURE_TAIL = r"(?:[（(][^）)]{0,6}[）)]|[\s:：\"'“”‘’=（(【\[,，、；;是叫为名]){0,5}"
_SURE_BEFORE = re.compile(rf"(?:{'|'.join(sorted(SURE_WORDS, key=len, reverse=True))}){_SURE_TAIL}")
_KEY_BEFORE = re.compile(
    rf"(?:name|xingming|[\"'](?:xm|contact|caller|linkman|person)[\"']){_SURE_TAIL}", re.I
)
_QUOTES: Final = frozenset("“‘《「『")
_QUOTED: Final = 4.0  # what is called so in quotation marks may be a thing
_NUMERALS = frozenset("零〇幺壹贰叁肆伍陆柒捌玖拾")
_LISTING = frozenset("、，, 和与及跟同\u3000")
_AREAS = frozenset("镇乡县区市州路街")  # two characters before one are a place
_SPACED = re.compile(
    rf"(?:[{''.join(SURNAMES)}]|{'|'.join(sorted(COMPOUND))})[ \u3000]{{1,2}}[{''.join(GIVEN)}](?P<third>[ \u3000]{{1,2}}[{''.join(GIVEN)}])?(?(third)|[{''.join(GIVEN)}]?)(?![ \u3000]?某)(?<![男女])"
)


def _cost(view: str, start: int, first: int, end: int) -> float:
    """What the characters cost as a name. first: where the given name begins."""
    surname = _COMPOUND if first - start == 2 else SURNAMES[view[start]]
    given = GIVEN_LAST.get(view[end - 1], GIVEN_RARE)
    if end - first == 2:
        given += GIVEN.get(view[first], GIVEN_RARE)
        if given > _KNOWN and (view[first:end] in KNOWN or view[first] == view[end - 1]):
            given = _KNOWN
    return _NAME + surname + given + _LENGTHS[end - first - 1]


def _loose(char: str, *, single: bool) -> float:
    """How much a character beside a name speaks against it that is alone there and seldom is."""
    return (
        min(6.0, max(0.0, 2 * COSTS.get(char, UNKNOWN) - 16.0))
        if single and _HAN.match(char)
        else 0.0
    )


def _is_alone(view: str, start: int, end: int) -> bool:
    """Whether nothing else is on the line or in the sentence, as where a letter is signed."""
    return (not start or view[start - 1] in _ENDS) and (end == len(view) or view[end] in _ENDS)


def _usual(view: str, first: int, end: int) -> bool:
    """Whether this is a given name that many bear, or is made of characters that many bear."""
    given = view[first:end]
    if end == first + 1 and view[end : end + 1] in GIVEN and view[end : end + 2] not in COSTS:
        return False  # as likely a longer one
    return given in KNOWN or all(GIVEN_LAST.get(char) == _MANY_BEAR for char in given)


def _beside(view: str, start: int, end: int, cue: float, after: float, *, single: bool) -> float:
    """What stands on both sides, in points. single: whether the character before is a word by itself."""
    points = cue
    if cue < _ROLE and start:
        points -= _loose(view[start - 1], single=single)
        if cue < 1 and view[start] in FUNCTION:
            points -= 3.0
    if after == 0:
        single = view[end : end + 2] not in COSTS and view[end : end + 3] not in COSTS
        points -= _loose(view[end : end + 1], single=single)
    word = view[start:end] in COSTS
    if end == start + 2 and cue < _ROLE and after < 5 and (word or view[start] not in _PLAIN):
        points -= 3.0 if word else 1.5
    elif word and end == start + 2 and cue < _NAMED:
        points -= 2.0
    if cue <= _WEAK and after <= _WEAK:
        points += _ALONE if _is_alone(view, start, end) else -_WEAK
    if cue < _A_ROLE and after < _A_ROLE and not word and not _usual(view, start + 1, end):
        points -= _UNKNOWN
        if view[start + 1 : end] in COSTS and end == start + 3:
            points -= _UNKNOWN  # 王大堂
    if _CUED <= cue < _SURE and after >= _ACTING and not word:
        points += _BOTH
    return points + after


def _room(view: str, start: int, *, sure: bool) -> float:
    """At most so many points come from what stands before a name."""
    last = view[start - 1 : start]
    if sure or last in FILLERS or (last in ROLE_LAST and is_role(view, start)):
        return 10.0 + _BOTH
    return 2.5 + _BOTH if not start or last in OPENERS else 0.0


def _gain(view: str, start: int, end: int, cost: float) -> tuple[float, bool]:
    """How much less the characters cost as a name than in the cheapest split into words.

    Also whether the character before is a word by itself in what is left.
    """
    if not (crossed(view, start) or crossed(view, end)):
        single = not (view[start - 2 : start] in COSTS or view[max(0, start - 3) : start] in COSTS)
        return inside(view[start:end]) - cost, single
    low, high = max(0, start - _WINDOW), end + _WINDOW
    costs = least_costs(view[low:high])
    left = costs[start - low]
    single = start > 0 and left == costs[start - low - 1] + COSTS.get(view[start - 1], UNKNOWN)
    return costs[-1] - left - cost - least_costs(view[end:high])[-1], single


def _judged(view: str, start: int, *, sure: bool) -> Iterator[Scored]:
    """What speaks for each name that may begin at `start`.

    sure: whether a word stands before it behind which a name is nearly sure; then any character may be given.
    """
    first = start + 2 if view[start : start + 2] in COMPOUND else start + 1
    if first == start + 1 and view[start] not in SURNAMES:
        return
    least = _LEAST_COMPOUND[view[start:first]] if first > start + 1 else _LEAST[view[start]]
    room = _room(view, start, sure=sure) - least
    cue = None
    for end in (first + 2, first + 1):
        given = view[first:end]
        if len(given) < end - first or _NUMERALS.issuperset(given):
            continue
        if not (GIVEN.keys() >= set(given) or (sure and _is_given(given))):
            continue
        listed = view[start] not in _LISTING and (
            view[start - 1 : start] in _LISTING or view[end : end + 1] in _LISTING
        )
        floor = _LEAST_BESIDE if listed else 0.0
        cost = _cost(view, start, first, end)
        most = room + most_behind(view, end)
        if inside(view[start:end]) - cost + most < floor or view[start:end] in HISTORICAL:
            continue
        points, single = _gain(view, start, end, cost)
        if points + most < floor:
            continue
        if cue is None:
            cue = max(before(view, start), _NAMED if sure else 0.0)
            if view[start - 1 : start] in _QUOTES:
                cue = min(cue, _QUOTED)
        after = behind(view, end)
        points += _beside(view, start, end, cue, after, single=single) - least
        if points > floor:
            points -= against(view, start, first, end, cue, acting=after >= _ACTING)
            if points > floor:
                yield points, start, end


def _is_given(given: str) -> bool:
    return _HAN.fullmatch(given) is not None and _NOT_GIVEN.isdisjoint(given)


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


def _likely(view: str, start: int) -> bool:  # noqa: PLR0911
    """Whether it is worth looking closer at the characters at `start`: quick, and seldom true of ordinary words."""
    surname = view[start]
    most, given = _BASE.get(surname), _WORTH.get(view[start + 1 : start + 2])
    if surname in _COMPOUND_FIRST and view[start : start + 2] in COMPOUND:
        return True
    if most is None or given is None:
        return False
    last = view[start - 1] if start else "，"
    if view[start + 2 : start + 3] in _AREAS or not may_begin(view[start : start + 2]):
        return False
    if start > 1 and view[start - 2 : start + 1] in COSTS:
        return False
    if last in FILLERS or (last in ROLE_LAST and is_role(view, start)):
        return True
    if view[start - 1 : start + 1] in COSTS and COSTS[last + surname] <= _USUAL:
        return False
    most += given + max(_WORTH.get(view[start + 2 : start + 3], -1.0), -1.0)
    if most < (-4.0 if last in OPENERS else -2.0):
        return False
    if surname in _PLAIN or view[start + 1 : start + 3] in KNOWN:
        return True
    inner, usual = COSTS.get(view[start + 1 : start + 3], 99), view[start : start + 2] in COSTS
    if last in OPENERS:
        return inner > _EVERYDAY and not (usual and view[start + 2 : start + 3] not in GIVEN)
    return inner > _USUAL and not usual


def _scored(view: str, found: Found, *, latin: bool) -> Iterator[Scored]:
    """All that may be names, with the points of each."""
    sure: set[int] = set()
    if found.kinds & SURE:
        sure.update(hit.end() for hit in tried(_SURE_BEFORE, view, found.names))
    if latin and ('"' in view or "'" in view or "ame" in view):
        sure.update(hit.end() for hit in _KEY_BEFORE.finditer(view))
    for place in found.people:
        # An everyday character begins a name only behind one of these.
        if (
            (
                not place
                or view[place] in _ANYWHERE
                or view[place - 1] in OPENERS
                or view[place + 1 : place + 3] in KNOWN
            )
            and place not in sure
            and _likely(view, place)
        ):
            yield from _judged(view, place, sure=False)
    for place in sure:
        if place < len(view):
            yield from _judged(view, place, sure=True)


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
            if (hit["third"] and not (start and _HAN.match(view[start - 1]))) or cue > 0:
                yield start, end, "姓名"
    if not (found.people or latin or kinds & SURE):
        return
    scored = list(_scored(view, found, latin=latin))
    if scored:
        taken = best(view, scored)
        yield from ((start, end, "姓名") for _, start, end in taken)
        yield from _again(view, taken)
