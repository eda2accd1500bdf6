"""What is lost and comes back: the journal, Kafka as a whole, ClickHouse. Counts exact, repeats still dropped."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from cli.savepoints import restore
from tests.brokers import ApacheKafka, Broker, administered, apart, make_topics
from tests.interrupted import killed_after
from tests.processes import run_huishang
from tests.stages import NOW, Event, Stages, Truth, as_calls, calls, deployed, event
from tests.waiting import eventually, eventually_sync

STREAM: Final = "hotline-calls"
COUNTIES: Final = (
    *("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621"),
)


@pytest.fixture
def new_kafka(kafka_only: Broker, tmp_path: Path) -> Iterator[Broker]:
    """Another Apache Kafka, with nothing in it, for the same data folder."""
    folder = tmp_path / "new-kafka"
    folder.mkdir()
    server = ApacheKafka(folder)
    server.start()
    try:
        yield Broker("kafka", server, kafka_only.topic_prefix, kafka_only.data)
    finally:
        server.stop()
        server.remove()


def days_ago(days: int) -> list[Event]:
    """History: counted in rows of its own."""
    at = NOW - timedelta(days=days)
    return [event(STREAM, f"past-{n}", COUNTIES[n % 8], at, category="D03") for n in range(40)]


def stopped(stages: Stages, *names: str) -> None:
    for name in names:
        assert stages.workers[name].stop() == 0


def said(broker: Broker, *command: str) -> str:
    """What a command says, once the broker has missed the workers that stopped."""
    words: list[str] = []

    def done() -> bool:
        with run_huishang(*command, folder=broker.data, env=broker.env()) as child:
            code = child.wait(60)
            words.append(child.text())
            return code == 0

    eventually_sync(done, within_s=60, every_s=1, what=" ".join(command))
    return words[-1]


def without(broker: Broker, topic: str) -> None:
    """Delete a topic, and make it anew."""
    name = broker.topic_prefix + topic

    async def anew() -> None:
        async with administered(broker.bootstrap) as admin:
            await admin.delete_topics([name])

            async def gone() -> bool:
                return name not in await admin.list_topics()

            await eventually(gone, what=f"{topic} gone")
        await make_topics(broker.settings())

    apart(anew())


def test_kafka_is_lost_and_a_savepoint_goes_on_with_a_new_one(
    kafka_only: Broker, new_kafka: Broker
) -> None:
    events = calls(range(900), COUNTIES)
    first = [*events[:400], *days_ago(20)]
    lost, rest = events[400:600], events[600:]
    truth = Truth()
    truth.take(STREAM, first)
    savepoint = str(kafka_only.data / "today.savepoint")
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(first))
        truth.holds(stages)
        assert "4 partitions, 440 identities" in said(
            kafka_only, "journal", "backup", "--out", savepoint
        )
        stages.publish(as_calls(lost))
        eventually_sync(lambda: stages.counted() == 640, what="counted, and not saved")
    apart(make_topics(new_kafka.settings()))
    assert "a new log" in said(new_kafka, "journal", "restore", savepoint)
    with deployed(new_kafka, "intake", "tally", "sink") as stages:
        stages.publish(as_calls([*first, *lost, *rest]))
        truth.take(STREAM, first)
        truth.take(STREAM, [*lost, *rest])
        truth.holds(stages)


def test_the_journal_is_lost_then_clickhouse(
    kafka_only: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came after the savepoint is still in `reports`, and in `counts`."""
    events = calls(range(900), COUNTIES)
    truth = Truth()
    truth.take(STREAM, [*events[:600], *days_ago(20)])
    savepoint = kafka_only.data / "today.savepoint"
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls([*events[:300], *days_ago(20)]))
        eventually_sync(lambda: stages.counted() == 340, within_s=60, what="the first counted")
        said(kafka_only, "journal", "backup", "--out", str(savepoint))
        stages.publish(as_calls(events[300:600]))
        truth.holds(stages)
        stopped(stages, "intake", "tally")
        without(kafka_only, "tally-journal")
        # When it has announced itself, and brought one partition.
        killed_after(monkeypatch, 7, lambda: restore(kafka_only.settings(), savepoint))
        tally = stages.start("tally", "tally-2")
        assert tally.wait(60) == 65
        assert "waits for a state" in tally.text()
        assert "the log goes on" in said(kafka_only, "journal", "restore", str(savepoint))
        stages.start("intake")
        stages.start("tally")
        stages.ready("intake", "tally")
        stages.publish(as_calls(events))
        truth.take(STREAM, events)
        truth.holds(stages)

        stopped(stages, "sink")
        shutil.rmtree(kafka_only.data / "store")
        said(kafka_only, "schema", "refill")
        stages.start("sink")
        stages.ready("sink")
        truth.holds(stages)
