"""What is planted in a simulated quarter: the truth that alerts are held against. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agents.cases.workdays import is_workday
from cli.demo_texts import SENTENCES
from streams.categories import OUTSIDE

_DAY: Final = timedelta(days=1)
# In all, over a quarter and a county: some of each, as a busy county has them.
_BURSTS_A_COUNTY: Final = 6
_SILENT_WINDOWS_A_COUNTY: Final = 3
_REDS_A_COUNTY: Final = 4
_STALLED_A_COUNTY: Final = 5
RED_SEVERITY: Final = 1
# Sentences of these are graver than others by what they say; a burst of them would be told
# by that, and not by its number.
_GRAVE: Final = frozenset({"D06", "D09", "S14", OUTSIDE})
CATEGORIES: Final = tuple(sorted(SENTENCES))
_OFF: Final = 0.55
_WEEKEND: Final = 0.8
_BACKLOG: Final = 1.35


class Burst(NamedTuple):
    """More reports of one category than usual. extra: of each day, from the first on.

    spot: the one place they are all about; empty where each is about its own.
    """

    county: str
    category: str
    start: datetime
    extra: tuple[int, ...]
    spot: str

    @property
    def end(self) -> datetime:
        return self.start + _DAY * len(self.extra)


class Red(NamedTuple):
    """One red event."""

    county: str
    at: datetime


class Stalled(NamedTuple):
    """A case that is registered and then left alone for three weeks."""

    county: str
    case_id: str
    level: int
    at: datetime


class Plants(NamedTuple):
    """Everything planted. silences: (county, date on which the silent window ends)."""

    bursts: Sequence[Burst]
    silences: frozenset[tuple[str, date]]
    reds: Sequence[Red]
    stalled: Sequence[Stalled]


class Usual(NamedTuple):
    """What is usual: reports a day by county and category, before weekday, season and holidays."""

    rates: Mapping[tuple[str, str], float]
    trend: Mapping[str, float]  # by county: growth over a year

    def expected(self, county: str, category: str, day: date, since: date) -> float:
        """Mean number of reports on a day."""
        grown = 1 + self.trend[county] * (day - since).days / 365
        return self.rates[county, category] * grown * cadence(day)


def cadence(day: date) -> float:
    """How much of a usual day a day has: holidays and weekends less, the days after a holiday more.

    >>> cadence(date(2026, 9, 23)), cadence(date(2026, 10, 3)), cadence(date(2026, 10, 8))
    (1.0, 0.55, 1.35)
    """
    if not is_workday(day):
        return _WEEKEND if day.weekday() > 4 and not _is_holiday(day) else _OFF
    return _BACKLOG if any(_is_holiday(day - _DAY * back) for back in (1, 2)) else 1.0


def _is_holiday(day: date) -> bool:
    """A day off in a week that has days off beside its weekend."""
    if is_workday(day):
        return False
    near = (day + _DAY * step for step in range(-3, 4))
    return any(one.weekday() < 5 and not is_workday(one) for one in near)


def usual(counties: Sequence[str], dice: Random) -> Usual:
    """Rates as in real counties: few categories have most of the reports."""
    size = {county: dice.uniform(0.6, 1.8) for county in counties}
    rates = {
        (county, category): size[county] * min(8.0, dice.lognormvariate(0.3, 1.1))
        for county in counties
        for category in CATEGORIES
    }
    return Usual(rates, {county: dice.uniform(-0.2, 0.4) for county in counties})


def plants(
    counties: Sequence[str], first: date, days: int, usual_: Usual, zone: ZoneInfo, dice: Random
) -> Plants:
    """Draw what happens within `days` from `first` on."""

    def at(day: int, hour: int) -> datetime:
        return datetime.combine(first + _DAY * day, time(hour, dice.randrange(60)), tzinfo=zone)

    share = days / 90
    bursts: list[Burst] = []
    for county in counties:
        taken: set[tuple[str, int]] = set()
        for _ in range(max(1, round(_BURSTS_A_COUNTY * share))):
            category = dice.choice([code for code in CATEGORIES if code not in _GRAVE])
            day = dice.randrange(1, max(2, days - 4))
            # Bursts of one category stand apart, so that each can be told.
            if any(other == category and abs(when - day) < 10 for other, when in taken):
                continue
            taken.add((category, day))
            rate = usual_.expected(county, category, first + _DAY * day, first)
            spot = f"翠{dice.choice('微云竹松泉溪')}" if dice.random() < 0.5 else ""
            extra = _extra(rate, dice)
            bursts.append(Burst(county, category, at(day, dice.randrange(7, 14)), extra, spot))
    silences = {
        (county, first + _DAY * dice.randrange(2, days))
        for county in counties
        for _ in range(max(1, round(_SILENT_WINDOWS_A_COUNTY * share)))
    }
    reds = [
        Red(county, at(dice.randrange(1, days - 1), dice.randrange(7, 22)))
        for county in counties
        for _ in range(max(1, round(_REDS_A_COUNTY * share)))
    ]
    stalled = [
        Stalled(
            county,
            f"DZ-{county}-{n:03}",
            dice.randint(1, 4),
            at(dice.randrange(max(1, days - 14)), dice.randrange(8, 18)),
        )
        for county in counties
        for n in range(max(1, round(_STALLED_A_COUNTY * share)))
    ]
    return Plants(bursts, frozenset(silences), reds, stalled)


def _extra(rate: float, dice: Random) -> tuple[int, ...]:
    """What a duty room would call a burst: ten reports a day and thrice the usual, or more.

    A spike of one or two days, or something that builds up over three.
    """
    peak = max(10.0, rate * dice.uniform(2, 6))
    shape = dice.choices(((1.0,), (1.0, 0.7), (0.6, 1.0, 0.8)), (35, 35, 30))[0]
    return tuple(round(peak * part) for part in shape)
