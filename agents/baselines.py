"""The baselines of a partition's series, county × category, and what they make of a day's counts.

A day here is one of UTC, as counts are kept: from 8 in the morning to 8 in the morning in China.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from agents.baseline import Judgement, Memory, When, advance, unpack, when
from agents.baseline.channels import Corroboration, corroborate, learn_heard, usual_shares
from agents.cases.workdays import is_workday
from agents.channel_names import GRID, PUBLIC
from agents.counts import DAYS_KEPT, Counts
from streams.categories import OUTSIDE

Series = tuple[str, str]
Floats = NDArray[np.float64]

# Kinds of sources that speak for themselves: the grid, the hotline, what is written in public.
SOURCES: Final = ("网格", "热线", "网络")


class SeriesRow(Struct, array_like=True, gc=False):
    """One series in a snapshot. day: the last one learnt. heard: of each source, float32."""

    county: str
    category: str
    day: int
    record: bytes
    heard: bytes


class Judged(NamedTuple):
    """A day. series: in the order of the columns; counts: sources × series."""

    series: list[Series]
    counts: Floats
    judgement: Judgement
    heard: Corroboration
    age: NDArray[np.int64]  # days seen before


class Baselines:
    """Changed by `learn` and `restore` only. New series are added when they first count something."""

    def __init__(self) -> None:
        self._places: dict[Series, int] = {}
        self._memory = Memory(0)
        self._heard: Floats = np.empty((len(SOURCES), 0))
        self._restored: list[SeriesRow] = []

    @property
    def day(self) -> int | None:
        """The last day that was learnt, since 1970."""
        self._unpack()
        return self._memory.day

    def copy(self) -> "Baselines":
        self._unpack()
        return deepcopy(self)

    def learn_until(self, last: int, counts: Counts) -> list[tuple[int, Judged]]:
        """Learn every day up to `last` that was not learnt yet; what each of them looked like."""
        days = range(self.next_day(last, counts), last + 1)
        return [(day, self.learn(day, counts)) for day in days]

    def next_day(self, last: int, counts: Counts) -> int:
        """The first day to learn: behind the last learnt one, else the first one counted."""
        if self.day is not None:
            return self.day + 1
        return max(counts.first_day(last + 1), last - DAYS_KEPT)

    def learn(self, day: int, counts: Counts) -> Judged:
        """Judge a day by those before it, then learn from it."""
        self._unpack()
        found = counts.on_day(day)
        fresh = [one for one in found if one not in self._places and one[1] != OUTSIDE]
        if fresh:
            self._add(fresh)
        by_source = self._by_source(day, found, counts)
        age = self._memory.column["age"].astype(np.int64)
        judgement = advance(self._memory, by_source.sum(0), _when(day))
        heard = corroborate(judgement, by_source, self._heard)
        self._heard = learn_heard(self._heard, by_source)
        return Judged(list(self._places), by_source, judgement, heard, age)

    def _by_source(self, day: int, found: dict[Series, int], counts: Counts) -> Floats:
        """sources × series. What came as history has no source: it is spread as usual."""
        table = np.zeros((len(SOURCES), len(self._places)))
        for county, category, channel, n in counts.live_on_day(day):
            place = self._places.get((county, category))
            if place is not None:
                table[_source_of(channel), place] += n
        totals = np.zeros(len(self._places))
        for series, n in found.items():
            if series in self._places:
                totals[self._places[series]] = n
        table += np.maximum(totals - table.sum(0), 0) * usual_shares(self._heard)
        return table

    def _add(self, fresh: list[Series]) -> None:
        for one in fresh:
            self._places[one] = len(self._places)
        self._memory.grow(len(fresh))
        nothing = np.zeros((len(SOURCES), len(fresh)))
        self._heard = np.concatenate([self._heard, nothing], 1)

    def rows(self) -> Iterator[SeriesRow]:
        """What `restore` makes the same baselines from."""
        self._unpack()
        for (county, category), place in self._places.items():
            heard = self._heard[:, place].astype("<f4").tobytes()
            day = self._memory.day
            yield SeriesRow(
                county, category, -1 if day is None else day, self._memory.pack(place), heard
            )

    def restore(self, rows: Iterable[SeriesRow]) -> None:
        """Take in rows of a snapshot; they are put together when they are first needed."""
        self._restored += rows

    def _unpack(self) -> None:
        if not self._restored:
            return
        rows, self._restored = self._restored, []
        day = rows[0].day if rows[0].day >= 0 else None
        self._memory = unpack([row.record for row in rows], day)
        self._places = {(row.county, row.category): place for place, row in enumerate(rows)}
        heard = [np.frombuffer(row.heard, "<f4").astype(float) for row in rows]
        self._heard = np.stack(heard, 1)


def _source_of(channel: str) -> int:
    """Its place in SOURCES."""
    return 0 if channel in GRID else 2 if channel in PUBLIC else 1


@lru_cache(maxsize=512)
def _when(day: int) -> When:
    return when(day, _rests)


def _rests(day: date) -> bool:
    return not is_workday(day)
