"""Totals per county, category, channel and hour; rings of hours; counts per day.

The live totals cover the last days (setting totals_days). Older events are
history: each pack gives them a row of its own piece, and they only enter the
counts per day.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from streams.totals import CountRow

HOURS_PER_DAY: Final = 24
DAYS_KEPT: Final = 400

Key = tuple[str, str, str, int]  # county, category, channel, hour
Measures = list[int]  # as in CountRow, from n on


class Counts:
    """What one partition has counted."""

    def __init__(self) -> None:
        self.live: dict[Key, Measures] = {}
        # (county, category) → hour → n: the ring that rolling totals are read from.
        self._hours: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        # (county, category) → sum of its ring
        self._held: defaultdict[tuple[str, str], int] = defaultdict(int)
        # (county, category) → day since 1970 UTC → n
        self._days: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        # (start, end) → county → live totals within, as long as nothing changes
        self._windows: dict[tuple[int, int], defaultdict[str, list[tuple[Key, Measures]]]] = {}

    def add(self, row: CountRow) -> None:
        """Add an increment: to the live totals for piece 0, and to its day."""
        self._windows.clear()
        series = (row.county, row.category)
        days = self._days[series]
        day = row.hour // HOURS_PER_DAY
        days[day] = days.get(day, 0) + row.n
        if row.piece:
            return
        key = (row.county, row.category, row.channel, row.hour)
        measures = self.live.get(key)
        if measures is None:
            measures = self.live[key] = [0] * 9
        measures[0] += row.n
        measures[1] += row.red
        measures[2] += row.orange
        measures[3] += row.yellow
        measures[4] += row.blue
        measures[5] += row.sentiments
        measures[6] += row.negative
        measures[7] += row.positive
        measures[8] += row.sentiment_sum
        self._held[series] += row.n
        hours = self._hours[series]
        hours[row.hour] = hours.get(row.hour, 0) + row.n

    def total(self, key: Key) -> CountRow:
        """The live total of a key as it stands."""
        county, category, channel, hour = key
        return CountRow(county, category, channel, hour, 0, *self.live[key])

    def rolling(self, county: str, category: str, until_hour: int, hours: int) -> int:
        """Reports in the `hours` hour buckets that end with `until_hour`.

        >>> counts = Counts()
        >>> counts.add(CountRow("620702", "S01", "phone", 100, 0, 3))
        >>> counts.add(CountRow("620702", "S01", "web", 99, 0, 2))
        >>> [counts.rolling("620702", "S01", 100, hours) for hours in (1, 24, 168)]
        [3, 5, 5]
        """
        ring = self._hours.get((county, category))
        if not ring:
            return 0
        if hours == 1:
            return ring.get(until_hour, 0)
        return sum(ring.get(hour, 0) for hour in range(until_hour - hours + 1, until_hour + 1))

    def ring(self, county: str, category: str) -> Mapping[int, int]:
        """Hour → reports, of the hours that have live totals."""
        return self._hours.get((county, category), {})

    def held(self, county: str, category: str) -> int:
        """Reports in the whole ring: no rolling total of this series is more."""
        return self._held.get((county, category), 0)

    def per_day(self, county: str, category: str, until_day: int, days: int) -> list[int]:
        """Reports per day (UTC), oldest first, ending with `until_day`."""
        counted = self._days.get((county, category), {})
        return [counted.get(day, 0) for day in range(until_day - days + 1, until_day + 1)]

    def first_day(self, default: int) -> int:
        """The earliest day (UTC) that is kept; the default where none is."""
        return min((day for counted in self._days.values() for day in counted), default=default)

    def on_day(self, day: int) -> dict[tuple[str, str], int]:
        """Reports of each county and category that counted something on this day (UTC)."""
        return {series: counted[day] for series, counted in self._days.items() if day in counted}

    def live_on_day(self, day: int) -> Iterator[tuple[str, str, str, int]]:
        """(county, category, channel, n) of each live total of this day (UTC)."""
        for (county, category, channel, hour), measures in self.live.items():
            if hour // HOURS_PER_DAY == day:
                yield county, category, channel, measures[0]

    def days(self) -> Iterator[tuple[str, str, int, int]]:
        """(county, category, day since 1970 UTC, n) of every day kept."""
        for (county, category), counted in self._days.items():
            for day, n in counted.items():
                yield county, category, day, n

    def within(self, county: str, start_hour: int, end_hour: int) -> list[tuple[Key, Measures]]:
        """Live totals of a county, start_hour ≤ hour < end_hour."""
        found = self._windows.get((start_hour, end_hour))
        if found is None:
            # One pass for all counties: the daily cycle asks for each of them in turn.
            found = self._windows[start_hour, end_hour] = defaultdict(list)
            for key, measures in self.live.items():
                if start_hour <= key[3] < end_hour:
                    found[key[0]].append((key, measures))
        return found.get(county, [])

    def counties(self) -> set[str]:
        return {key[0] for key in self.live}

    def forget(self, before_hour: int) -> None:
        """Drop live totals of hours before this, and days out of the 400 kept."""
        self._windows.clear()
        for key in [key for key in self.live if key[3] < before_hour]:
            del self.live[key]
        for series, ring in self._hours.items():
            self._held[series] -= sum(n for hour, n in ring.items() if hour < before_hour)
        _drop_below(self._hours, before_hour)
        _drop_below(self._days, before_hour // HOURS_PER_DAY - DAYS_KEPT)


def _drop_below(series: dict[tuple[str, str], dict[int, int]], bound: int) -> None:
    for key, buckets in list(series.items()):
        for bucket in [bucket for bucket in buckets if bucket < bound]:
            del buckets[bucket]
        if not buckets:
            del series[key]
