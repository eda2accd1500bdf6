"""What changed rules would have raised over counts of the past."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.alerting.replaying import replay, replayable
from agents.rules import CountRule, Rules
from streams.totals import CountRow

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, tzinfo=ZONE)
END = START + timedelta(days=3)
SHIPPED = replace(Rules.load(), seasons=())


def rules(limit: int) -> Rules:
    return replace(SHIPPED, count=(CountRule(id="burst-hour", level=3, hours=1, limit=limit),))


def row(hours_after_start: int, n: int, channel: str = "phone") -> CountRow:
    hour = int(START.timestamp()) // 3_600 + hours_after_start
    return CountRow("620702", "S01", channel, hour, 0, n)


def test_a_lower_limit_raises_more_and_a_run_of_hours_is_one() -> None:
    rows = [row(10, 30), row(11, 25), row(30, 12), row(-20, 40), row(100, 40)]
    high, low = (replay(rules(limit), rows, START, END, ZONE) for limit in (20, 10))
    assert [alert.observed for alert in high] == [25]  # of two hours; before and after is not asked
    assert [alert.observed for alert in low] == [25, 12]
    assert high[0].id == low[0].id
    assert [alert.status for alert in high] == ["closed"]
    assert {alert.rule for alert in low} <= replayable(rules(10))


def test_a_silent_source_is_found_as_it_would_have_been() -> None:
    rows = [row(day * 24 + hour, 9) for day in range(-7, 3) for hour in range(8, 18)]
    silent = [one for one in rows if not 30 < one.hour - rows[0].hour - 7 * 24 + 8 < 42]
    assert replay(SHIPPED, rows, START, END, ZONE) == []
    [alert] = replay(SHIPPED, silent, START, END, ZONE)
    assert (alert.rule, alert.status) == ("silent-source", "closed")
    assert replay(replace(SHIPPED, silent_source=None), silent, START, END, ZONE) == []


def test_a_surprising_count_is_found_as_it_would_have_been() -> None:
    usual = [
        row(day * 24 + hour, 1 + (day + hour) % 2, channel)
        for day in range(-80, 3)
        for hour, channel in ((9, "phone"), (11, "patrol"), (15, "phone"))
    ]
    burst = [row(33, 15), row(34, 15, "patrol")]
    quiet = replace(SHIPPED, silent_source=None, count=())
    assert replay(quiet, usual, START, END, ZONE) == []
    [alert] = replay(quiet, [*usual, *burst], START, END, ZONE)
    assert alert.rule == "statistical-strong"
    assert replay(replace(quiet, statistical=()), [*usual, *burst], START, END, ZONE) == []
