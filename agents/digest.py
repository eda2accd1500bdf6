"""The daily report (日报告) and the consult list (日会商) of a county, in plain Chinese."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from agents.rules import Cycle, alert_id
from agents.state import State
from agents.windows import Window
from streams.categories import CATEGORIES
from streams.contracts import Alert, Digest
from streams.counties import COUNTIES

_DAY = timedelta(days=1)
_NAMES = {"daily_report": "日报告", "daily_consult": "日会商清单"}
_SEVERITIES = ("红色", "橙色", "黄色", "蓝色")


def daily_report(state: State, county: str, window: Window, day: int, at: datetime) -> Digest:
    """What came in within the window: by category and severity, against the day before."""
    by_category, severities = _figures(state, county, window)
    before, _ = _figures(state, county, Window(*(edge - _DAY for edge in window)))
    grid, zero = state.presence.get((county, day), (0, 0))
    total = sum(by_category.values())
    lines = [
        f"- 新增事项 {total} 件（前一日 {sum(before.values())} 件）",
        f"- 网格上报 {grid} 件，零报告 {zero} 次"
        + ("" if grid or zero else "；截至拟稿时未收到报告"),
        "- 定级："
        + "，".join(f"{label} {n} 件" for label, n in zip(_SEVERITIES, severities, strict=True)),
        "",
    ]
    if by_category:
        lines += ["| 类别 | 件数 | 前一日 |", "| --- | ---: | ---: |"]
        lines += [
            f"| {CATEGORIES[code].name if code in CATEGORIES else code} | {n} | {before[code]} |"
            for code, n in by_category.most_common()
        ]
    return _digest(
        "daily_report",
        county,
        window,
        at,
        lines,
        {
            "total": total,
            "before": sum(before.values()),
            "grid_reports": grid,
            "zero_reports": zero,
            **dict(zip(("red", "orange", "yellow", "blue"), severities, strict=True)),
            **by_category,
        },
    )


def daily_consult(
    county: str,
    window: Window,
    state: State,
    alerts: Iterable[Alert],
    cycle: Cycle,
    at: datetime,
) -> Digest | None:
    """The matters to discuss: any red, several orange, or an alert in the window; else None."""
    _, (red, orange, _, _) = _figures(state, county, window)
    raised = sorted(
        (
            alert
            for alert in alerts
            if alert.county_code == county and window.start <= alert.window_end <= window.end
        ),
        key=lambda alert: (alert.level, alert.window_end),
    )
    if red < cycle.consult_red and orange < cycle.consult_orange and not raised:
        return None
    lines = [
        f"红色事项 {red} 件，橙色事项 {orange} 件，预警 {len(raised)} 条。",
        "",
    ]
    lines += [
        f"{number}. 【{_SEVERITIES[alert.level - 1]}】{alert.title}。{alert.reason}"
        for number, alert in enumerate(raised, 1)
    ]
    figures = {"red": red, "orange": orange, "alerts": len(raised)}
    return _digest("daily_consult", county, window, at, lines, figures)


def _digest(
    kind: Literal["daily_report", "daily_consult"],
    county: str,
    window: Window,
    at: datetime,
    lines: list[str],
    figures: dict[str, int],
) -> Digest:
    name = f"{COUNTIES[county].name if county in COUNTIES else county}{_NAMES[kind]}"
    head = [
        f"# {name}",
        "",
        f"时段：{window.start:%Y年%m月%d日%H:%M} 至 {window.end:%Y年%m月%d日%H:%M}",
        "",
    ]
    return Digest(
        id=alert_id(kind, county, "", window.end.date().isoformat()),
        kind=kind,
        county_code=county,
        window_start=window.start,
        window_end=window.end,
        issued_at=at,
        title=f"{name} {window.end:%Y-%m-%d}",
        body="\n".join([*head, *lines]) + "\n",
        figures=figures,
    )


def _figures(state: State, county: str, window: Window) -> tuple[Counter[str], tuple[int, ...]]:
    """Reports per category, and per severity from red to blue, within the window."""
    by_category: Counter[str] = Counter()
    severities = [0, 0, 0, 0]
    for key, measures in state.counts.within(county, *window.hours):
        by_category[key[1]] += measures[0]
        for index in range(4):
            severities[index] += measures[index + 1]
    return by_category, tuple(severities)
