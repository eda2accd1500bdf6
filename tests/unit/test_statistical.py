"""Statistical alerts in tally: once a run, early in the day, the same after a restart, never of history."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from agents import change as changes
from agents.cycle import decide_cycle
from agents.rules import Rules
from agents.snapshot import parts_of
from agents.state import State
from agents.statistical import decide_statistics
from streams.answers import Alert
from streams.totals import CountRow

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 8 o'clock, when a day of counts begins
SERIES = [("620702", "S01"), ("620702", "S02"), ("620721", "S01")]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Office:
    """Counts that come in by the hour, as tally's state has them."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.state = State(7, 7)
        self.now = now
        self._dice = np.random.default_rng(7)
        change = decide_cycle(self.state, now, RULES, ZONE, [])
        assert change
        self.state.apply(change)

    def count(self, county: str, category: str, n: int, channel: str = "phone") -> None:
        hour = int(self.now.timestamp()) // 3_600
        row = CountRow(county, category, channel, hour, 0, n)
        self.state.apply(changes.Change(int(self.now.timestamp() * 1_000), counts=[row]))

    def look(self) -> list[Alert]:
        change = decide_statistics(self.state, self.now, RULES, ZONE)
        if change is None:
            return []
        self.state.apply(changes.decode(changes.encode(change)))
        return change.alerts

    def ordinary(self, days: int) -> list[Alert]:
        """Days with four reports a series or so, looked at every six hours."""
        raised = []
        for _ in range(days):
            for series in SERIES:
                self.count(*series, int(self._dice.poisson(3)), "phone")
                self.count(*series, int(self._dice.poisson(1)), "patrol")
            for _ in range(4):
                self.now += 6 * HOUR
                raised += self.look()
        return raised


@pytest.fixture(scope="module")
def settled() -> list[bytes]:
    office = Office(MORNING)
    assert len(office.ordinary(120)) <= 2
    return list(parts_of(office.state))


@pytest.fixture
def office(settled: list[bytes]) -> Office:
    """After 120 ordinary days, out of a snapshot."""
    office = Office(MORNING + 120 * DAY)
    office.state = State(7, 7)
    for part in settled:
        office.state.apply(changes.decode(part))
    office.now = MORNING + 120 * DAY
    return office


def test_a_burst_is_told_while_it_runs_with_what_was_expected_and_once(office: Office) -> None:
    office.now += 3 * HOUR
    for channel in ("phone", "patrol"):
        office.count("620702", "S01", 30, channel)
    raised = office.look()
    assert [(one.county_code, one.category) for one in raised] == [("620702", "S01")]
    alert = raised[0]
    assert alert.observed == 60
    assert alert.expected is not None
    assert 2 < alert.expected < 7
    assert alert.p_value is not None
    assert alert.p_value < 0.001
    assert alert.limit < 60
    assert alert.history[-1] == 60
    assert "预计" in alert.reason
    assert "2类来源同时偏高" in alert.reason
    assert office.look() == []
    office.now += HOUR
    assert office.look() == []
    office.count("620702", "S01", 3)
    office.now += DAY
    assert office.look() == []


def test_one_source_alone_is_not_believed_as_much(office: Office) -> None:
    office.now += 3 * HOUR
    office.count("620702", "S01", 30, "forum")
    assert office.look() == []


def test_ordinary_days_raise_next_to_nothing(office: Office) -> None:
    assert (
        len(office.ordinary(30)) <= 2
    )  # of 90 series-days; a hundredth at most is wrong by design


def test_a_restart_judges_as_if_there_had_been_none(office: Office) -> None:
    restored = State(7, 7)
    for part in parts_of(office.state):
        restored.apply(changes.decode(part))
    assert list(restored.baselines.rows()) == list(office.state.baselines.rows())
    office.now += HOUR
    hour, at_ms = int(office.now.timestamp()) // 3_600, int(office.now.timestamp() * 1_000)
    for state in (office.state, restored):
        rows = [CountRow("620721", "S01", name, hour, 0, 30) for name in ("phone", "patrol")]
        state.apply(changes.Change(at_ms, counts=rows))
    found = [decide_statistics(each, office.now, RULES, ZONE) for each in (office.state, restored)]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].alerts == found[1].alerts
    assert found[0].alerts


def test_days_nothing_ran_are_learnt_and_only_yesterday_is_told(office: Office) -> None:
    for back in (3, 1):
        office.now = MORNING + (124 - back) * DAY
        for channel in ("phone", "patrol"):
            office.count("620702", "S02", 20, channel)
    office.now = MORNING + 124 * DAY
    raised = office.look()
    assert [one.window_start for one in raised] == [MORNING + 123 * DAY]
    assert office.state.baselines.day == int(office.now.timestamp()) // 86_400 - 1


def test_history_is_learnt_at_the_first_start_and_raises_nothing() -> None:
    office = Office(MORNING)
    today = int(MORNING.timestamp()) // 86_400
    rows = [
        CountRow("620702", "S01", "phone", (today - back) * 24, 1, 90 if back == 20 else 4)
        for back in range(10, 60)
    ]
    office.state.apply(changes.Change(int(MORNING.timestamp() * 1_000), counts=rows))
    raised = [alert for _ in range(8) for alert in office.look()]
    assert raised == []
    assert office.state.baselines.day == today - 1
    row = next(office.state.baselines.rows())
    assert (row.county, row.category) == ("620702", "S01")


def test_without_rules_nothing_is_learnt() -> None:
    office = Office(MORNING)
    office.count("620702", "S01", 4)
    none = Rules(missing_report=RULES.missing_report)
    assert decide_statistics(office.state, office.now + DAY, none, ZONE) is None
