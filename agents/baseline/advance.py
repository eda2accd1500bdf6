"""One day of many series: what was expected, how surprising what came was, and what is learnt from it."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.baseline.days import When
from agents.baseline.expect import expect
from agents.baseline.learn import learn
from agents.baseline.memory import Memory
from agents.baseline.surprise import surprise
from agents.baseline.tails import Floats, likely, normal_tail
from streams.errors import Fatal

ALARM_SCORE: Final = 1.89  # p = 0.013: five in a thousand days of signals 1-8, without outbreak
_TRIES: Final = 1.5  # windows that overlap are worth this many that do not
_LIKELY_Z: Final = 1.959964
_LEAST_P: Final = 1e-12


class Judgement(NamedTuple):
    """Columns over series. p: how often, at most, a day without events looks as surprising.

    expected: the count without events, variance its spread; low, high: 95 of 100
    such days are within. score: -log10 of p, 1e-300 the least.
    """

    p: Floats
    expected: Floats
    variance: Floats
    low: Floats
    high: Floats
    score: Floats


def advance(memory: Memory, counts: npt.ArrayLike, when: When) -> Judgement:
    """Judge a day by what was before it, then learn from it. Work per series is constant.

    memory: changed; counts: one per series. Raises Fatal if a day is left out:
    a day without reports counts 0.
    """
    if memory.day is not None and when.day != memory.day + 1:
        raise Fatal(f"day {when.day} after day {memory.day}; expected {memory.day + 1}")
    count = np.asarray(counts, float)
    expected = expect(memory, when)
    seen = surprise(memory, when, count, expected)
    learn(memory, when, count, expected, seen)
    memory.day = when.day
    tail = normal_tail(seen.z)
    p = np.where(tail < 1e-9, _TRIES * tail, 1.0 - (1.0 - tail) ** _TRIES)
    low, high = likely(expected.mean, expected.variance, _LIKELY_Z)
    score = -np.log10(np.maximum(p, 1e-300))
    return Judgement(np.maximum(p, _LEAST_P), expected.mean, expected.variance, low, high, score)
