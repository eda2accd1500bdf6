"""Expectations for boards: once per series and day, bounded, the same when they are sent again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from agents import change as changes
from agents import forecast
from agents.baselines import Baselines
from agents.change import Change
from agents.counts import Counts
from agents.cycle import decide_cycle
from agents.rules import Rules
from agents.state import ROWS_PER_RECORD, State
from agents.statistical import decide_statistics
from sinks.rows import COLUMNS, rows_of_totals
from streams.totals import CountRow, ExpectationRow

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 8 o'clock, when a day of counts begins
TODAY = int(MORNING.timestamp()) // 86_400
HISTORY_DAYS = 40


@pytest.fixture
def state() -> State:
    """Forty days of three reports or so of S01, and a single one of S02, none of them learnt."""
    state = State(7, 7)
    cycle = decide_cycle(state, MORNING, RULES, ZONE, [])
    assert cycle
    state.apply(cycle)
    dice = np.random.default_rng(3)
    rows = [
        CountRow("620702", "S01", "phone", (TODAY - ago) * 24 + 3, 1, 1 + int(dice.poisson(2)))
        for ago in range(1, HISTORY_DAYS + 1)
    ]
    rows.append(CountRow("620702", "S02", "phone", (TODAY - HISTORY_DAYS) * 24, 1, 1))
    state.apply(Change(int(MORNING.timestamp() * 1_000), counts=rows))
    return state


def told(state: State, now: datetime) -> list[ExpectationRow]:
    change = decide_statistics(state, now, RULES, ZONE)
    if change is None:
        return []
    change = changes.decode(changes.encode(change))
    state.apply(change)
    return change.expectations


def test_history_is_told_as_far_as_boards_look_back_and_then_each_day_once(state: State) -> None:
    found = [row for _ in range(4) for row in told(state, MORNING)]
    days = sorted(row.day for row in found if row.category == "S01")
    assert days == list(range(TODAY - forecast.DAYS_BACK + 1, TODAY + 1))
    assert all(0 <= row.low <= row.expected <= row.high for row in found)
    [today] = [row for row in found if row.day == TODAY and row.category == "S01"]
    assert 2 < today.expected < 4
    for hour in range(1, 24):
        assert told(state, MORNING + timedelta(hours=hour)) == []
    tomorrow = told(state, MORNING + timedelta(days=1))
    assert {row.day for row in tomorrow} == {TODAY + 1}


def test_what_was_missed_while_nothing_ran_is_told(state: State) -> None:
    for _ in range(4):
        told(state, MORNING)
    found = told(state, MORNING + timedelta(days=3))
    assert {row.day for row in found} == {TODAY, TODAY + 1, TODAY + 2, TODAY + 3}


def test_a_series_that_hardly_ever_counts_is_not_told(state: State) -> None:
    found = [row for _ in range(4) for row in told(state, MORNING)]
    assert "S02" not in {row.category for row in found if row.day == TODAY}


def test_the_latest_days_are_told_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "ROWS_MAX", 5)
    counts = Counts()
    for ago in range(1, HISTORY_DAYS + 1):
        for category in ("S01", "S02"):
            counts.add(CountRow("620702", category, "phone", (TODAY - ago) * 24, 1, 3))
    learnt = Baselines().learn_until(TODAY - 1, counts)
    found = forecast.expectations(learnt, TODAY)
    assert [TODAY - row.day for row in found] == [1, 1, 2, 2, 3]


def test_rows_are_the_same_when_they_are_sent_again_and_records_are_bounded() -> None:
    rows = [
        ExpectationRow(f"{110_000 + number}", "S01", TODAY, 2.5, 0.0, 6.0)
        for number in range(ROWS_PER_RECORD + 1)
    ]
    state = State(7, 7)
    change = Change(0, expectations=rows)
    state.apply(change)
    first, second = (state.totals(change, 9, 3) for _ in range(2))
    assert [len(one.expectations) for one in first] == [0, ROWS_PER_RECORD, 1]
    assert first == second
    row = rows_of_totals(first[2])["expectations"][0]
    assert dict(zip(COLUMNS["expectations"], row, strict=True)) == {
        "county": f"{110_000 + ROWS_PER_RECORD}",
        "category": "S01",
        "day": TODAY,
        "expected": 2.5,
        "low": 0.0,
        "high": 6.0,
        "version": 9,
    }
