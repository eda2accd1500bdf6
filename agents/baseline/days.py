"""Where a day stands in its week and year: what season and which earlier dates it is compared with."""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

YEARS: Final = 6  # of history that a series remembers
YEAR_DAYS: Final = 365.2425
DAYS_KEPT: Final = 2200  # YEARS years, and a little
WEEKS_KEPT: Final = 320
HOLIDAY: Final = 7  # a rest day between Monday and Friday
WORKDAY: Final = 8  # a Saturday or Sunday that is worked
KINDS: Final = 9
_EPOCH: Final = date(1970, 1, 1).toordinal()
_SPREAD: Final = 3.0  # weeks to either side that make the season

RestDay = Callable[[date], bool]


def no_rest_day(day: date) -> bool:
    """The week alone: for who knows no calendar of public holidays."""
    return day.weekday() >= 5


class When(NamedTuple):
    """A day, and what of the past is like it.

    day: since 1970-01-01. kind: weekday, Monday 0, or HOLIDAY or WORKDAY.
    season: (slot of a week, weight) around this time in earlier years.
    dates: slots of this date in earlier years, the latest first.
    """

    day: int
    weekday: int
    kind: int
    season: tuple[tuple[int, float], ...]
    dates: tuple[int, ...]

    @property
    def week(self) -> int:
        """The slot of this day's week; weeks begin on Mondays."""
        return week_of(self.day) % WEEKS_KEPT

    @property
    def slot(self) -> int:
        """The slot of this day."""
        return self.day % DAYS_KEPT


def week_of(day: int) -> int:
    """Weeks since Monday 1969-12-29.

    >>> week_of(0), week_of(3), week_of(4)  # Thursday, Sunday, Monday
    (0, 0, 1)
    """
    return (day + 3) // 7


def when(day: int, rest: RestDay = no_rest_day, year_days: float = YEAR_DAYS) -> When:
    """A day of the calendar; year_days other than 365.2425 is for series with years of their own.

    Earlier years are looked at around the same time of the year, to the day;
    weeks are kept whole, so that weekdays stay what they are.

    >>> spring = when(date(2026, 3, 15).toordinal() - 719163)
    >>> spring.weekday, spring.kind
    (6, 6)
    """
    weekday = (day + 3) % 7
    kind = weekday
    today = date.fromordinal(day + _EPOCH)
    if rest(today) != (weekday >= 5):
        kind = WORKDAY if weekday >= 5 else HOLIDAY
    weights: dict[int, float] = {}
    dates = []
    for years in range(1, YEARS + 1):
        back = day - years * year_days
        _add_weeks(weights, back)
        dates.append(_same_date(today, years) if year_days == YEAR_DAYS else round(back))
    return When(day, weekday, kind, tuple(weights.items()), tuple(at % DAYS_KEPT for at in dates))


def _same_date(today: date, years: int) -> int:
    month, day = today.month, today.day
    if (month, day) == (2, 29):
        day = 28
    return date(today.year - years, month, day).toordinal() - _EPOCH


def _add_weeks(weights: dict[int, float], back: float) -> None:
    """Weights of the weeks within _SPREAD weeks of a moment: 1, less where they are cut."""
    centre = (back + 3.0 + 0.5) / 7.0  # in weeks, noon of that day
    first, last = centre - _SPREAD, centre + _SPREAD
    for week in range(int(first // 1), int(last // 1) + 1):
        share = min(week + 1.0, last) - max(float(week), first)
        if share > 0:
            slot = week % WEEKS_KEPT
            weights[slot] = weights.get(slot, 0.0) + share
