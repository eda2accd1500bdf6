"""Tells how much speaks for a name at one place of a text: what its characters cost, and what stands beside it."""

import re
from typing import Final

from agents.redaction.doubts import BEFORE_TITLE, FUNCTION, against
from agents.redaction.evidence import (
    A_ROLE,
    FILLERS,
    OPENERS,
    ROLE_LAST,
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
from agents.redaction.rows import Scored
from agents.redaction.segments import COSTS, UNKNOWN, crossed, inside, least_costs

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
_COMPOUND_FIRST: Final = frozenset(name[0] for name in COMPOUND)
# An everyday character begins a name only behind what may stand before one.
ANYWHERE: Final = _PLAIN | _COMPOUND_FIRST
HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_NOT_GIVEN = frozenset(
    "的了在是我你他她它们这那与或把被对从由让给说要去到也都就还又很不没无未已过吗呢吧啊哦及因所个些么什怎啥谁每某各该此并却再最太更且您吃"
)
_QUOTES: Final = frozenset("“‘《「『")
_QUOTED: Final = 4.0  # what is called so in quotation marks may be a thing
_NUMERALS = frozenset("零〇幺壹贰叁肆伍陆柒捌玖拾")
_LISTING = frozenset("、，, 和与及跟同\u3000")
_AREAS = frozenset("镇乡县区市州路街")  # two characters before one are a place


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
        if single and HAN.match(char)
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
    if view[start] in FUNCTION and cue < (A_ROLE if view[start] in BEFORE_TITLE else 1):
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
    if cue < A_ROLE and after < A_ROLE and not word and not _usual(view, start + 1, end):
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


class _Split:
    """What the characters around a name cost in the cheapest split into words, worked out when asked for."""

    def __init__(self, view: str, start: int) -> None:
        self._view, self._start = view, start
        self._low = max(0, start - _WINDOW)
        self._crossed = crossed(view, start)
        self._costs: list[int] | None = None

    def gain(self, end: int, inner: float) -> tuple[float, bool]:
        """How much less the characters up to `end` cost as a name, which by themselves gain `inner`.

        Also whether the character before is a word by itself in what is left.
        """
        view, start, low = self._view, self._start, self._low
        if not (self._crossed or crossed(view, end)):
            words = view[start - 2 : start] in COSTS or view[max(0, start - 3) : start] in COSTS
            return inner, not words
        if self._costs is None:  # once for both ends
            self._costs = least_costs(view[low : end + _WINDOW])
        costs = self._costs
        left = costs[start - low]
        single = start > 0 and left == costs[start - low - 1] + COSTS.get(view[start - 1], UNKNOWN)
        behind = view[end : end + _WINDOW]
        whole = costs[min(end + _WINDOW, len(view)) - low]
        return whole - left - least_costs(behind)[-1] - inside(view[start:end]) + inner, single


def _floor(view: str, start: int, end: int) -> float:
    """So many points a name must have: fewer in a row with others, where best() looks again."""
    listed = view[start - 1 : start] in _LISTING or view[end : end + 1] in _LISTING
    return _LEAST_BESIDE if listed and view[start] not in _LISTING else 0.0


def _may_be_given(given: str, *, sure: bool) -> bool:
    if given in KNOWN:
        return True
    if _NUMERALS.issuperset(given):
        return False
    return all(char in GIVEN for char in given) or (
        sure and HAN.fullmatch(given) is not None and _NOT_GIVEN.isdisjoint(given)
    )


def _cue(view: str, start: int, *, sure: bool) -> float:
    """What stands before, in points."""
    cue = max(before(view, start), _NAMED if sure else 0.0)
    return min(cue, _QUOTED) if view[start - 1 : start] in _QUOTES else cue


def judged(view: str, start: int, *, sure: bool) -> list[Scored]:
    """What speaks for each name that may begin at `start`.

    sure: whether a word stands before it behind which a name is nearly sure; then any character may be given.
    """
    first = start + 2 if view[start : start + 2] in COMPOUND else start + 1
    if first == start + 1 and view[start] not in SURNAMES:
        return []
    least = _LEAST_COMPOUND[view[start:first]] if first > start + 1 else _LEAST[view[start]]
    room = _room(view, start, sure=sure) - least
    found: list[Scored] = []
    cue: float | None = None
    split: _Split | None = None
    for end in (first + 2, first + 1):
        if end > len(view) or not _may_be_given(view[first:end], sure=sure):
            continue
        floor, most = _floor(view, start, end), room + most_behind(view, end)
        inner = inside(view[start:end]) - _cost(view, start, first, end)
        if inner + most < floor or view[start:end] in HISTORICAL:
            continue
        split = split or _Split(view, start)
        points, single = split.gain(end, inner)
        if points + most < floor:
            continue
        cue = _cue(view, start, sure=sure) if cue is None else cue
        after = behind(view, end)
        points += _beside(view, start, end, cue, after, single=single) - least
        if points > floor:
            points -= against(view, start, first, end, cue, acting=after >= _ACTING)
            if points > floor:
                found.append((points, start, end))
    return found


def likely(view: str, start: int) -> bool:  # noqa: PLR0911
    """Whether it is worth looking closer at the characters at `start`: quick, and seldom true of ordinary words."""
    surname, next_two = view[start], view[start + 1 : start + 3]
    given = _WORTH.get(next_two[:1])
    if surname in _COMPOUND_FIRST and view[start : start + 2] in COMPOUND:
        return True
    if given is None or surname not in _BASE:
        return False
    last = view[start - 1] if start else "，"
    if last in FILLERS or (last in ROLE_LAST and is_role(view, start)):
        return next_two[1:] not in _AREAS and (
            start < 2 or view[start - 2 : start + 1] not in COSTS
        )
    most = _BASE[surname] + given + max(_WORTH.get(next_two[1:], -1.0), -1.0)
    opened = last in OPENERS
    if most < (-4.0 if opened else -2.0) or next_two[1:] in _AREAS:
        return False
    plain = surname in _PLAIN
    if not plain and (next_two[0] in _AREAS or COSTS.get(last + surname, 99) <= _USUAL):
        return False
    if start > 1 and view[start - 2 : start + 1] in COSTS:
        return False
    if plain:
        return COSTS.get(last + surname, 99) > _USUAL or not start
    if next_two in KNOWN:
        return True
    inner, usual = COSTS.get(next_two, 99), view[start : start + 2] in COSTS
    if opened:
        return inner > _EVERYDAY and not (usual and next_two[1:] not in GIVEN)
    return inner > _USUAL and not usual
