"""Digests over weeks: rises, editions that say what changed, bulletins; issued once, also after a crash."""

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from agents import change as changes
from agents.cycle import decide_cycle
from agents.decide import decide
from agents.digests import bulletins
from agents.rules import Rules
from agents.snapshot import parts_of
from agents.state import State
from agents.windows import day_of
from streams.answers import Digest
from streams.duty import DutyEntry
from streams.packs import FORMAT, Pack, Report, Reports

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
COUNTY = "620702"
MONDAY = datetime(2026, 3, 2, 12, tzinfo=ZONE)


class Room:
    """A county's partition, with a clock that is moved by hand."""

    def __init__(self, start: datetime) -> None:
        self.state = State(7, 7)
        self.now = start
        self._number = 0
        self.digests: list[Digest] = []
        self.tick()

    def tick(self) -> list[Digest]:
        change = decide_cycle(self.state, self.now, RULES, ZONE, [COUNTY])
        if change is None:
            return []
        self.state.apply(changes.decode(changes.encode(change)))
        self.digests += change.digests
        return change.digests

    def until(self, moment: datetime) -> list[Digest]:
        """Every half hour up to this moment; what was issued on the way."""
        issued = []
        while self.now < moment:
            self.now = min(self.now + timedelta(minutes=30), moment)
            issued += self.tick()
        return issued

    def report(self, number: int = 1, category: str = "S01", at: datetime | None = None) -> None:
        for _ in range(number):
            self._number += 1
            report = Report(
                self._number, 0, COUNTY, category, "patrol", int((at or self.now).timestamp())
            )
            pack = Pack(
                FORMAT,
                int(self.now.timestamp() * 1000),
                "grid-reports",
                [("/a", "")],
                Reports.of([report]),
            )
            change = decide(self.state, [(self._number, pack)], RULES, ZONE, 0)
            self.state.apply(change)

    def restarted(self) -> None:
        """Go on with what a snapshot brings back."""
        recovered = State(7, 7)
        for part in parts_of(self.state):
            recovered.apply(changes.decode(part))
        self.state = recovered


def of_kind(digests: list[Digest], kind: str) -> list[Digest]:
    return [digest for digest in digests if digest.kind == kind and digest.county_code == COUNTY]


def test_a_late_report_calls_for_another_edition_that_says_what_changed() -> None:
    room = Room(MONDAY)
    room.report(2)
    room.until(MONDAY.replace(hour=20))
    room.report(1, "D09", at=MONDAY)  # of the window that is over
    issued = of_kind(room.until(MONDAY + timedelta(hours=22)), "daily_report")
    first = of_kind(room.digests, "daily_report")[0]
    assert [(one.edition, one.replaces) for one in issued] == [(2, first.id)]
    assert "新增事项由2改为3" in issued[0].changes
    assert "劳动争议由0改为1" in issued[0].changes
    assert all(change in issued[0].body for change in issued[0].changes)
    assert issued[0].id != first.id
    assert of_kind(room.until(MONDAY + timedelta(hours=27)), "daily_report") == []


def test_nothing_is_issued_anew_for_an_alert_that_was_answered() -> None:
    room = Room(MONDAY)
    room.report(2)
    room.until(MONDAY + timedelta(days=2))
    assert {one.edition for one in room.digests} == {1}


@pytest.mark.parametrize("restart", [False, True])
def test_the_week_is_summed_up_on_monday_and_compared_with_the_one_before(restart: bool) -> None:
    room = Room(MONDAY - timedelta(days=7))
    room.report(3)
    room.until(MONDAY)
    room.report(1)
    room.until(MONDAY + timedelta(days=3))
    room.report(4, "D09")
    if restart:
        room.restarted()
    issued = of_kind(room.until(MONDAY + timedelta(days=7)), "weekly_bulletin")
    assert len(issued) == 1
    assert issued[0].figures["total"] == 5
    assert issued[0].figures["before"] == 3
    assert issued[0].window_start == MONDAY.replace(hour=16) - timedelta(days=1)
    assert issued[0].window_end == MONDAY.replace(hour=16) + timedelta(days=6)
    assert "| 劳动争议 | 4 | 0 | 新增 |" in issued[0].body
    assert "应有日报告 7 份，实有 7 份" in issued[0].body


def test_a_bulletin_is_issued_anew_when_a_day_of_it_was() -> None:
    room = Room(MONDAY)
    room.report(2)
    room.until(MONDAY + timedelta(days=7))  # Monday: the bulletin is out
    room.report(1, at=MONDAY + timedelta(days=5))
    issued = room.until(MONDAY + timedelta(days=8))
    daily = of_kind(issued, "daily_report")
    weekly = of_kind(issued, "weekly_bulletin")
    assert [one.edition for one in daily if one.edition > 1] == [2]
    assert [(one.edition, one.changes[0]) for one in weekly] == [(2, "新增事项由2改为3")]


def test_a_category_that_rises_is_named_with_what_was_expected() -> None:
    room = Room(MONDAY)
    for day in range(9):
        room.until(MONDAY + timedelta(days=day))
        room.report(1, "S01")
    room.until(MONDAY + timedelta(days=9))
    room.report(9, "S01")
    report = of_kind(room.until(MONDAY + timedelta(days=9, hours=5)), "daily_report")[0]
    assert "| 水电气网 | 9 | 1.0 |" in report.body


def test_the_first_days_admit_that_there_is_nothing_to_compare_with() -> None:
    room = Room(MONDAY)
    room.report(9)
    report = of_kind(room.until(MONDAY + timedelta(hours=5)), "daily_report")[0]
    assert "历史日报告不足7份（现有0份），暂不比较" in report.body


def test_a_source_that_fell_silent_is_named() -> None:
    room = Room(MONDAY)
    room.report(1)
    room.until(MONDAY + timedelta(days=4))
    report = of_kind(room.digests, "daily_report")[-1]
    assert report.figures["silent_sources"] == 1
    assert "静默 1 个：/a" in report.body


def test_duty_staff_who_do_nothing_are_no_source_that_fell_silent() -> None:
    room = Room(MONDAY)
    room.report(1)
    entry = DutyEntry(7_000, 0, COUNTY, "handover", "值班长", int(MONDAY.timestamp()), note="无事")
    at_ms = int(MONDAY.timestamp() * 1000)
    pack = Pack(FORMAT, at_ms, "duty-log", [("huishang-cli", "")], duty=[entry])
    room.state.apply(decide(room.state, [(7_000, pack)], RULES, ZONE, 0))
    room.until(MONDAY + timedelta(days=4))
    assert "静默 1 个：/a" in of_kind(room.digests, "daily_report")[-1].body


def test_what_was_dispatched_and_nobody_took_on_is_alerted_once_the_next_day() -> None:
    room = Room(MONDAY)
    room.report(20, "D09")  # burst-hour
    listed = of_kind(room.until(MONDAY.replace(hour=18)), "daily_dispatch")
    assert [one.figures for one in listed] == [{"dispatched": 1, "owned": 0, "received": 0}]
    assert "| 待明确 |" in listed[0].body
    room.restarted()
    for day in (1, 2, 3):  # else its reports would be missing, which is an alert too
        room.until(MONDAY + timedelta(days=day))
        room.report(1)
    raised = [one for one in room.state.alerts.values() if one.rule == "unreceived-dispatch"]
    assert [(one.observed, one.county_code) for one in raised] == [(1, COUNTY)]
    told = [one for one in of_kind(room.digests, "daily_report") if "昨日调度 1 项" in one.body]
    assert "- 未签收：甘州区：劳动争议1小时内20件" in told[0].body


def test_what_somebody_took_on_is_not_alerted() -> None:
    room = Room(MONDAY)
    room.report(20, "D09")
    room.until(MONDAY.replace(hour=18))
    for alert in room.state.alerts.values():
        alert.status = "assigned"
    room.until(MONDAY + timedelta(days=2))
    assert not [one for one in room.state.alerts.values() if one.rule == "unreceived-dispatch"]


class Ended(NamedTuple):
    kind: bulletins.BulletinKind
    on: date
    days: int


@pytest.mark.parametrize(
    "case",
    [
        Ended("weekly_bulletin", date(2026, 3, 9), 7),
        Ended("monthly_bulletin", date(2026, 3, 1), 28),
        Ended("monthly_bulletin", date(2024, 3, 1), 29),
        Ended("quarterly_bulletin", date(2026, 1, 1), 92),
    ],
)
def test_periods_end_where_the_calendar_says(case: Ended) -> None:
    day = day_of(case.on)
    period = bulletins.period_ended(case.kind, day)
    assert period is not None
    assert (period.last - period.first + 1, period.last) == (case.days, day - 1)
    assert bulletins.period_covering(case.kind, period.first) == period
    assert bulletins.period_before(case.kind, period).last == period.first - 1
    assert bulletins.period_ended(case.kind, day + 1) is None
