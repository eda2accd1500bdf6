"""The daily cycle: what is due when, missing reports, daily reports, consult lists."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from agents.change import Change
from agents.cycle import decide_cycle, expected_counties
from agents.decide import decide
from agents.rules import Cycle, Rules
from agents.seasons import Season
from agents.state import State
from agents.windows import due, first_marks, window_day, window_of
from streams.packs import FORMAT, Pack, Report, Reports

ZONE = ZoneInfo("Asia/Shanghai")
RULES = Rules.load()
DAY = 20_000  # 2024-10-04


def at(text: str, day: int = 4) -> datetime:
    hour, minute = map(int, text.split(":"))
    return datetime(2024, 10, day, hour, minute, tzinfo=ZONE)


def started(now: datetime) -> State:
    """A partition that started at `now`: what had passed then counts as done."""
    state = State(7, 7)
    change = decide_cycle(state, now, RULES, ZONE, [])
    assert change is not None
    state.apply(change)
    return state


def moment(state: State, now: datetime, must_report: list[str]) -> Change | None:
    change = decide_cycle(state, now, RULES, ZONE, must_report)
    if change:
        state.apply(change)
    return change


def reported(state: State, when: datetime, offset: int, **facts: object) -> None:
    report = Report(
        offset,
        0,
        str(facts.get("county", "620702")),
        "S01",
        "patrol",
        int(when.timestamp()),
        severity=int(str(facts.get("severity", 0))),
        zero=bool(facts.get("zero", False)),
    )
    pack = Pack(
        FORMAT, int(when.timestamp() * 1000), "grid-reports", [("/a", "")], Reports.of([report])
    )
    state.apply(decide(state, [(offset, pack)], RULES, ZONE, 0))


@pytest.mark.parametrize(
    ("text", "day"), [("15:59", DAY), ("16:00", DAY + 1), ("00:00", DAY), ("23:59", DAY + 1)]
)
def test_a_window_ends_at_sixteen(text: str, day: int) -> None:
    second = int(at(text).timestamp())
    assert window_day(second, Cycle(), ZONE) == day
    window = window_of(day, Cycle(), ZONE)
    assert window.start <= at(text) < window.end


def test_points_come_due_in_order_and_once() -> None:
    marks = dict(first_marks(at("15:59"), Cycle(), ZONE))
    assert due(marks, at("15:59"), Cycle(), ZONE) == []
    points = due(marks, at("18:00"), Cycle(), ZONE)
    assert [point.kind for point in points] == [
        "daily_report",
        "missing_report",
        "daily_consult",
        "daily_dispatch",
    ]
    marks.update((point.kind, point.day) for point in points)
    assert due(marks, at("23:59"), Cycle(), ZONE) == []


def test_days_that_nothing_ran_are_made_up_for() -> None:
    marks = dict(first_marks(at("18:00"), Cycle(), ZONE))
    points = due(marks, at("16:10", day=7), Cycle(), ZONE)
    of_a_day = ["restate", "bulletins", "daily_report", "missing_report", "daily_consult"]
    of_a_day.append("daily_dispatch")
    assert [(point.kind, point.day - DAY) for point in points][:6] == [
        (kind, 1) for kind in of_a_day
    ]
    assert points[-1].kind == "daily_report"
    assert len(points) == 15


def test_a_start_in_the_evening_raises_nothing_for_the_day_gone_by() -> None:
    state = started(at("18:00"))
    assert moment(state, at("18:01"), ["620702"]) is None


def test_a_silent_county_is_alerted_once_at_the_cut_off() -> None:
    state = started(at("15:00"))
    assert moment(state, at("16:29"), ["620702"]) is not None  # the daily report
    change = moment(state, at("16:30"), ["620702"])
    assert change is not None
    assert [(alert.rule, alert.county_code) for alert in change.alerts] == [
        ("missing-report", "620702")
    ]
    assert moment(state, at("16:45"), ["620702"]) is None


@pytest.mark.parametrize("zero", [True, False])
def test_a_report_or_a_zero_report_is_enough(zero: bool) -> None:
    state = started(at("15:00"))
    reported(state, at("15:30"), 1, zero=zero)
    change = moment(state, at("16:30"), ["620702"])
    assert change is not None
    assert change.alerts == []


def test_a_report_after_the_window_is_the_next_days() -> None:
    state = started(at("15:00"))
    reported(state, at("16:05"), 1)
    change = moment(state, at("16:30"), ["620702"])
    assert change is not None
    assert len(change.alerts) == 1


def test_the_daily_report_tells_the_window_and_the_day_before() -> None:
    state = started(at("15:00", day=3))
    reported(state, at("15:30", day=3), 1)
    reported(state, at("10:00"), 2, severity=2)
    reported(state, at("11:00"), 3)
    change = moment(state, at("16:00"), ["620702"])
    assert change is not None
    today = [digest for digest in change.digests if digest.window_end == at("16:00")]
    assert [digest.figures["total"] for digest in today] == [2]
    assert today[0].figures["before"] == 1
    assert "新增事项 2 件（前一日 1 件）" in today[0].body
    assert "橙色 1 件" in today[0].body


def test_the_consult_list_comes_only_where_there_is_something_to_discuss() -> None:
    state = started(at("15:00"))
    reported(state, at("15:10"), 1, severity=1)
    reported(state, at("15:10"), 2, county="620721")
    change = moment(state, at("17:00"), ["620702", "620721"])
    assert change is not None
    consults = [digest for digest in change.digests if digest.kind == "daily_consult"]
    assert [digest.county_code for digest in consults] == ["620702"]
    assert "甘州区" in consults[0].title


def test_expected_counties_are_those_of_the_setting_or_those_that_reported() -> None:
    state = started(at("15:00"))
    reported(state, at("15:10"), 1, county="620721")
    here = ["620702", "620721", "620722"]
    assert expected_counties(state, "620702,620722", here, at("16:00")) == ["620702", "620722"]
    assert expected_counties(state, "", here, at("16:00")) == ["620721"]
    assert expected_counties(state, "", here, at("16:00") + timedelta(days=20)) == []


def test_a_window_of_the_calendar_may_ask_for_the_report_earlier() -> None:
    state = started(at("15:00"))
    rules = replace(RULES, seasons=(Season("防汛期", "10-04", "10-04", cut_off="16:10"),))
    early = decide_cycle(state, at("16:10"), rules, ZONE, ["620702"])
    assert early is not None
    state.apply(early)
    assert [alert.rule for alert in early.alerts] == ["missing-report"]
    assert "截止时间16:10" in early.alerts[0].reason
    later = decide_cycle(state, at("16:31"), rules, ZONE, ["620702"])
    assert later is None
    state.apply(decide_cycle(state, at("16:10", 5), rules, ZONE, []) or Change(0))
    usual = decide_cycle(state, at("16:29", 5), rules, ZONE, ["620702"])
    assert usual is None or usual.alerts == []
