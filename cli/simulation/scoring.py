"""Holds what was raised in a simulated quarter against what was planted. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from cli.simulation.planting import Burst, Plants
from streams.contracts import Alert

_DAY: Final = timedelta(days=1)
# What is raised because of numbers, and what because of one matter that many report.
OF_BURSTS: Final = frozenset(
    {
        "burst-hour",
        "burst-day",
        "hot-incident",
        "lasting-incident",
        "statistical",
        "statistical-strong",
    }
)
_OF_THE_GRID: Final = ("网格上报", "巡查", "窗口")
STATISTICAL: Final = frozenset({"statistical", "statistical-strong"})


class Once(NamedTuple):
    """Of what must be alerted exactly once. extra: alerts without anything planted."""

    planted: int
    once: int
    missed: int
    repeated: int
    extra: int

    @property
    def exact(self) -> bool:
        return not (self.missed or self.repeated or self.extra)


def scored(
    alerts: Sequence[Alert],
    plants: Plants,
    overdue_rules: Collection[str],
    rooms: int,
    days: int,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """Figures by name. alerts: of the days that are measured."""
    red = _once(
        Counter((a.county_code, int(a.window_start.timestamp())) for a in _of(alerts, "red")),
        {(one.county, int(one.at.timestamp())) for one in plants.reds},
    )
    missing = _once(
        Counter((a.county_code, _day(a, zone)) for a in _of(alerts, "missing-report")),
        plants.silences,
    )
    overdue = _overdue_once(alerts, plants, overdue_rules)
    false: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for alert in alerts:
        (true if _is_true(alert, plants, zone) else false)[alert.rule] += 1
    found = [_found(alerts, burst) for burst in plants.bursts]
    by_numbers = [
        _found([a for a in alerts if a.rule in STATISTICAL], burst) for burst in plants.bursts
    ]
    statistical_false = sum(n for rule, n in false.items() if rule in STATISTICAL)
    return {
        "alerts": len(alerts),
        "true_share": round(true.total() / len(alerts), 4) if alerts else None,
        "alerts_per_room_day": round(len(alerts) / rooms / days, 3),
        "false_statistical_per_room_day": round(statistical_false / rooms / days, 4),
        "bursts": {
            "planted": len(found),
            "found_within_a_day": sum(found),
            "share": round(sum(found) / len(found), 4),
            "by_statistics": sum(by_numbers),
        },
        "by_rule": {
            rule: {"true": true[rule], "false": false[rule]} for rule in sorted({*true, *false})
        },
        "once": {
            name: one._asdict() | {"exact": one.exact}
            for name, one in (("red", red), ("missing_report", missing), ("overdue", overdue))
        },
    }


def _overdue_once(alerts: Iterable[Alert], plants: Plants, rules: Collection[str]) -> Once:
    """Each planted case is told at each share of its limit, once."""
    told = [alert for alert in alerts if alert.rule in rules]
    found = Counter(
        (case.case_id, alert.rule)
        for alert in told
        for case in plants.stalled
        if case.case_id in alert.title
    )
    once = _once(found, {(case.case_id, rule) for case in plants.stalled for rule in rules})
    return once._replace(extra=once.extra + len(told) - found.total())


def _once(found: Counter[Any], planted: Iterable[Any]) -> Once:
    wanted = set(planted)
    return Once(
        planted=len(wanted),
        once=sum(found[key] == 1 for key in wanted),
        missed=sum(not found[key] for key in wanted),
        repeated=sum(n > 1 for n in found.values()),
        extra=sum(key not in wanted for key in found),
    )


def _is_true(alert: Alert, plants: Plants, zone: ZoneInfo) -> bool:
    if alert.rule in OF_BURSTS:
        return any(_matches(alert, burst) for burst in plants.bursts)
    if alert.rule == "red":
        reds = {(one.county, int(one.at.timestamp())) for one in plants.reds}
        return (alert.county_code, int(alert.window_start.timestamp())) in reds
    if alert.rule == "missing-report":
        return (alert.county_code, _day(alert, zone)) in plants.silences
    if alert.rule == "silent-source":
        return any(_was_silent(alert, *silence, zone) for silence in plants.silences)
    if alert.rule.startswith("overdue"):
        return any(case.case_id in alert.title for case in plants.stalled)
    return False


def _was_silent(alert: Alert, county: str, day: date, zone: ZoneInfo) -> bool:
    """Whether it is of a channel of the grid, in a window that the county's grid was silent in."""
    end = datetime.combine(day, time(16), tzinfo=zone)
    return (
        alert.county_code == county
        and any(channel in alert.title for channel in _OF_THE_GRID)
        and alert.window_end > end - _DAY
        and alert.window_start < end
    )


def _matches(alert: Alert, burst: Burst) -> bool:
    """Of the same county and category, and about days of the burst, or the day after."""
    return (
        (alert.county_code, alert.category) == (burst.county, burst.category)
        and alert.window_end >= burst.start
        and alert.window_start <= burst.end + _DAY
    )


def _found(alerts: Iterable[Alert], burst: Burst) -> bool:
    """Whether a matching alert was raised within a day of the burst's beginning."""
    return any(
        alert.rule in OF_BURSTS
        and _matches(alert, burst)
        and burst.start <= alert.raised_at <= burst.start + _DAY
        for alert in alerts
    )


def _of(alerts: Iterable[Alert], rule: str) -> list[Alert]:
    return [alert for alert in alerts if alert.rule == rule]


def _day(alert: Alert, zone: ZoneInfo) -> date:
    return alert.window_end.astimezone(zone).date()
