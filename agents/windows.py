"""The daily cycle's calendar: report windows, and which points of the cycle are due.

A report window runs from one day's window_end to the next day's; it is named by
the day it ends on. Days are counted since 1970.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agents.rules import Cycle, time_of_day
from agents.seasons import Season, cut_off

DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1).toordinal()
CATCH_UP_DAYS: Final = 6  # live totals cover seven


class Point(NamedTuple):
    """One moment of the cycle. day: days since 1970, of the window's end."""

    kind: str
    day: int
    at: datetime


class Window(NamedTuple):
    """A report window, local times with offset."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> tuple[int, int]:
        """First hour since 1970 UTC, and the first one after it."""
        return int(self.start.timestamp()) // 3600, int(self.end.timestamp()) // 3600


def day_of(on: date) -> int:
    """Days since 1970."""
    return on.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """The date of a day since 1970."""
    return date.fromordinal(day + _EPOCH)


def iso_day(day: int) -> str:
    """
    >>> iso_day(20_000)
    '2024-10-04'
    """
    return date_of(day).isoformat()


def _local(day: int, time_text: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(date_of(day), time_of_day(time_text), tzinfo=zone)


def window_of(day: int, cycle: Cycle, zone: ZoneInfo) -> Window:
    """The report window that ends on this day.

    >>> window = window_of(20_000, Cycle(), ZoneInfo("Asia/Shanghai"))
    >>> window.start.isoformat(), window.end.isoformat()
    ('2024-10-03T16:00:00+08:00', '2024-10-04T16:00:00+08:00')
    """
    return Window(_local(day - 1, cycle.window_end, zone), _local(day, cycle.window_end, zone))


def window_day(second: int, cycle: Cycle, zone: ZoneInfo) -> int:
    """The day on which the window of this instant (s since 1970) ends."""
    return _window_day(second // 60, cycle, zone)


@lru_cache(maxsize=4096)
def _window_day(minute: int, cycle: Cycle, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(minute * 60, zone)
    after = local.time() >= time_of_day(cycle.window_end)
    return day_of(local.date()) + after


def due(
    marks: dict[str, int],
    now: datetime,
    cycle: Cycle,
    zone: ZoneInfo,
    seasons: Sequence[Season] = (),
) -> list[Point]:
    """Points that have passed and are not marked done, in order of time.

    seasons: may have a cut-off of their own.

    A kind that was never marked has nothing due before today's point: see `first_marks`.
    """
    today = day_of(now.astimezone(zone).date())
    points = []
    for kind, time_text in _times(cycle):
        done = max(marks.get(kind, today), today - CATCH_UP_DAYS - 1)
        for day in range(done + 1, today + 1):
            text = time_text
            if kind == "missing_report":
                text = cut_off(seasons, date_of(day), text)
            at = _local(day, text, zone)
            if at <= now:
                points.append(Point(kind, day, at))
    return sorted(points, key=lambda point: point.at)


def first_marks(now: datetime, cycle: Cycle, zone: ZoneInfo) -> list[tuple[str, int]]:
    """Marks for a partition that starts: all that has passed counts as done."""
    today = day_of(now.astimezone(zone).date())
    return [
        (kind, today if _local(today, text, zone) <= now else today - 1)
        for kind, text in _times(cycle)
    ]


def _times(cycle: Cycle) -> list[tuple[str, str]]:
    return [
        ("restate", cycle.restate),
        ("bulletins", cycle.bulletins),
        ("daily_report", cycle.window_end),
        ("missing_report", cycle.cut_off),
        ("daily_consult", cycle.consult),
        ("daily_dispatch", cycle.dispatch),
    ]
