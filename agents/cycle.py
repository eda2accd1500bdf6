"""What the daily cycle (日报告、日会商) brings when one of its points is due.

Points that passed while nothing ran are made up for, up to the days that live
totals cover.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agents import digest, raising
from agents.change import Change
from agents.rules import Rules
from agents.state import State
from agents.windows import due, first_marks, window_of


def decide_cycle(
    state: State, now: datetime, rules: Rules, zone: ZoneInfo, must_report: Iterable[str]
) -> Change | None:
    """What the moment changes: reports drafted, missing ones alerted; None if nothing is due.

    must_report: the partition's counties that have to report every day.
    """
    change = Change(at_ms=state.at_ms)
    if not state.marks:
        change.marks = first_marks(now, rules.cycle, zone)
        return change
    points = due(state.marks, now, rules.cycle, zone)
    if not points:
        return None
    expected = sorted(set(must_report))
    for point in points:
        window = window_of(point.day, rules.cycle, zone)
        at = now.astimezone(UTC)
        counties = sorted({*expected, *state.counts.counties()})
        if point.kind == "missing_report":
            silent = [county for county in expected if (county, point.day) not in state.presence]
            alerts = [raising.missing_report(rules, county, *window, at) for county in silent]
            change.alerts += [alert for alert in alerts if alert.id not in state.alerts]
        elif point.kind == "daily_report":
            change.digests += [
                digest.daily_report(state, county, window, point.day, at) for county in counties
            ]
        else:
            raised = [*state.alerts.values(), *change.alerts]
            for county in counties:
                agenda = digest.daily_consult(county, window, state, raised, rules.cycle, at)
                if agenda:
                    change.digests.append(agenda)
        change.marks.append((point.kind, point.day))
    return change


def expected_counties(
    state: State, prefixes: str, partition_counties: Iterable[str], now: datetime
) -> list[str]:
    """Counties that must report: those of the setting, or those that did in the last week."""
    wanted = tuple(prefix for prefix in prefixes.split(",") if prefix)
    if wanted:
        return [county for county in partition_counties if county.startswith(wanted)]
    week_ago = int(now.timestamp()) // 86_400 - 7
    return sorted({county for county, day in state.presence if day >= week_ago})
