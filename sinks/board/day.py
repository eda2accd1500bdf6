"""Today at the board: the report window that ends today, its times, and who has to report."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sinks.asking import covers
from sinks.board.access import Scope
from streams.counties import COUNTIES

_WEEK: Final = timedelta(days=7)


class Times(NamedTuple):
    """The daily cycle on one day, local times. dispatch_hours: given to an owner, red to blue."""

    window_end: time = time(16)
    cut_off: time = time(16, 30)
    consult: time = time(17)
    dispatch: time = time(18)
    dispatch_hours: tuple[int, int, int, int] = (24, 48, 72, 120)


Cycle = Callable[[date], Times]  # a calendar window may have a cut-off of its own


def usual(_: date) -> Times:
    """The cycle as it is shipped."""
    return Times()


def today(
    now: datetime, cycle: Cycle, zone: ZoneInfo, expected: Iterable[str], reported: Iterable[str]
) -> dict[str, Any]:
    """The window and its times, in UTC; how many counties have to report, and which have not."""
    day = now.astimezone(zone).date()
    times = cycle(day)

    def at(on: date, clock: time) -> datetime:
        return datetime.combine(on, clock, tzinfo=zone).astimezone(UTC)

    wanted, there = set(expected), set(reported)
    missing = [COUNTIES[code] for code in sorted(wanted - there) if code in COUNTIES]
    end = at(day, times.window_end)
    return {
        "window_start": at(day - timedelta(days=1), times.window_end),
        "window_end": end,
        "drafted_at": end,
        "cut_off_at": at(day, times.cut_off),
        "consult_at": at(day, times.consult),
        "dispatch_at": at(day, times.dispatch),
        "expected_counties": len(wanted),
        "reported": len(wanted & there),
        "missing": [{"code": one.code, "name": one.name, "city": one.city} for one in missing],
    }


def expected(
    prefixes: str, presence: Iterable[Mapping[str, Any]], now: datetime, scope: Scope
) -> list[str]:
    """Counties that have to report, as the alert of a missing report has it.

    prefixes: the setting `counties`. presence: rows with county and day, a week of them.
    """
    wanted = tuple(prefix for prefix in prefixes.split(",") if prefix)
    if wanted:
        found = {code for code in COUNTIES if code.startswith(wanted)}
    else:
        since = (now.astimezone(UTC) - _WEEK).date()
        found = {str(row["county"]) for row in presence if row["day"] >= since}
    return sorted(code for code in found if covers(scope, code))
