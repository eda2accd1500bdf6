"""Another number of partitions on Apache Kafka: counts, alerts and incidents as if it had been so always."""

from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pytest

from cli.savepoints import Told, repartition
from streams.errors import UserError
from tests.brokers import Broker, apart
from tests.interrupted import killed_after
from tests.processes import run_huishang
from tests.stages import NOW, Event, Stages, Truth, as_calls, calls, deployed, event
from tests.waiting import eventually_sync

STREAM: Final = "hotline-calls"
COUNTIES: Final = (
    *("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621"),
)
WATER: Final = "丽景花园小区从昨天起停水，没有人来修，请有关部门处理"


def red_ones(number: int) -> list[Event]:
    """Red events, each of which raises an alert."""
    return [
        event(STREAM, f"red-{n}", COUNTIES[n % 8], NOW, category="D06", severity=1)
        for n in range(number)
    ]


def of_one_matter(numbers: range) -> list[Event]:
    """In every county: five of them raise an alert."""
    return [
        event(STREAM, f"{county}-water-{n}", county, NOW, category="S01", text=WATER)
        for county in COUNTIES
        for n in numbers
    ]


def stopped(stages: Stages, *names: str) -> None:
    for name in names:
        assert stages.workers[name].stop() == 0


def moving(broker: Broker, number: int) -> Coroutine[Any, Any, Told | None]:
    return repartition(broker.settings(), number, now=datetime.now(UTC))


def test_more_partitions_change_nothing_though_the_move_is_killed(
    kafka_only: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = calls(range(1_192), COUNTIES)
    first = [*red_ones(5), *events[:700], *of_one_matter(range(3))]
    rest = [*events[700:], *red_ones(9), *of_one_matter(range(3, 6))]
    truth = Truth({WATER: ("S01", 3)})
    truth.take(STREAM, first)
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(first))
        truth.holds(stages)
        with run_huishang(
            "journal", "repartition", "7", folder=kafka_only.data, env=kafka_only.env()
        ) as command:
            assert command.wait(60) == 65
            assert "stop every worker of intake and tally first" in command.text()
        stopped(stages, "intake", "tally", "sink")
        with pytest.raises(UserError, match="Kafka takes none away again"):
            apart(moving(kafka_only, 3))
        for records in (3, 9, 20):  # amid the claims, then amid what is brought
            killed_after(monkeypatch, records, partial(moving, kafka_only, 7))
        for number in (4, 7):
            tally = stages.start("tally", f"tally-{number}", partitions=number)
            assert tally.wait(60) == 65
            assert "run `huishang journal repartition 7` again" in tally.text()
        moved = apart(moving(kafka_only, 7))
        assert moved is not None
        assert (moved.partitions_before, moved.partitions) == (4, 7)
        assert apart(moving(kafka_only, 7)) is None
        for stage in ("intake", "tally", "sink"):
            stages.start(stage, partitions=7)
        stages.ready()
        truth.holds(stages)
        stages.publish(as_calls([*first, *rest]))
        truth.take(STREAM, first)
        truth.take(STREAM, rest)
        truth.holds(stages)
        assert stages.partitions("tally") == 7
        reds = [("red", one["data"]["county_code"], "D06") for one in red_ones(9)]
        eventually_sync(lambda: stages.alerts() == sorted(reds), what="every alert once")
        found = stages.rows(
            "SELECT county, toUInt32(reports) n FROM incidents FINAL WHERE reports > 1"
        )
        assert sorted((row["county"], row["n"]) for row in found) == sorted(
            (county, 6) for county in COUNTIES
        )
        hot = [one for one in stages.alerts(incidents=True) if one[0] != "red"]
        assert sorted(county for _, county, _ in hot) == sorted(COUNTIES)
