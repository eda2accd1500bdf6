"""The simulated quarter: drawn by its seed, and a score that notices what is missed, doubled or made up."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from agents.rules import Rules
from cli.main import main
from cli.simulation.happening import World
from cli.simulation.planting import Burst, Plants, Red, Stalled, plants, usual
from cli.simulation.scoring import scored
from streams.answers import Alert

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = date(2026, 9, 1)
AT = datetime(2026, 9, 3, 10, tzinfo=ZONE)
COUNTIES = ["620702", "620721"]
PLANTED = Plants(
    [Burst("620702", "S01", AT, (12, 8), "")],
    frozenset({("620721", date(2026, 9, 5))}),
    [Red("620702", AT)],
    [Stalled("620702", "DZ-1", 1, AT)],
)


def raised(rule: str, county: str, at: datetime, category: str = "", title: str = "") -> Alert:
    return Alert(
        id=f"{rule}{county}{at}",
        rule=rule,
        level=2,
        county_code=county,
        category=category,
        window_start=at,
        window_end=at,
        observed=1,
        limit=1,
        title=title,
        reason="",
        raised_at=at + timedelta(hours=1),
    )


SHIPPED = Rules.load()
# One share of a limit, so that one alert says all of a case.
RULES = replace(SHIPPED, overdue=SHIPPED.overdue[:1])
RIGHT = [
    raised("statistical", "620702", AT, "S01"),
    raised("missing-report", "620721", datetime(2026, 9, 5, 16, tzinfo=ZONE)),
    raised("red", "620702", AT, "S14"),
    raised("overdue-80", "620702", AT, title="案件DZ-1"),
]


def score(alerts: list[Alert]) -> dict[str, object]:
    return scored(alerts, PLANTED, RULES, rooms=2, days=10, zone=ZONE)


def test_all_that_is_planted_and_nothing_else_is_a_full_score() -> None:
    found = score(RIGHT)
    assert found["true_share"] == 1.0
    assert found["false_statistical_per_room_day"] == 0.0
    assert found["bursts"] == {
        "planted": 1,
        "found_within_a_day": 1,
        "share": 1.0,
        "by_statistics": 1,
    }
    assert all(one["exact"] for one in found["once"].values())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rule", "name"),
    [("red", "red"), ("missing-report", "missing_report"), ("overdue-80", "overdue")],
)
def test_what_is_missed_doubled_or_made_up_is_not_exact(rule: str, name: str) -> None:
    there = next(alert for alert in RIGHT if alert.rule == rule)
    elsewhere = raised(rule, "620721", AT + timedelta(days=3), title="案件DZ-9")
    for alerts, what in (
        ([one for one in RIGHT if one is not there], "missed"),
        ([*RIGHT, there], "repeated"),
        ([*RIGHT, elsewhere], "extra"),
    ):
        once = score(alerts)["once"][name]  # type: ignore[index]
        assert once[what] == 1
        assert not once["exact"]


def test_a_burst_told_a_day_late_or_of_another_category_is_not_found() -> None:
    late = raised("statistical", "620702", AT + timedelta(days=1), "S01")
    other = raised("statistical", "620702", AT, "S02")
    for alert, true in ((late, 1.0), (other, 0.0)):
        found = score([alert])
        assert found["bursts"]["share"] == 0.0  # type: ignore[index]
        assert found["true_share"] == true
    assert score([other])["false_statistical_per_room_day"] == 1 / 2 / 10


def test_rules_are_known_by_their_kind_and_not_by_their_names() -> None:
    def named(rule: Any) -> Any:
        return replace(rule, id=f"my-{rule.id}")

    other = replace(
        RULES,
        severity=tuple(map(named, RULES.severity)),
        statistical=tuple(map(named, RULES.statistical)),
        overdue=tuple(map(named, RULES.overdue)),
        missing_report=named(RULES.missing_report),
        silent_source=named(RULES.silent_source),
    )
    quiet = raised("silent-source", "620721", datetime(2026, 9, 5, 12, tzinfo=ZONE), title="巡查")
    wrong = raised("statistical", "620702", AT, "S02")
    alerts = [*RIGHT, quiet, wrong]
    renamed = [replace(alert, rule=f"my-{alert.rule}") for alert in alerts]
    mine = scored(renamed, PLANTED, other, 2, 10, ZONE)
    shipped = score(alerts)
    assert mine["by_rule"] == {f"my-{rule}": n for rule, n in shipped.pop("by_rule").items()}  # type: ignore[attr-defined]
    del mine["by_rule"]
    assert mine == shipped
    assert shipped["true_share"] == pytest.approx(5 / 6, abs=1e-4)
    # Names that no rule has are nobody's.
    strange = scored(alerts, PLANTED, other, 2, 10, ZONE)
    assert strange["true_share"] == 0.0
    assert strange["once"]["red"]["missed"] == 1


def world(seed: int) -> tuple[World, Plants]:
    dice = Random(seed)
    rates = usual(COUNTIES, dice)
    planted = plants(COUNTIES, BEGIN, 14, rates, ZONE, dice)
    return World(COUNTIES, BEGIN, rates, planted, ZONE, dice), planted


def test_a_seed_gives_the_same_events_and_another_one_others() -> None:
    start = datetime.combine(BEGIN, datetime.min.time(), tzinfo=ZONE)
    days = [
        [world_.hour(start + timedelta(hours=hour)) for hour in range(24)]
        for world_ in (world(1)[0], world(1)[0], world(2)[0])
    ]
    assert days[0] == days[1] != days[2]


def test_only_counties_that_are_planted_silent_send_no_report() -> None:
    drawn, planted = world(5)
    start = datetime.combine(BEGIN, datetime.min.time(), tzinfo=ZONE) - timedelta(hours=8)
    spoke: Counter[tuple[str, date]] = Counter()
    for hour in range(8 + 14 * 24):
        for stream, event in drawn.hour(start + timedelta(hours=hour)):
            if stream == "grid-reports":
                at = datetime.fromisoformat(event["data"]["reported_at"])
                day = at.date() + timedelta(days=at.hour >= 16)
                spoke[event["data"]["county_code"], day] += 1
    windows = {(county, BEGIN + timedelta(days=day)) for county in COUNTIES for day in range(14)}
    assert {window for window in windows if not spoke[window]} == planted.silences


def test_the_command_tells_everything_as_json() -> None:
    result = CliRunner().invoke(
        main, ["simulate", "--counties", "1", "--days", "7", "--warm-up", "1", "--json"]
    )
    found = json.loads(result.stdout)
    assert result.exit_code == (0 if all(found["targets"].values()) else 1)
    assert found["once"]["red"]["exact"]
    assert found["once"]["missing_report"]["exact"]
    assert found["reports"] > 100
