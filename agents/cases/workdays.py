"""Chinese working days: holidays and the weekends worked for them, as the State Council set them.

The package chinesecalendar has every year's schedule once it is published, each November for
the next year. A year it does not know yet is taken for Monday to Friday; `knows` tells, so
that nobody takes the guess for the schedule.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache, lru_cache

import chinese_calendar

_SATURDAY = 5


@cache
def knows(year: int) -> bool:
    """Whether the schedule of this year is known.

    >>> knows(2026), knows(2100)
    (True, False)
    """
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def is_workday(day: date) -> bool:
    """Whether people work on this day; Monday to Friday in years that are not known yet.

    >>> is_workday(date(2026, 10, 1)), is_workday(date(2026, 10, 10))  # National Day, a Saturday
    (False, True)
    """
    if knows(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < _SATURDAY


class Workdays:
    """The calendar with what a deployment knows better: a schedule that is new, days of its own."""

    def __init__(self, days_off: Collection[date] = (), workdays: Collection[date] = ()) -> None:
        self._days_off = frozenset(days_off)
        self._workdays = frozenset(workdays)

    def is_workday(self, day: date) -> bool:
        """As the function of this name, unless the deployment says otherwise."""
        if day in self._days_off:
            return False
        return day in self._workdays or is_workday(day)

    def add(self, start: datetime, days: float) -> datetime:
        """When so many working days have passed since `start`, local time.

        Time passes on working days only, 24 hours on each: from Friday 15:00 one
        working day lasts until Monday 15:00, 0.8 of it until Monday 10:12.
        """
        left, at = timedelta(days=days), start
        while True:
            midnight = datetime.combine(at.date() + timedelta(days=1), datetime.min.time())
            midnight = midnight.replace(tzinfo=at.tzinfo)
            if self.is_workday(at.date()):
                if left <= midnight - at:
                    return at + left
                left -= midnight - at
            at = midnight


def add_workdays(start: datetime, n: float) -> datetime:
    """When n working days have passed since `start`: see Workdays.add.

    >>> add_workdays(datetime(2026, 9, 30, 15), 1)  # before the National Day week
    datetime.datetime(2026, 10, 8, 15, 0)
    """
    return Workdays().add(start, n)
