"""Sources that fall silent: told once by the hour they were last heard; nights and days off are no silence."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from agents import change as changes
from agents.alerting.moment import decide_moment
from agents.change import Change
from agents.rules import Rules
from agents.seasons import Season
from agents.snapshot import parts_of
from agents.state import State
from streams.answers import Alert
from streams.totals import CountRow, PresenceRow

ZONE = ZoneInfo("Asia/Shanghai")
RULES = replace(Rules.load(), seasons=())
COUNTY = "620702"
TODAY = datetime(2026, 3, 11, tzinfo=ZONE)  # a Wednesday


def hours(day: int, first: int, last: int, n: int = 6, channel: str = "phone") -> list[CountRow]:
    """Reports of each hour of a day, days before today being negative."""
    start = int((TODAY + timedelta(days=day)).timestamp()) // 3600
    return [CountRow(COUNTY, "S01", channel, start + hour, 0, n) for hour in range(first, last)]


def usual(channel: str = "phone", **given: Any) -> list[CountRow]:
    """Six days from eight to eighteen."""
    rows: list[CountRow] = []
    for day in range(-6, 0):
        rows += hours(day, 8, 18, channel=channel, **given)
    return rows


def state(rows: list[CountRow], **given: Any) -> State:
    held = State(7, 7)
    at_ms = int((TODAY + timedelta(hours=8)).timestamp()) * 1000
    held.apply(Change(at_ms, counts=rows, marks=[("daily_report", 1)], **given))
    return held


def look(held: State, clock: str, rules: Rules = RULES) -> list[Alert]:
    hour, minute = map(int, clock.split(":"))
    now = TODAY + timedelta(hours=hour, minutes=minute)
    change = decide_moment(held, now, rules, ZONE)
    if change is None:
        return []
    held.apply(change)
    return change.alerts


def test_a_source_that_falls_silent_is_told_once_and_ends_when_it_is_heard() -> None:
    held = state(usual() + hours(0, 8, 11))
    assert look(held, "11:20") == []
    assert look(held, "12:20") == []  # one silent hour of six: P(0) = .004
    [alert] = look(held, "13:20")
    assert (alert.rule, alert.county_code, alert.level) == ("silent-source", COUNTY, 4)
    assert (alert.expected, alert.notify) == (12.0, True)
    assert alert.p_value is not None
    assert alert.p_value < 0.001
    assert alert.window_start == TODAY + timedelta(hours=11)
    assert "热线电话已静默2小时" in alert.title
    assert look(held, "13:40") == look(held, "14:20") == look(held, "23:20") == []
    held.apply(Change(held.at_ms, counts=hours(0, 23, 24, n=1)))
    [closed] = look(held, "24:20")
    assert (closed.id, closed.status) == (alert.id, "closed")


def test_what_is_recovered_listens_from_where_it_stood() -> None:
    held = state(usual() + hours(0, 8, 11))
    look(held, "13:20")
    restored = State(7, 7)
    for part in parts_of(held):
        restored.apply(changes.decode(part))
    assert restored.marks == held.marks
    # Once an hour is enough: nothing is journaled for the rest of it.
    assert decide_moment(restored, TODAY + timedelta(hours=13, minutes=50), RULES, ZONE) is None
    assert look(restored, "14:20") == []


@pytest.mark.parametrize(
    ("rows", "clock"),
    [
        (usual() + hours(0, 8, 18), "23:20"),  # nights
        (usual(), "10:05"),  # the last hour is not settled
        ([row for row in usual() if row.hour % 48 < 24] + hours(0, 8, 9), "15:20"),  # days off
        (usual()[10:] + hours(0, 8, 9), "15:20"),  # five days are too few
        (usual(n=1) + hours(0, 8, 16, n=1), "18:20"),  # too rare to tell
    ],
)  # fmt: skip
def test_what_is_usual_is_no_silence(rows: list[CountRow], clock: str) -> None:
    assert look(state(rows), clock) == []


def test_a_window_of_the_calendar_changes_what_is_expected() -> None:
    rows = usual() + hours(0, 8, 11)
    feast = replace(RULES, seasons=(Season("假期", "03-10", "03-12", (), 0.3),))
    assert look(state(rows), "13:20", feast) == []
    heating = replace(RULES, seasons=(Season("供暖期", "10-15", "04-15", ("S02",), 0.1),))
    assert len(look(state(rows), "13:20", heating)) == 1


def test_an_explicit_zero_report_is_no_silence() -> None:
    rows = usual("grid_app") + hours(0, 8, 11, channel="grid_app")
    assert len(look(state(rows), "13:20")) == 1
    day = TODAY.date().toordinal() - date(1970, 1, 1).toordinal()
    said = [PresenceRow(COUNTY, day, 0, 1)]
    assert look(state(rows, presence=said), "13:20") == []


def test_before_the_daily_cycle_began_nobody_listens() -> None:
    held = state(usual() + hours(0, 8, 11))
    held.marks.clear()
    assert look(held, "13:20") == []
    assert held.marks == {}
