"""The daily report (日报告): what came in within the window, against what was to be expected."""

from collections import Counter
from collections.abc import Callable, Iterable
from math import sqrt
from typing import Final, NamedTuple

from agents.counts import HOURS_PER_DAY
from agents.digests.issued import Issued
from agents.digests.issuing import Draft
from agents.state import State
from agents.windows import DAY, Window
from streams.answers import Alert
from streams.digests import meanings, table
from streams.events import BY_STAFF
from streams.figures import SEVERITIES, categories, figure
from streams.names import STATUS_NAMES

DAYS_BEFORE: Final = 28
_ENOUGH_DAYS: Final = 7
_FEWEST: Final = 3
_MOST_RISES: Final = 5

Before = Callable[[tuple[str, str, int]], Issued | None]


class Rise(NamedTuple):
    """A category with more reports than its mean over the days before, by two deviations."""

    category: str
    n: int
    expected: float


def daily_report(
    state: State,
    county: str,
    window: Window,
    day: int,
    *,
    alerts: Iterable[Alert],
    before: Before,
) -> Draft:
    """alerts: the county's. before: what was issued by kind, county and day."""
    figures = facts(state, county, window, day)
    yesterdays = Window(*(edge - DAY for edge in window))
    yesterday = counted(state, county, yesterdays)
    known = list(alerts)
    grid, zero = figures["grid_reports"], figures["zero_reports"]
    raised = within(known, window)
    sources, silent = _sources(state, county, window)
    figures |= {
        "before": yesterday["total"],
        **_cases(state, county, window),
        "days": 1,
        "alerts": len(raised),
        "answered": sum(alert.status != "firing" for alert in raised),
        "sources": sources,
        "silent_sources": len(silent),
    }
    earlier = [before(("daily_report", county, day - back)) for back in range(1, DAYS_BEFORE + 1)]
    rises = _rises(figures, [issued.figures for issued in earlier if issued])
    lines = [
        "## 一、总体情况",
        "",
        f"新增事项 {figures['total']} 件（前一日 {figures['before']} 件）；定级："
        + "，".join(f"{figure(name).label} {figures[name]} 件" for name in SEVERITIES)
        + "。",
        _told_cases(figures),
        "",
    ]
    by_category = categories(figures)
    if by_category:
        rows = [(figure(code).label, n, yesterday.get(code, 0)) for code, n in by_category.items()]
        lines += [*table(("类别", "件数", "前一日"), rows), ""]
    lines += ["## 二、上升较快的类别", "", *_told_rises(rises, len([e for e in earlier if e])), ""]
    lines += ["## 三、预警与处置", "", *_told_alerts(raised), ""]
    lines += ["## 四、昨日调度落实", "", *_told_dispatches(within(known, yesterdays)), ""]
    lines += ["## 五、数据完整性", ""]
    lines += [
        f"- 网格上报 {grid} 件，零报告 {zero} 次"
        + ("" if grid or zero else "；截至拟稿时未收到报告"),
        f"- 近8天有数据的来源 {sources} 个，本时段静默 {len(silent)} 个"
        + ("：" + "、".join(silent) if silent else ""),
        "",
        *meanings([name for name in figures if name not in by_category]),
    ]
    return Draft("daily_report", county, day, window, lines, figures)


def facts(state: State, county: str, window: Window, day: int) -> dict[str, int]:
    """The figures that later reports may change: another edition is issued for them."""
    grid, zero = state.presence.get((county, day), (0, 0))
    return {
        **counted(state, county, window),
        "grid_reports": grid,
        "zero_reports": zero,
        "reported": int(bool(grid or zero)),
    }


def _cases(state: State, county: str, window: Window) -> dict[str, int]:
    start, end = (int(edge.timestamp()) for edge in window)
    return state.cases.standing(county, start, end)._asdict()


def _told_cases(figures: dict[str, int]) -> str:
    return (
        f"案件：新受理 {figures['found']} 件，办结 {figures['resolved']} 件，"
        f"在办 {figures['open']} 件，其中超期 {figures['overdue']} 件。"
    )


def counted(state: State, county: str, window: Window) -> Counter[str]:
    """Reports in all, per severity and per category, within the window."""
    figures = Counter(dict.fromkeys(("total", *SEVERITIES), 0))
    for key, measures in state.counts.within(county, *window.hours):
        figures["total"] += measures[0]
        figures[key[1]] += measures[0]
        for place, name in enumerate(SEVERITIES, 1):
            figures[name] += measures[place]
    return figures


def within(alerts: Iterable[Alert], window: Window) -> list[Alert]:
    """Those of the window, the gravest first."""
    found = [alert for alert in alerts if window.start <= alert.window_end <= window.end]
    return sorted(found, key=lambda alert: (alert.level, alert.window_end))


def _sources(state: State, county: str, window: Window) -> tuple[int, list[str]]:
    """How many sources sent something in the last days, and those that did not in the window."""
    first, last = (hour // HOURS_PER_DAY for hour in window.hours)
    latest: dict[tuple[str, str], int] = {}
    for place, stream, source, _, day in state.ledger:
        if place == county and day <= last and stream not in BY_STAFF:
            latest[stream, source] = max(day, latest.get((stream, source), day))
    silent = sorted({source for (_, source), day in latest.items() if day < first})
    return len(latest), silent


def _rises(figures: dict[str, int], earlier: list[dict[str, int]]) -> list[Rise]:
    if len(earlier) < _ENOUGH_DAYS:
        return []
    found = []
    for code, n in categories(figures).items():
        expected = sum(day.get(code, 0) for day in earlier) / len(earlier)
        if n >= _FEWEST and n > expected + 2 * sqrt(max(expected, 1)):
            found.append(Rise(code, n, expected))
    found.sort(key=lambda rise: (rise.expected - rise.n, rise.category))
    return found[:_MOST_RISES]


def _told_rises(rises: list[Rise], days: int) -> list[str]:
    if days < _ENOUGH_DAYS:
        return [f"历史日报告不足{_ENOUGH_DAYS}份（现有{days}份），暂不比较。"]
    if not rises:
        return ["没有明显上升的类别。"]
    rows = [(figure(code).label, n, f"{expected:.1f}") for code, n, expected in rises]
    return table(("类别", "件数", f"前{days}份日报告均值"), rows)


def _told_alerts(raised: list[Alert]) -> list[str]:
    answered = sum(alert.status != "firing" for alert in raised)
    lines = [f"本时段预警 {len(raised)} 条，已确认或处置 {answered} 条。"]
    return [*lines, *(f"- {alert.title}（{STATUS_NAMES[alert.status]}）" for alert in raised)]


def _told_dispatches(dispatched: list[Alert]) -> list[str]:
    if not dispatched:
        return ["昨日没有调度事项。"]
    done = sum(alert.status == "closed" for alert in dispatched)
    waiting = [alert for alert in dispatched if not received(alert)]
    first = f"昨日调度 {len(dispatched)} 项，已签收 {len(dispatched) - len(waiting)} 项，已办结 {done} 项。"
    return [first, *(f"- 未签收：{alert.title}" for alert in waiting)]


def received(alert: Alert) -> bool:
    """Whether somebody took it on: the receipt of a dispatched matter."""
    return alert.status not in ("firing", "escalated")
