"""How long what may last, as rules.yaml has it, and when a share of it has passed."""

from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from agents.cases.workdays import Workdays

# A number and its unit: minutes, hours, days as the clock has them; wd: working days.
LimitText = Annotated[str, Meta(pattern=r"^[1-9]\d{0,2}(min|h|d|wd)$(?!\n)")]

_UNITS_S: Final = {"min": 60, "h": 3_600, "d": 86_400}
_QUARTER_S: Final = 900  # no zone begins its days at another minute
_NAMES: Final = {"min": "分钟", "h": "小时", "d": "天", "wd": "个工作日"}


class ClassLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a hotline ticket of each class may take."""

    two_hours: LimitText = field(default="2h", name="2h")
    one_day: LimitText = field(default="24h", name="24h")
    seven_days: LimitText = field(default="7d", name="7d")
    fifteen_days: LimitText = field(default="15d", name="15d")

    def of(self, deadline_class: str) -> str:
        """The limit of one class; empty if there is no such class.

        >>> ClassLimits().of("7d"), ClassLimits().of("")
        ('7d', '')
        """
        return str(msgspec.to_builtins(self).get(deadline_class, ""))


class WhistleLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """How long each step of a whistle (吹哨报到) may take after the one before it."""

    accepted: LimitText = "2h"
    arrived: LimitText = "24h"
    feedback: LimitText = "3wd"
    verified: LimitText = "2wd"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of cases.

    levels: of a stay at level 1, 2, 3, 4; 四级七天: 1 + 2 + 2 + 2 working days
    (Gaotai county, Zhangye, www.gaotai.gov.cn, 2022-04-24).
    deadline_classes: of hotline tickets, by the class they were given.
    response: until somebody takes a case on. satisfied_from: of 1 … 5; the two lowest of
    five grades are bad ones (国办发〔2019〕51号, 好差评).
    """

    levels: tuple[LimitText, LimitText, LimitText, LimitText] = ("1wd", "2wd", "2wd", "2wd")
    deadline_classes: ClassLimits = ClassLimits()
    whistle: WhistleLimits = WhistleLimits()
    response: LimitText = "24h"
    satisfied_from: Annotated[int, Meta(ge=1, le=5)] = 3


class CalendarRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Days that the calendar has wrong, or does not know yet."""

    days_off: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class OverdueRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised for every case that has used so much of a limit."""

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,40}$(?!\n)")]
    level: Annotated[int, Meta(ge=1, le=4)]
    pct: Annotated[int, Meta(ge=1, le=1_000)]


class Timing:
    """Tells when a share of a limit has passed.

    zone: of days and working days.
    """

    def __init__(self, calendar: CalendarRule, zone: ZoneInfo) -> None:
        self._workdays = Workdays(calendar.days_off, calendar.workdays)
        self.zone = zone
        self.after = lru_cache(maxsize=4096)(self._after)
        self._day = lru_cache(maxsize=40_000)(self._day_of_quarter)  # a year's

    def _after(self, start_s: int, limit: str, pct: int = 100) -> int:
        """Seconds since 1970 at which `pct` percent of `limit`, begun at start_s, have passed.

        >>> timing = Timing(CalendarRule(), ZoneInfo("Asia/Shanghai"))
        >>> friday = int(datetime(2026, 3, 6, 15, tzinfo=timing.zone).timestamp())
        >>> datetime.fromtimestamp(timing.after(friday, "1wd"), timing.zone).isoformat()
        '2026-03-09T15:00:00+08:00'
        """
        number, unit = parted(limit)
        if unit != "wd":
            return start_s + number * _UNITS_S[unit] * pct // 100
        start = datetime.fromtimestamp(start_s, self.zone)
        return int(self._workdays.add(start, number * pct / 100).timestamp())

    def day(self, second: int) -> int:
        """The local day of an instant, days since 1970."""
        return self._day(second // _QUARTER_S)

    def _day_of_quarter(self, quarter: int) -> int:
        return datetime.fromtimestamp(quarter * _QUARTER_S, self.zone).toordinal() - _EPOCH


_EPOCH: Final = date(1970, 1, 1).toordinal()


def parted(limit: str) -> tuple[int, str]:
    """Number and unit.

    >>> parted("2wd")
    (2, 'wd')
    """
    digits = limit.rstrip("minhdw")
    return int(digits), limit[len(digits) :]


def in_words(limit: str) -> str:
    """What staff call a limit.

    >>> in_words("2wd"), in_words("24h")
    ('2个工作日', '24小时')
    """
    number, unit = parted(limit)
    return f"{number}{_NAMES[unit]}"
