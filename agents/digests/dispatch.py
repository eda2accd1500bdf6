"""The dispatch list (日调度): each matter of the day with its owner, its deadline and its receipt."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from agents.digests.daily import received, within
from agents.digests.issuing import Draft
from agents.rules import Cycle
from agents.windows import Window
from streams.answers import Alert
from streams.digests import meanings
from streams.names import LEVEL_NAMES, STATUS_NAMES

_UNASSIGNED: Final = "待明确"


def daily_dispatch(
    county: str, window: Window, day: int, alerts: Iterable[Alert], at: datetime, cycle: Cycle
) -> Draft | None:
    """alerts: the county's. None where there is nothing to dispatch. at: when it is issued.

    A matter's receipt is that somebody acknowledged it or was assigned it; its deadline follows from its level (`dispatch_hours`), counted from `at`.
    """
    open_ = [alert for alert in within(alerts, window) if alert.status != "closed"]
    if not open_:
        return None
    lines = ["| 事项 | 定级 | 责任单位 | 办理期限 | 签收 |", "| --- | --- | --- | --- | --- |"]
    for alert in open_:
        deadline = at.astimezone(window.end.tzinfo) + timedelta(
            hours=cycle.dispatch_hours[alert.level - 1]
        )
        lines.append(
            f"| {alert.title} | {LEVEL_NAMES[alert.level]} "
            f"| {alert.assigned_to or _UNASSIGNED} | {deadline:%m月%d日%H:%M} "
            f"| {STATUS_NAMES[alert.status]} |"
        )
    figures = {
        "dispatched": len(open_),
        "owned": sum(bool(alert.assigned_to) for alert in open_),
        "received": sum(map(received, open_)),
    }
    return Draft(
        "daily_dispatch", county, day, window, [*lines, "", *meanings(list(figures))], figures
    )
