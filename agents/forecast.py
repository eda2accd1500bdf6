"""What boards are told of baselines: the day that begins, and days that were learnt late. Pure.

A day's expectation does not change while the day runs, so it is told once: a row per series and
day, where counts are many rows. What came is not told again; boards read it from the counts.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import numpy as np

from agents.baselines import Judged
from streams.totals import ExpectationRow

DAYS_BACK: Final = 28  # of history, for a board that is opened for the first time
_SETTLED_DAYS: Final = 7  # before that, an expectation is hardly more than a guess
_LEAST: Final = 0.25  # reports a day; a band around less says nothing
ROWS_MAX: Final = 20_000  # of one change: some 0.7 MB of the journal


def expectations(days: Iterable[tuple[int, Judged]], today: int) -> list[ExpectationRow]:
    """Rows of days since 1970, the latest first until there are too many.

    days: learnt in this turn, the oldest first, and today itself. Of those before today, a single one
    was told when it began.
    """
    found = [(day, judged) for day, judged in days if day > today - DAYS_BACK]
    if len(found) == 2 and found[0][0] == today - 1:
        del found[0]
    rows = (row for day, judged in reversed(found) for row in _of_day(day, judged))
    return list(islice(rows, ROWS_MAX))


def _of_day(day: int, judged: Judged) -> Iterator[ExpectationRow]:
    judgement = judged.judgement
    told = (judged.age >= _SETTLED_DAYS) & (judgement.expected >= _LEAST)
    for place in np.flatnonzero(told).tolist():
        county, category = judged.series[place]
        numbers = (judgement.expected, judgement.low, judgement.high)
        yield ExpectationRow(county, category, day, *(round(float(x[place]), 2) for x in numbers))
