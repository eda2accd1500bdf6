"""Limits of cases: working days, timers, and each share of each limit told once."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.cases.case import Maker
from agents.cases.following import CaseFollowing
from agents.cases.holding import Cases
from agents.cases.limits import CalendarRule, Limits, OverdueRule, Timing
from agents.cases.overdue import CATCH_UP_S, of_cases
from agents.cases.steps import Step
from agents.cases.story import story
from agents.cases.timers import closing, running
from agents.cases.workdays import Workdays, add_workdays, is_workday, knows
from streams.answers import Alert
from tests.unit.test_cases import update

ZONE = ZoneInfo("Asia/Shanghai")
TIMING = Timing(CalendarRule(), ZONE)
RULES = (OverdueRule("o-80", 4, 80), OverdueRule("o-100", 3, 100), OverdueRule("o-150", 2, 150))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def second(text: str) -> int:
    return int(at(text).timestamp())


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-16", False),  # the first day of Spring Festival's holiday, a Monday
        ("2026-02-14", True),  # a Saturday worked for it
        ("2026-03-06", True),
        ("2026-03-07", False),
        ("2100-01-01", True),  # a Friday: what is not known yet is Monday to Friday
        ("2100-01-02", False),
    ],
)
def test_working_days(day: str, works: bool) -> None:
    assert is_workday(date.fromisoformat(day)) is works


def test_a_year_that_is_not_announced_is_not_known() -> None:
    assert knows(2025)
    assert not knows(2100)


def test_the_deployment_knows_better() -> None:
    day = date(2100, 1, 1)
    assert not Workdays(days_off=[day]).is_workday(day)
    assert Workdays(workdays=[date(2100, 1, 2)]).is_workday(date(2100, 1, 2))
    timing = Timing(CalendarRule(days_off=(date(2026, 3, 3),)), ZONE)
    assert timing.after(second("2026-03-02T15:00"), "1wd") == second("2026-03-04T15:00")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02T15:00", 1, "2026-03-03T15:00"),
        ("2026-03-06T15:00", 1, "2026-03-09T15:00"),
        ("2026-03-07T15:00", 1, "2026-03-10T00:00"),  # begun on a Saturday
        ("2026-03-06T15:00", 0.8, "2026-03-09T10:12"),
        ("2026-02-13T12:00", 2, "2026-02-24T12:00"),  # 14 works, 15 to 23 do not
    ],
)
def test_time_passes_on_working_days_only(start: str, days: float, end: str) -> None:
    assert add_workdays(at(start), days) == at(end)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)), st.floats(0.1, 5))  # noqa: DTZ001
def test_working_time_adds_up(start: datetime, days: float) -> None:
    """Half and half again is the whole, to the microsecond it is rounded to."""
    half = add_workdays(add_workdays(start, days / 2), days / 2)
    gap = add_workdays(half, 1) - add_workdays(add_workdays(start, days), 1)
    assert abs(gap) <= timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("limit", "pct", "end"),
    [
        ("30min", 100, "2026-03-06T15:30"),
        ("2h", 80, "2026-03-06T16:36"),
        ("7d", 100, "2026-03-13T15:00"),
        ("2wd", 150, "2026-03-11T15:00"),
    ],
)
def test_shares_of_limits(limit: str, pct: int, end: str) -> None:
    assert TIMING.after(second("2026-03-06T15:00"), limit, pct) == second(end)


def stages(*steps: Step) -> dict[str, str]:
    """The limits that run, and when they end."""
    told = story(list(steps))
    timers = running(told, closing(told, Limits(), TIMING), Limits(), TIMING)
    return {
        timer.stage: datetime.fromtimestamp(timer.due_s, ZONE).isoformat()[:16] for timer in timers
    }


MON, TUE = second("2026-03-02T09:00"), second("2026-03-03T09:00")


def test_each_stay_at_a_level_has_its_limit() -> None:
    first = Step(1, MON, "registered", 1)
    assert stages(first) == {"level-1.1": "2026-03-03T09:00"}
    up = Step(2, TUE, "escalated", 2)
    assert stages(first, up) == {"level-2.1": "2026-03-05T09:00"}
    back = [Step(3, TUE, "returned", 1), Step(4, TUE + 60, "escalated", 2)]
    assert list(stages(first, up, *back)) == ["level-2.2"]


def test_a_closed_case_has_no_limit_and_a_reopened_one_a_new_one() -> None:
    way = [Step(1, MON, "registered", 1), Step(2, MON, "resolved", 1)]
    assert stages(*way) == {}
    assert stages(*way, Step(3, TUE, "reopened", 1)) == {"level-1.2": "2026-03-04T09:00"}


def test_a_declared_deadline_goes_before_the_class_and_that_before_the_level() -> None:
    due = second("2026-03-20T18:00")
    assert stages(Step(1, MON, "registered", 1, deadline_class="24h")) == {
        "class-24h.0": "2026-03-03T09:00"
    }
    ticket = Step(1, MON, "registered", 1, deadline_class="24h", deadline_s=due)
    assert stages(ticket) == {f"deadline-{due}": "2026-03-20T18:00"}
    unknown = Step(1, MON, "registered", 1, deadline_class="30d")
    assert list(stages(unknown)) == ["level-1.1"]


def test_a_whistle_has_a_limit_for_each_step() -> None:
    due = second("2026-06-01T00:00")
    way = [
        Step(n + 1, MON + n * 3600, "dispatched", 1, deadline_s=due, whistle_step=step)
        for n, step in enumerate(("issued", "accepted", "arrived", "feedback", "verified"))
    ]
    ends = [stages(*way[: n + 1]) for n in range(5)]
    whistles = [
        {stage: end for stage, end in one.items() if stage.startswith("whistle")} for one in ends
    ]
    assert whistles == [
        {"whistle-accepted.1": "2026-03-02T11:00"},
        {"whistle-arrived.1": "2026-03-03T10:00"},
        {"whistle-feedback.1": "2026-03-05T11:00"},
        {"whistle-verified.1": "2026-03-04T12:00"},
        {},
    ]


class Day:
    """A partition's cases with a clock that is moved."""

    def __init__(self) -> None:
        self.cases = Cases()
        self.raised: list[Alert] = []

    def tell(self, *steps: Step) -> None:
        following = CaseFollowing(self.cases, Maker(Limits(), RULES, TIMING))
        for step in steps:
            following.take(update(step), MON * 1000)
        following.settle(MON * 1000)
        self.cases.apply(following.changed, following.days)

    def tick(self, now: str) -> list[str]:
        found = of_cases(self.cases, RULES, at(now), ZONE)
        self.cases.apply(found.cases, [])
        self.raised += found.alerts
        return [alert.rule for alert in found.alerts]

    def restart(self) -> None:
        held, self.cases = self.cases, Cases()
        self.cases.apply(held.held.values(), held.rows())


def test_each_share_of_a_limit_is_told_once_and_never_again() -> None:
    day = Day()
    day.tell(Step(1, MON, "registered", 1, "司法所"))
    assert day.tick("2026-03-03T04:11") == []
    assert day.tick("2026-03-03T04:12") == ["o-80"]
    assert day.tick("2026-03-03T04:13") == []
    day.restart()
    assert day.tick("2026-03-03T09:00") == ["o-100"]
    day.tell(Step(2, MON + 60, "accepted", 1))  # a late update of the same stay
    assert day.tick("2026-03-03T09:01") == []
    assert day.tick("2026-03-03T21:00") == ["o-150"]
    day.restart()
    assert day.tick("2026-03-09T21:00") == []
    assert len({alert.id for alert in day.raised}) == 3
    first = day.raised[0]
    assert (first.observed, first.limit, first.county_code) == (80, 100, "620702")
    assert "限1个工作日" in first.reason
    assert "03月03日09:00到期" in first.reason
    assert "司法所" in first.reason


def test_what_was_not_journaled_is_told_again() -> None:
    """A tally that lost the partition between deciding and journaling has told nothing."""
    day = Day()
    day.tell(Step(1, MON, "registered", 1))
    lost = of_cases(day.cases, RULES, at("2026-03-03T04:12"), ZONE)
    assert [alert.rule for alert in lost.alerts] == ["o-80"]
    assert day.tick("2026-03-03T04:12") == ["o-80"]


def test_what_passed_while_nothing_ran_is_made_up_for() -> None:
    day = Day()
    day.tell(Step(1, MON, "registered", 1))
    assert day.tick("2026-03-05T09:00") == ["o-80", "o-100", "o-150"]
    assert day.tick("2026-03-05T09:01") == []


def test_marks_long_past_are_history_and_raise_nothing() -> None:
    day = Day()
    day.tell(Step(1, MON, "registered", 1))
    assert CATCH_UP_S == 7 * 86_400
    assert day.tick("2026-03-10T22:00") == []
    assert day.cases.held["620702", "c-1"].marks == []


def test_a_case_that_was_closed_in_time_raises_nothing() -> None:
    day = Day()
    day.tell(Step(1, MON, "registered", 1), Step(2, MON + 60, "resolved", 1))
    assert day.tick("2026-03-05T09:00") == []


def test_the_next_level_and_a_reopening_are_limits_of_their_own() -> None:
    day = Day()
    day.tell(Step(1, MON, "registered", 1))
    day.tick("2026-03-03T09:00")
    day.tell(Step(2, second("2026-03-03T10:00"), "escalated", 2))
    assert day.tick("2026-03-05T10:00") == ["o-80", "o-100"]
    day.tell(Step(3, second("2026-03-05T11:00"), "resolved", 2))
    day.tell(Step(4, second("2026-03-05T12:00"), "reopened", 2))
    assert day.tick("2026-03-09T12:00") == ["o-80", "o-100"]
    assert len({alert.id for alert in day.raised}) == 6


def test_many_cases_due_at_once_are_told_over_several_ticks() -> None:
    day = Day()
    following = CaseFollowing(day.cases, Maker(Limits(), RULES, TIMING))
    for number in range(1_200):
        following.take(update(Step(1, MON, "registered", 1), case_id=f"c-{number}"), MON * 1000)
    following.settle(MON * 1000)
    day.cases.apply(following.changed, following.days)
    told = [len(day.tick("2026-03-03T04:12")) for _ in range(4)]
    assert told == [500, 500, 200, 0]
    assert len({alert.id for alert in day.raised}) == 1_200
