"""Holds what was raised in a simulated quarter against what was planted. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain, product
from typing import Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from agents.rules import Rules
from cli.simulation.planting import RED_SEVERITY, Burst, Plants
from streams.answers import Alert

_DAY: Final = timedelta(days=1)
_OF_THE_GRID: Final = ("网格上报", "巡查", "窗口")


class _Rule(Protocol):
    @property
    def id(self) -> str: ...


class _Ids(NamedTuple):
    """Ids of rules by what they tell. bursts: of numbers, or of one matter that many report."""

    bursts: frozenset[str]
    statistical: frozenset[str]
    red: frozenset[str]
    missing_report: frozenset[str]
    silent_source: frozenset[str]
    overdue: frozenset[str]


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
    rules: Rules,
    rooms: int,
    days: int,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """Figures by name. alerts: of the days that are measured; rules: those that raised them.

    What is planted must be told once by each rule that tells such things.
    """
    ids = _ids_of(rules)
    red = _once(
        Counter((_event_of(a), a.rule) for a in alerts if a.rule in ids.red),
        product(_events_of(plants), ids.red),
    )
    missing = _once(
        Counter((_window_of(a, zone), a.rule) for a in alerts if a.rule in ids.missing_report),
        product(plants.silences, ids.missing_report),
    )
    overdue = _overdue_once(alerts, plants, ids.overdue)
    false: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for alert in alerts:
        (true if _is_true(alert, plants, ids, zone) else false)[alert.rule] += 1
    found = [_found(alerts, burst, ids.bursts) for burst in plants.bursts]
    by_numbers = [_found(alerts, burst, ids.statistical) for burst in plants.bursts]
    statistical_false = sum(false[rule] for rule in ids.statistical)
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


def _ids_of(rules: Rules) -> _Ids:
    def ids(*several: Iterable[_Rule | None]) -> frozenset[str]:
        return frozenset(rule.id for rule in chain(*several) if rule)

    return _Ids(
        bursts=ids(rules.count, rules.incident, rules.lasting, rules.statistical),
        statistical=ids(rules.statistical),
        red=ids(rule for rule in rules.severity if rule.severity == RED_SEVERITY),
        missing_report=ids([rules.missing_report]),
        silent_source=ids([rules.silent_source]),
        overdue=ids(rules.overdue),
    )


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


def _is_true(alert: Alert, plants: Plants, ids: _Ids, zone: ZoneInfo) -> bool:
    if alert.rule in ids.bursts:
        return any(_matches(alert, burst) for burst in plants.bursts)
    if alert.rule in ids.red:
        return _event_of(alert) in _events_of(plants)
    if alert.rule in ids.missing_report:
        return _window_of(alert, zone) in plants.silences
    if alert.rule in ids.silent_source:
        return any(_was_silent(alert, *silence, zone) for silence in plants.silences)
    if alert.rule in ids.overdue:
        return any(case.case_id in alert.title for case in plants.stalled)
    return False


def _event_of(alert: Alert) -> tuple[str, int]:
    """Where and when the event was that a red alert tells."""
    return alert.county_code, int(alert.window_start.timestamp())


def _events_of(plants: Plants) -> set[tuple[str, int]]:
    return {(one.county, int(one.at.timestamp())) for one in plants.reds}


def _window_of(alert: Alert, zone: ZoneInfo) -> tuple[str, date]:
    """The county and report window of a missing report."""
    return alert.county_code, alert.window_end.astimezone(zone).date()


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


def _found(alerts: Iterable[Alert], burst: Burst, ids: Collection[str]) -> bool:
    """Whether a matching alert of one of the rules was raised within a day of the burst's beginning."""
    return any(
        alert.rule in ids
        and _matches(alert, burst)
        and burst.start <= alert.raised_at <= burst.start + _DAY
        for alert in alerts
    )
