"""Incidents over all stages: one matter through three channels, put right by staff, hot once."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tests.brokers import Broker
from tests.processes import run_huishang
from tests.stages import NOW, Stages, deployed, event, structured
from tests.waiting import eventually_sync

COUNTY = "620702"
WATER = "丽景花园小区从昨天起停水，没有人来修，请有关部门尽快处理，居民生活很不方便"
OTHER_WORDS = "请问丽景花园为什么又停水了？孩子洗澡都不行"
ELSEWHERE = WATER.replace("丽景花园", "金桂苑")


def reported(stream: str, number: int, text: str, minutes_ago: int) -> Any:
    at = NOW - timedelta(minutes=minutes_ago)
    return structured(stream, event(stream, f"{text[:4]}-{number}", COUNTY, at, text=text))


def rows(stages: Stages) -> list[dict[str, Any]]:
    """Those that stand, the first reported first."""
    return stages.rows(
        "SELECT incident, category, name, reports, channels, first_channel, report_ids"
        " FROM incidents FINAL WHERE merged_into = '' ORDER BY opened_at, incident"
    )


def until(stages: Stages, wanted: Iterable[int]) -> list[dict[str, Any]]:
    """Wait until the incidents that stand have so many reports each."""

    def same() -> bool:
        assert [row["reports"] for row in rows(stages)] == list(wanted), rows(stages)
        return True

    eventually_sync(same, within_s=60, every_s=0.2, what="incidents")
    return rows(stages)


def three_channels() -> list[Any]:
    return [
        reported("grid-reports", 1, WATER, 50),
        reported("hotline-calls", 2, OTHER_WORDS, 40),
        reported("opinion-items", 3, "转发：" + WATER, 30),
        reported("hotline-calls", 4, ELSEWHERE, 20),
    ]


def acting(stages: Stages, *arguments: str) -> dict[str, Any]:
    """What `huishang incidents … --json` says, asked of the store through its endpoint."""
    broker = stages.broker
    env = broker.env(clickhouse=stages.address)
    with run_huishang("incidents", *arguments, "--json", folder=broker.data, env=env) as command:
        assert command.wait(60) == 0, command.tail()
        said: dict[str, Any] = json.loads(command.text().splitlines()[-1])
        return said


def test_one_matter_through_three_channels_and_what_staff_put_right(broker: Broker) -> None:
    with deployed(broker, "intake", "tally", "sink") as stages:
        stages.publish(three_channels())
        water, elsewhere = until(stages, [3, 1])
        assert water["category"] == elsewhere["category"] == "S01"
        assert water["channels"] == {"grid_app": 1, "phone": 1, "forum": 1}
        assert water["first_channel"] == "grid_app"
        assert "丽景花园" in water["name"]  # as the report that came first has it
        assert len(water["report_ids"]) == 3

        acting(stages, "merge", elsewhere["incident"], "--into", water["incident"], "--by", "班长")
        [both] = until(stages, [4])
        assert both["channels"] == {"grid_app": 1, "phone": 2, "forum": 1}
        [gone] = stages.rows("SELECT * FROM incidents FINAL WHERE merged_into != ''")
        assert (gone["reports"], gone["merged_into"]) == (0, water["incident"])
        stages.publish([reported("hotline-calls", 5, ELSEWHERE, 10)])
        until(stages, [5])

        merged = elsewhere["incident"]
        acting(stages, "split", water["incident"], "--merged", merged, "--by", "班长")
        kept, _ = until(stages, [4, 1])
        assert kept["incident"] == water["incident"]
        actions = stages.rows("SELECT action, `by` FROM incident_actions FINAL ORDER BY `at`")
        assert [one["action"] for one in actions] == ["merge", "split"]
        shown = acting(stages, "show", water["incident"])
        assert [one["action"] for one in shown["actions"]] == ["merge", "split"]

        acting(stages, "merge", water["incident"], "--into", "0" * 16, "--by", "班长")
        sql = "SELECT reason, path FROM dead_letters FINAL WHERE topic LIKE '%incident-actions'"
        eventually_sync(lambda: bool(stages.rows(sql)), what="the answer")
        assert stages.rows(sql) == [{"reason": "unknown_incident", "path": "$.data.into"}]


def test_a_hot_incident_is_told_once_though_tally_is_killed(broker: Broker) -> None:
    with deployed(broker, "intake", "tally", "sink", snapshot_kb=16) as stages:
        for number in range(4):
            stages.publish([reported("hotline-calls", number, WATER, 60 - number)])
        until(stages, [4])
        assert stages.alerts(incidents=True) == []
        stages.restart("tally")
        stages.publish([reported("grid-reports", 4, WATER, 5)])
        until(stages, [5])
        hot = [("hot-incident", COUNTY, "S01")]
        eventually_sync(lambda: stages.alerts(incidents=True) == hot, within_s=60, what="the alert")
        stages.restart("tally")
        stages.publish([reported("hotline-calls", 5, OTHER_WORDS, 1)])
        until(stages, [6])
        assert stages.alerts(incidents=True) == hot
        # Sent again after a restart it is the same alert, not another one.
        assert len({json.loads(value)["id"] for _, _, value in stages.log_of("alerts")}) == 1
