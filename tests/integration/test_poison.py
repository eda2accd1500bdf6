"""An event that kills its worker stops it twice, and is set aside on the third try; no other ever is."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from cli.replaying import Letter, Outcome, replay
from tests.brokers import Broker, administered, apart
from tests.processes import Child
from tests.stages import NOW, Event, Stages, Truth, as_calls, calls, deployed, event
from tests.waiting import eventually_sync

STREAM: Final = "hotline-calls"
COUNTIES: Final = ("620702", "620721", "620722", "620723")
MARK: Final = "毒丸"
KILLED_ITSELF: Final = 70
POISON: Final = event(
    STREAM, "poison", "620702", NOW, category="S01", severity=1, title=f"{MARK}事项"
)

Start = Callable[..., Child]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    """Starts a worker with a fault in it (tests/poisoned)."""

    def started(stages: Stages, stage: str, fault: str, number: int = 1) -> Child:
        with monkeypatch.context() as patch:
            patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "poisoned"))
            patch.setenv("FAULT", fault)
            patch.setenv("MARK", MARK)
            patch.setenv("ONCE", str(tmp_path / "once"))
            return stages.start(stage, f"{stage}-{fault}-{number}")

    return started


def told() -> tuple[list[Event], Truth]:
    """Calls with the poison in their midst, and what must come of the others."""
    events = calls(range(120), COUNTIES)
    truth = Truth()
    truth.take(STREAM, events)
    return [*events[:70], POISON, *events[70:]], truth


def committed(stages: Stages, stage: str, topic: str) -> dict[int, int]:
    """What a stage's group has committed, by partition."""
    prefix = stages.broker.topic_prefix

    async def ask() -> dict[int, int]:
        async with administered(stages.broker.bootstrap) as admin:
            said = await admin.list_consumer_group_offsets(f"{prefix}huishang-{stage}")
        return {
            tp.partition: known.offset for tp, known in said.items() if tp.topic == prefix + topic
        }

    return apart(ask())


def original(stages: Stages, letter: Letter) -> bytes:
    """The record that a dead letter is about."""

    async def ask() -> bytes:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=stages.broker.bootstrap, auto_offset_reset="none"
        )
        await consumer.start()
        try:
            tp = TopicPartition(letter.topic, letter.partition)
            consumer.assign([tp])
            consumer.seek(tp, letter.offset)
            return bytes((await consumer.getone(tp)).value)
        finally:
            await consumer.stop()

    return apart(ask())


def letters(stages: Stages) -> list[Letter]:
    """All dead letters in the store."""
    rows = stages.rows("SELECT * FROM dead_letters FINAL")
    return [
        Letter(**{name: row[name] for name in Letter._fields} | {"offset": int(row["offset"])})
        for row in rows
    ]


def alerts(stages: Stages, rule: str) -> list[dict[str, Any]]:
    return stages.rows(f"SELECT * FROM alerts FINAL WHERE rule = '{rule}'")


def dies_twice(start: Start, stages: Stages, stage: str, fault: str) -> None:
    for number in (1, 2):
        child = start(stages, stage, fault, number)
        assert child.wait(90) == KILLED_ITSELF, child.tail()
        assert "Poisoned; its message is left out" in child.text()
        assert MARK not in child.text()


def one_letter(stages: Stages) -> Letter:
    eventually_sync(lambda: letters(stages), what="a dead letter")
    [letter] = letters(stages)
    assert letter.reason == "poison"
    assert "it raised Poisoned" in letter.expected
    return letter


def told_once(stages: Stages, letter: Letter, county: str) -> None:
    """The alert is in the store, and on the topic under one id."""
    [row] = eventually_sync(lambda: alerts(stages, "poison"), what="the alert")
    assert (row["county"], row["level"], row["status"]) == (county, 2, "firing")
    assert letter.place in row["reason"]
    on_topic = [json.loads(value) for _, _, value in stages.log_of("alerts")]
    assert {one["id"] for one in on_topic if one["rule"] == "poison"} == {row["id"]}


def quoted_nowhere(stages: Stages, topics: Iterable[str]) -> None:
    """What an exception said stays out of what we publish; a redacted preview is no exception's."""
    for topic in topics:
        for _, _, value in stages.log_of(topic):
            said = json.loads(value)
            assert MARK not in json.dumps(
                {**said, "preview": "", "excerpt": ""}, ensure_ascii=False
            )


def test_an_event_that_intake_cannot_prepare(kafka_only: Broker, start: Start) -> None:
    events, truth = told()
    with deployed(kafka_only, "tally", "sink") as stages:
        stages.publish(as_calls(events))
        dies_twice(start, stages, "intake", "classify")
        before = committed(stages, "intake", STREAM)
        start(stages, "intake", "classify", 3)
        stages.ready("intake-classify-3")
        truth.holds(stages)
        letter = one_letter(stages)
        assert letter.county == "620702"
        assert letter.source == POISON["source"]
        assert json.loads(original(stages, letter))["id"] == POISON["id"]
        assert before.get(letter.partition, 0) <= letter.offset
        told_once(stages, letter, "620702")
        quoted_nowhere(stages, ("dead-letters", "alerts"))
        assert truth.counted + len(letters(stages)) == len(events)


def test_an_event_inside_a_pack_that_tally_cannot_count(kafka_only: Broker, start: Start) -> None:
    events, truth = told()
    with deployed(kafka_only, "intake", "sink") as stages:
        stages.publish(as_calls(events))
        dies_twice(start, stages, "tally", "decide")
        before = committed(stages, "tally", "reports")
        third = start(stages, "tally", "decide", 3)
        stages.ready("tally-decide-3")
        truth.holds(stages)
        letter = one_letter(stages)
        assert (letter.county, letter.source) == ("620702", POISON["source"])
        assert letter.topic == kafka_only.topic_prefix + STREAM
        assert json.loads(original(stages, letter))["id"] == POISON["id"]
        told_once(stages, letter, "620702")
        quoted_nowhere(stages, ("dead-letters", "alerts"))
        assert truth.counted + len(letters(stages)) == len(events)
        assert sum(before.values()) < len(stages.log_of("reports"))

        # Once mended, it is published again and counted; killed meanwhile, nothing comes twice.
        third.kill()
        stages.start("tally")
        outcomes = apart(replay(kafka_only.settings(), [letter], dry_run=False))
        assert [outcome for _, outcome in outcomes] == [Outcome.REPLAYED]
        truth.take(STREAM, [POISON])
        truth.holds(stages)
        assert letters(stages) == [letter]
        assert len(alerts(stages, "poison")) == len(alerts(stages, "red")) == 1


def test_a_record_that_the_sink_cannot_make_rows_of(kafka_only: Broker, start: Start) -> None:
    events, truth = told()
    truth.take(STREAM, [POISON])
    others = [event(STREAM, f"red-{n}", COUNTIES[n], NOW, severity=1) for n in range(4)]
    truth.take(STREAM, others)
    with deployed(kafka_only, "intake", "tally") as stages:
        stages.publish(as_calls([*events, *others]))
        eventually_sync(
            lambda: len(stages.log_of("alerts")) >= 5, within_s=60, what="the alerts on their topic"
        )
        dies_twice(start, stages, "sink", "rows")
        start(stages, "sink", "rows", 3)
        stages.ready("sink-rows-3")
        truth.holds(stages)
        letter = one_letter(stages)
        assert letter.topic == kafka_only.topic_prefix + "alerts"
        assert MARK.encode() in original(stages, letter)
        # Of an alert that cannot be stored there is no alert, which might be another one.
        assert [county for rule, county, _ in stages.alerts() if rule == "red"] == [*COUNTIES]
        assert alerts(stages, "poison") == []


@pytest.mark.parametrize("fault", ["hang", "send", "once"])
def test_no_innocent_event_is_condemned(kafka_only: Broker, start: Start, fault: str) -> None:
    """Not after kill -9 or errors of sending, three times at one place; nor if it raised but once."""
    events, truth = told()
    truth.take(STREAM, [POISON])
    with deployed(kafka_only, "tally", "sink") as stages:
        stages.publish(as_calls(events))
        for number in range(1 if fault == "once" else 3):
            child = start(stages, "intake", fault, number)
            if fault == "hang":
                _until_stuck(child)
                child.kill()
            else:
                assert child.wait(90) == KILLED_ITSELF, child.tail()
        if fault != "once":  # with a first death on top of those, it is still not the third
            assert start(stages, "intake", "classify").wait(90) == KILLED_ITSELF
        start(stages, "intake", "once" if fault == "once" else "", 9)
        truth.holds(stages)
        assert letters(stages) == []
        assert alerts(stages, "poison") == []


def _until_stuck(child: Child) -> None:
    eventually_sync(lambda: "stuck" in child.text(), within_s=90, what="it at the event")
