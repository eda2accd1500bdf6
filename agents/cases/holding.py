"""The cases of one partition, and what was counted of them, per county, level, owner and day.

Open cases are kept until nothing was heard of them for 800 days, closed ones for 400, and
so are the days: enough for a month or quarter, and the one of the year before.
"""

import heapq
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from agents.cases.case import Case
from agents.cases.steps import OUTSIDE, RESOLVED
from streams.cases import MEASURES, CaseDayRow, CaseRow

CLOSED_DAYS: Final = 400
OPEN_DAYS: Final = 800

Key = tuple[str, str]  # county, case_id
DayKey = tuple[str, int, str, int]  # county, level, owner, local day since 1970


class Standing(NamedTuple):
    """A county's cases within a window: found and resolved in it, open and overdue at its end."""

    found: int = 0
    resolved: int = 0
    open: int = 0
    overdue: int = 0


class Cases:
    """Changed by `apply` and `forget` only; everything else reads."""

    def __init__(self) -> None:
        self.held: dict[Key, Case] = {}
        # Measures in the order of MEASURES: reading a rate of a day is one look.
        self.days: dict[DayKey, list[int]] = {}
        # The earliest mark of each case. What no longer holds is passed over when met.
        self._marked: list[tuple[int, Key]] = []
        self._standings: dict[tuple[int, int], dict[str, Standing]] = {}

    def apply(self, cases: Iterable[Case], days: Iterable[CaseDayRow]) -> None:
        """cases: as they stand. days: increments."""
        self._standings.clear()
        for case in cases:
            self.held[case.key] = case
            if case.marks:
                heapq.heappush(self._marked, (case.marks[0].at_s, case.key))
        for row in days:
            key = (row.county, row.level, row.owner_org, row.day)
            held = self.days.setdefault(key, [0] * len(MEASURES))
            for place, n in enumerate(row.measures):
                held[place] += n

    def forget(self, day: int) -> None:
        """Drop what had passed its horizon by this day (UTC, since 1970)."""
        self._standings.clear()
        for key, case in list(self.held.items()):
            age = day - case.heard_day
            if age > OPEN_DAYS or (age > CLOSED_DAYS and case.row.closed_s):
                del self.held[key]
        oldest = oldest_day(day)
        for told in [told for told in self.days if told[3] < oldest]:
            del self.days[told]

    def due(self, now_s: int, at_most: int) -> list[Case]:
        """Cases with a mark that has passed, the longest passed first."""
        found: dict[Key, Case] = {}
        valid: list[tuple[int, Key]] = []
        while self._marked and self._marked[0][0] <= now_s and len(found) < at_most:
            at_s, key = entry = heapq.heappop(self._marked)
            case = self.held.get(key)
            if case and case.marks and case.marks[0].at_s == at_s and key not in found:
                found[key] = case
                valid.append(entry)
        for entry in valid:  # until the case is applied without the mark
            heapq.heappush(self._marked, entry)
        return list(found.values())

    def standing(self, county: str, start_s: int, end_s: int) -> Standing:
        """How a county's cases stand, start_s ≤ time < end_s; merged and out of scope left out."""
        found = self._standings.get((start_s, end_s))
        if found is None:
            # One pass for all counties: the daily cycle asks for each of them in turn.
            found = self._standings[start_s, end_s] = {}
            for case in self.held.values():
                row = case.row
                if row.status not in OUTSIDE and row.found_s < end_s:
                    now = found.get(row.county, Standing())
                    is_open = not row.closed_s or row.closed_s >= end_s
                    found[row.county] = Standing(
                        now.found + (row.found_s >= start_s),
                        now.resolved + (row.status in RESOLVED and start_s <= row.closed_s < end_s),
                        now.open + is_open,
                        now.overdue + (is_open and 0 < row.due_s < end_s),
                    )
        return found.get(county, Standing())

    def rows(self) -> Iterator[CaseDayRow]:
        """All that was counted, for a snapshot."""
        return (CaseDayRow(*key, measures) for key, measures in self.days.items())

    def totals(
        self, cases: Iterable[Case], days: Iterable[CaseDayRow]
    ) -> tuple[list[CaseRow], list[CaseDayRow]]:
        """Upserts of what a change touched, as it stands now."""
        standing = [self.held[case.key].row for case in cases if case.key in self.held]
        keys = ((row.county, row.level, row.owner_org, row.day) for row in days)
        counted = [CaseDayRow(*key, self.days[key]) for key in keys if key in self.days]
        return standing, counted


def oldest_day(day: int) -> int:
    """The oldest day of which anything is counted on `day`."""
    return day - CLOSED_DAYS
