"""Weekly, monthly and quarterly bulletins (周小结、月通报、季调度), summed from the daily reports.

A period is made of report windows, named by the day they end on; its bulletin is
issued on the day after its last one.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple, get_args
from zoneinfo import ZoneInfo

from agents.digests.daily import Before
from agents.digests.issuing import Draft
from agents.rules import Cycle
from agents.windows import Window, date_of, day_of, window_of
from streams.answers import BulletinKind
from streams.digests import meanings, table
from streams.figures import SEVERITIES, added_up, categories, figure

KINDS: Final[tuple[BulletinKind, ...]] = get_args(BulletinKind)
_DAY: Final = timedelta(days=1)
_MONTHS: Final = {"monthly_bulletin": 1, "quarterly_bulletin": 3}


class Period(NamedTuple):
    """Days since 1970, both included."""

    first: int
    last: int


def period_ended(kind: BulletinKind, day: int) -> Period | None:
    """The period of this kind that ended on the day before `day`, if one did.

    >>> monday = day_of(date(2026, 3, 2))
    >>> period_ended("weekly_bulletin", monday) == Period(monday - 7, monday - 1)
    True
    >>> period_ended("monthly_bulletin", monday) is None
    True
    >>> april = day_of(date(2026, 4, 1))
    >>> period_ended("quarterly_bulletin", april) == Period(april - 90, april - 1)
    True
    """
    on = date_of(day)
    if kind == "weekly_bulletin":
        return Period(day - 7, day - 1) if on.weekday() == 0 else None
    months = _MONTHS[kind]
    if on.day != 1 or (on.month - 1) % months:
        return None
    return Period(day_of(_months_earlier(on, months)), day - 1)


def period_before(kind: BulletinKind, period: Period) -> Period:
    """The one before this period."""
    if kind == "weekly_bulletin":
        return Period(period.first - 7, period.first - 1)
    return Period(day_of(_months_earlier(date_of(period.first), _MONTHS[kind])), period.first - 1)


def period_covering(kind: BulletinKind, day: int) -> Period:
    """The period of this kind that a day is in."""
    while (period := period_ended(kind, day + 1)) is None:
        day += 1
    return period


def _months_earlier(first: date, months: int) -> date:
    for _ in range(months):
        first = (first - _DAY).replace(day=1)
    return first


def bulletin(
    kind: BulletinKind,
    county: str,
    period: Period,
    before: Before,
    cycle: Cycle,
    zone: ZoneInfo,
) -> Draft | None:
    """Summed over the daily reports that were issued; None where none was."""
    parts = _figures(county, period, before)
    if not parts:
        return None
    last_parts = _figures(county, period_before(kind, period), before)
    sums, last = added_up(parts), added_up(last_parts)
    days = period.last - period.first + 1
    figures = {**sums, "days": days, "before": last.get("total", 0)}
    compared = f"上期 {last['total']} 件" if last_parts else "没有上期数据"
    lines = [
        f"新增事项 {figures['total']} 件（{compared}）；定级："
        + "，".join(f"{figure(name).label} {figures[name]} 件" for name in SEVERITIES)
        + "。",
        f"预警 {figures['alerts']} 条，已确认或处置 {figures['answered']} 条。",
        f"应有日报告 {days} 份，实有 {len(parts)} 份；有网格上报或零报告的 {figures['reported']} 天。",
        "",
    ]
    by_category = categories(figures)
    if by_category:
        rows = [
            (figure(code).label, n, last.get(code, 0), _change(n, last.get(code, 0)))
            for code, n in by_category.items()
        ]
        lines += [*table(("类别", "件数", "上期", "增减"), rows), ""]
    lines += meanings([name for name in figures if name not in by_category])
    window = Window(
        window_of(period.first, cycle, zone).start, window_of(period.last, cycle, zone).end
    )
    return Draft(kind, county, period.last, window, lines, figures)


def _figures(county: str, period: Period, before: Before) -> list[dict[str, int]]:
    found = (before(("daily_report", county, day)) for day in range(period.first, period.last + 1))
    return [issued.figures for issued in found if issued]


def _change(now: int, then: int) -> str:
    """
    >>> _change(3, 2), _change(1, 2), _change(2, 2), _change(2, 0)
    ('+50%', '-50%', '0%', '新增')
    """
    return f"{(now - then) / then:+.0%}".replace("+0%", "0%") if then else "新增"
