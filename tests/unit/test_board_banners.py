"""When the board says that what it shows may be old, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sinks.board.banners import Seen, health_of
from sinks.health import UNKNOWN, UNREACHABLE

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(stage: str, **given: Any) -> dict[str, Any]:
    return {
        "stage": stage,
        "state": "Stable",
        "members": 1,
        "lag": 0,
        "late_s": 0.0,
        "seen_at": NOW - timedelta(seconds=9),
        **given,
    }


def all_well(**given: dict[str, Any]) -> list[dict[str, Any]]:
    return [row(stage, **given.get(stage, {})) for stage in ("intake", "tally", "sink")]


@pytest.mark.parametrize(
    ("seen", "state", "says"),
    [
        (Seen(), "ok", []),
        (Seen(all_well(), NOW - timedelta(minutes=59)), "ok", []),
        (Seen(all_well(tally={"members": 0})), "down", ["统计研判环节已停"]),
        (Seen(all_well(tally={"state": UNKNOWN, "members": 0})), "ok", []),
        (Seen(all_well(intake={"lag": 9, "late_s": 150.0})), "late", ["2分钟没有处理积压的9条"]),
        (Seen(all_well(intake={"lag": 9, "late_s": 30.0})), "ok", []),
        (Seen(all_well(), NOW - 2 * HOUR), "late", ["2小时没有收到"]),
        (Seen(all_well(), own="not ready"), "down", ["入库和值班台环节已停"]),
        (Seen(trouble="no answer"), "down", ["数据库暂时不可用"]),
        (
            Seen([row(s, state=UNREACHABLE, members=0) for s in ("intake", "tally", "sink")]),
            "down",
            ["Kafka"],
        ),
        # Long ago is not now.
        (Seen(all_well(tally={"members": 0, "seen_at": NOW - HOUR})), "ok", []),
    ],
)
def test_each_trouble_has_its_banner(seen: Seen, state: str, says: list[str]) -> None:
    found = health_of(seen, NOW, HOUR)
    assert found["state"] == state
    assert len(found["banners"]) == len(says)
    for banner, part in zip(found["banners"], says, strict=True):
        assert part in banner["zh"]
        assert banner["en"]
        assert banner["level"] == ("bad" if state == "down" else "warn")


def test_silence_is_never_late_where_that_is_switched_off() -> None:
    assert health_of(Seen(quiet_since=NOW - 99 * HOUR), NOW, timedelta(0))["state"] == "ok"


def test_stages_are_there_before_anybody_looked() -> None:
    stages = health_of(Seen(), NOW, HOUR)["stages"]
    assert [(one["stage"], one["state"], one["lag"]) for one in stages] == [
        ("intake", "unknown", None),
        ("tally", "unknown", None),
        ("sink", "unknown", None),
    ]
