"""Takes a day into a series' memory; what is wild enters cut, what is known to be special hardly."""

from typing import Final, NamedTuple

import numpy as np

from agents.baseline.days import When
from agents.baseline.expect import STARTED_DAYS, Bools, Expected
from agents.baseline.memory import PACES, STRAYS, Memory
from agents.baseline.surprise import Surprise
from agents.baseline.tails import Floats

_PACE: Final = (0.90, 0.75)  # of a level, kept from one active day to the next
_LEAST_LEVEL: Final = 1e-4
_KIND: Final = 0.985  # of a kind of day, from one to the next
_NOISE: Final = 0.99
_NOISE_AGING: Final = 4.0
_GROWTH: Final = 0.8
_CUT: Final = 2.0  # standard deviations a high day may bring
_WILD_Z: Final = 3.0
_WILD_CUT: Final = 1.0  # what a day beyond _WILD_Z may bring
_LOW_CUT: Final = 2.5
_HIGH_Z: Final = 2.2
_NEW_LEVEL_DAYS: Final = 21  # of high days, and then it is no outbreak but the level
_NOISE_CUT: Final = 6.0
_NOISE_SKEW: Final = 4.0  # more, for a mean of one
_NOISE_MADE_UP: Final = 1.05  # for what cutting takes from the noise
_SEASON_NOISE_CUT: Final = 100.0
_LEAST_NOISE: Final = 0.6
_CLOSED_Z: Final = -2.5
_CLOSED_SHARE: Final = 0.35
_CLOSED_DAYS: Final = 3
_STRAY_Z: Final = 3.5
_STRAY_RATIO: Final = 1.25
_CALM_Z: Final = 1.5


class _Day(NamedTuple):
    """What may be learnt from today.

    kept: the count, wild days cut. base: what usual and season make of a level of 1.
    late: what closed days before had held back.
    """

    counted: Floats
    kept: Floats
    base: Floats
    started: Bools
    closed: Bools
    late: Bools
    strange: Bools
    usable: Bools


def learn(memory: Memory, when: When, count: Floats, expected: Expected, seen: Surprise) -> None:
    """Forward all columns past today; what surprise() has moved, it has moved already."""
    column = memory.column
    today = _sorted(memory, count, expected, seen)
    slow = column["level_count"][0] / column["level_base"][0] * expected.season
    if when.weekday == 0:
        for name in ("week_count", "week_days", "week_noise"):
            column[name][..., when.week, :] = 0
    _learn_noise(memory, when, today, expected)
    _learn_kind(memory, when, today, expected, seen, slow)
    _learn_level(memory, today)
    _learn_strays(memory, when, today, expected, seen)
    even = np.where(seen.stray, expected.mean, today.kept) / expected.usual
    even = np.where(expected.active, even, slow)
    even = np.where(today.started, even, count)  # a week's sum needs no weekdays
    column["week_count"][when.week] += even
    column["week_days"][when.week] += 1
    column["total"] += even
    plain = expected.mean / expected.special
    ratio = np.minimum((count + 0.5) / (plain + 0.5), 1e3)
    column["ratio"][when.slot] = np.where(today.started, ratio, 0.0)
    idle = np.where(expected.active, 0, column["closed"])
    column["closed"][:] = np.where(today.closed, column["closed"] + 1, idle)
    idle = np.where(expected.active, 0.0, column["backlog"])
    column["backlog"][:] = np.where(today.closed, np.maximum(expected.mean - count, 0.0), idle)
    column["age"] += 1


def _sorted(memory: Memory, count: Floats, expected: Expected, seen: Surprise) -> _Day:
    column, mean, active = memory.column, expected.mean, expected.active
    spread = np.sqrt(expected.variance)
    started = column["age"] >= STARTED_DAYS
    high = np.where(seen.z > _HIGH_Z, column["high_days"] + 1, column["high_days"] - 1)
    column["high_days"][:] = np.where(active, np.maximum(high, 0), column["high_days"])
    wild = (seen.day_z > _WILD_Z) & (column["high_days"] < _NEW_LEVEL_DAYS)
    cut = np.where(wild, _WILD_CUT, _CUT)
    kept = np.clip(count, mean - _LOW_CUT * spread - 0.5, mean + cut * spread + 0.25)
    kept = np.where(started, kept / expected.special, count)
    closed = started & (seen.day_z < _CLOSED_Z) & (count < _CLOSED_SHARE * mean)
    closed &= column["closed"] < _CLOSED_DAYS
    late = (column["backlog"] > 0) & (count > mean)
    return _Day(
        count,
        kept,
        expected.usual * expected.season,
        started,
        closed,
        late,
        closed | late | seen.stray | (expected.special > 1) | ~started,
        active & ~closed & ~late & ~seen.stray,
    )


def _aging(kept: float, age: Floats, until_days: int) -> Floats:
    """Forget faster while young: a plain mean of all days until `kept` is reached."""
    return np.where(age > until_days, kept, np.minimum(kept, 1.0 - 1.0 / (age + 2.0)))


def _learn_noise(memory: Memory, when: When, today: _Day, expected: Expected) -> None:
    """Lately by single days; by season from sums of three, which show what the level misses."""
    column, active = memory.column, expected.active
    recent = column["recent_pace"]
    recent[:-1] = np.where(active, recent[1:], recent[:-1])
    recent[-1] = np.where(active, expected.means, recent[-1])
    three = column["recent_count"][-3:].sum(0, dtype=float)
    # The first weeks' noise is that of factors not yet known: forgotten while young.
    kept = np.minimum(_NOISE, 1.0 - _NOISE_AGING / (column["age"] + 2.0 * _NOISE_AGING))
    first_week = column["age"] < 7  # when nothing was expected
    for pace in range(PACES):
        before = column["noise"][pace].astype(float)
        mean = expected.means[pace]
        alone = (today.counted - mean) ** 2 / np.maximum(mean, 0.05)
        alone = np.where(today.strange & today.started | first_week, before, alone)
        # Few reports are skewed: what looks wild there is how they come.
        most = np.where(today.started, (_NOISE_CUT + _NOISE_SKEW / mean) * before, np.inf)
        sums = np.maximum(recent[:, pace].sum(0, dtype=float), 0.05)
        lasting = np.minimum((three - sums) ** 2 / sums, _SEASON_NOISE_CUT * before)
        lasting = np.where(today.strange | ~active, np.where(today.started, before, 1.0), lasting)
        column["week_noise"][pace, when.week] += lasting
        moved = kept * before + (1 - kept) * _NOISE_MADE_UP * np.minimum(alone, most)
        column["noise"][pace] = np.where(active, np.maximum(moved, _LEAST_NOISE), before)


def _learn_level(memory: Memory, today: _Day) -> None:
    column = memory.column
    before = column["level_count"][-1] / column["level_base"][-1]
    for pace in range(PACES):
        kept = _aging(_PACE[pace], column["age"], 60)
        for name, value in (("level_count", today.kept), ("level_base", today.base)):
            level = column[name][pace]
            # Years of nothing must not end at a level of zero, which has no logarithm.
            level[:] = np.where(today.usable, np.maximum(kept * level + value, _LEAST_LEVEL), level)
    after = column["level_count"][-1] / column["level_base"][-1]
    step = np.log(after / before)
    moved = _GROWTH * column["growth"] + (1 - _GROWTH) * step
    column["growth"][:] = np.where(today.usable & today.started, moved, column["growth"])


def _learn_kind(
    memory: Memory, when: When, today: _Day, expected: Expected, seen: Surprise, slow: Floats
) -> None:
    count, base = memory.column["kind_count"][when.kind], memory.column["kind_base"][when.kind]
    even = np.where(expected.fast, expected.mean / expected.usual / expected.special, slow)
    unknown = today.closed | seen.stray
    count[:] = np.where(unknown, count, _KIND * count + today.kept)
    base[:] = np.where(seen.stray, base, _KIND * base + np.maximum(even, 0.01))


def _learn_strays(
    memory: Memory, when: When, today: _Day, expected: Expected, seen: Surprise
) -> None:
    """A day far up with a calm one after it came to nothing; keep by how much it was up."""
    column, active = memory.column, expected.active
    nothing = (column["before_z"] > _STRAY_Z) & (column["before_ratio"] > _STRAY_RATIO)
    nothing &= (seen.day_z < _CALM_Z) & active & ~today.closed & (column["age"] > 60)
    (found,) = np.nonzero(nothing)
    kinds = column["before_kind"][found]
    places = column["strays"][kinds, found]
    column["stray"][kinds, places % STRAYS, found] = column["before_ratio"][found]
    column["strays"][kinds, found] = (places + 1) % STRAYS
    column["before_z"][:] = np.where(
        active, np.where(column["backlog"] > 0, 0.0, seen.day_z), column["before_z"]
    )
    ratio = np.minimum((today.counted + 0.5) / (expected.mean + 0.5), 1e3)
    column["before_ratio"][:] = np.where(active, ratio, column["before_ratio"])
    column["before_kind"][:] = np.where(active, when.kind, column["before_kind"])
