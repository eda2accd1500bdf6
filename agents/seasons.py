"""Calendar windows: times of the year in which more or less of something is usual.

They change what is expected and when a report is missed, and nothing else: never who is looked at.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct, field

Day = Annotated[
    str, Meta(pattern=r"^(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$(?!\n)")
]  # of every year, or of one
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Season(Struct, frozen=True, forbid_unknown_fields=True):
    """One window, both days included.

    start, end: MM-DD of every year, over the new year too, or YYYY-MM-DD where a date moves
    with the moon. categories: empty for all. expected: how many times the usual number of
    reports is usual then. cut_off: of the daily report on these days, in place of the cycle's.
    """

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    start: Day = field(name="from")
    end: Day = field(name="to")
    categories: tuple[str, ...] = ()
    expected: Annotated[float, Meta(ge=0.05, le=20)] = 1.0
    cut_off: TimeOfDay | None = None

    def holds_on(self, day: date) -> bool:
        """
        >>> heating = Season("供暖期", "10-15", "04-15", ("S02",), 3)
        >>> [heating.holds_on(date(2026, month, 15)) for month in (1, 4, 5, 10)]
        [True, True, False, True]
        """
        if len(self.start) > 5:
            return self.start <= day.isoformat() <= self.end
        today = day.isoformat()[5:]
        if self.start <= self.end:
            return self.start <= today <= self.end
        return today >= self.start or today <= self.end


def on(seasons: Iterable[Season], day: date) -> list[Season]:
    """Those that hold on a day."""
    return [season for season in seasons if season.holds_on(day)]


def expected(seasons: Iterable[Season], day: date, category: str = "") -> float:
    """How many times the usual is usual on a day: of a category, or of all in one.

    Windows of single categories say nothing of all of them.

    >>> feast = Season("国庆", "10-01", "10-07", (), 0.5)
    >>> rows = [feast, Season("供暖期", "10-01", "04-15", ("S02",), 3)]
    >>> expected(rows, date(2026, 10, 2), "S02"), expected(rows, date(2026, 10, 2))
    (1.5, 0.5)
    """
    factor = 1.0
    for season in on(seasons, day):
        if not season.categories or category in season.categories:
            factor *= season.expected
    return factor


def cut_off(seasons: Iterable[Season], day: date, usual: str) -> str:
    """When the daily report of a day is missed: the earliest that is said for it."""
    said = [season.cut_off for season in on(seasons, day) if season.cut_off]
    return min(said, default=usual)


def mistakes(seasons: Iterable[Season]) -> Iterable[str]:
    """What a schema cannot say, with the place of the window."""
    for place, season in enumerate(seasons):
        if len(season.start) != len(season.end):
            yield f"$.seasons[{place}]: one of `from` and `to` has a year; both or neither"
        elif len(season.start) > 5 and season.start > season.end:
            yield f"$.seasons[{place}]: it ends on {season.end}, before it begins"
        for day in (season.start, season.end):
            try:
                date.fromisoformat(day if len(day) > 5 else f"2024-{day}")
            except ValueError:
                yield f"$.seasons[{place}]: {day} is no day"
