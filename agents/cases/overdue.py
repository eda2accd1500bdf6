"""Alerts for cases and whistles that use up their limits: each share of each limit once.

What passed while nothing ran is made up for, as far back as live totals go; older marks
are history, and raise nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.cases.case import Case
from agents.cases.holding import Cases
from agents.cases.limits import OverdueRule, in_words
from agents.cases.timers import Mark
from agents.rules import alert_id, names_of
from streams.answers import Alert
from streams.categories import OUTSIDE

CATCH_UP_S: Final = 7 * 86_400
_AT_ONCE: Final = 500  # cases; the next second takes the next ones

_AWAITED: Final = {"accepted": "接哨", "arrived": "到场", "feedback": "反馈", "verified": "核验"}


class Overdue(NamedTuple):
    """cases: as they stand when the alerts are raised."""

    alerts: list[Alert]
    cases: list[Case]


def of_cases(cases: Cases, rules: Iterable[OverdueRule], now: datetime, zone: ZoneInfo) -> Overdue:
    """What has passed by now. Pure; `cases` are only read."""
    by_pct: dict[int, list[OverdueRule]] = {}
    for rule in rules:
        by_pct.setdefault(rule.pct, []).append(rule)
    now_s = int(now.timestamp())
    found = Overdue([], [])
    for case in cases.due(now_s, _AT_ONCE):
        passed = [mark for mark in case.marks if mark.at_s <= now_s]
        told = [*case.told, *(mark.name for mark in passed)]
        found.cases.append(replace(case, marks=case.marks[len(passed) :], told=told))
        found.alerts.extend(
            _alert(case, mark, rule, now, zone)
            for mark in passed
            if mark.at_s >= now_s - CATCH_UP_S
            for rule in by_pct.get(mark.pct, ())
        )
    return found


def _alert(case: Case, mark: Mark, rule: OverdueRule, now: datetime, zone: ZoneInfo) -> Alert:
    row = case.row
    place, _ = names_of(row.county, OUTSIDE)
    due = datetime.fromtimestamp(mark.due_s, zone)
    subject, limit = _subject(mark)
    how = "已到时限" if mark.pct == 100 else f"已用时限的{mark.pct}%"
    owner = f"承办单位：{row.owner_org}。" if row.owner_org else "尚未明确承办单位。"
    return Alert(
        id=alert_id(rule.id, row.county, "", f"{row.case_id}|{mark.stage}"),
        rule=rule.id,
        level=rule.level,
        county_code=row.county,
        category="",
        window_start=datetime.fromtimestamp(mark.start_s, zone),
        window_end=datetime.fromtimestamp(mark.at_s, zone),
        observed=mark.pct,
        limit=100,
        title=f"{place}：案件{row.case_id}{subject}{how}",
        reason=(
            f"{subject}{limit}，{due:%m月%d日%H:%M}到期；{how}，尚未完成（规则 {rule.id}）。{owner}"
        ),
        raised_at=now,
    )


def _subject(mark: Mark) -> tuple[str, str]:
    """What is waited for, and its limit in words."""
    kind, _, rest = mark.stage.partition("-")
    limit = f"限{in_words(mark.limit)}" if mark.limit else "按登记的期限"
    name = rest.partition(".")[0]
    if kind == "whistle":
        return f"吹哨报到的{_AWAITED[name]}", limit
    if kind == "level":
        return f"第{name}级办理", limit
    return "办理", limit
