"""How the stages stand, as each broker tells it, lands in the store."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from sinks import migrate
from sinks.health import UNREACHABLE, Looked, Pipeline, latest, noted, row_of
from sinks.rows import COLUMNS
from sinks.store import Store, embedded_dsn
from streams.clock import ManualClock
from streams.settings import Settings
from streams.topics import REPORTS, full_name
from tests.brokers import Broker, make_topics
from tests.stores import NOW
from tests.waiting import eventually, free_port

STAGES = ["intake", "tally", "sink"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(embedded_dsn(tmp_path / "store")) as store:
        migrate.apply(store, NOW)
        yield store


async def test_lag_and_members_of_each_stage(broker: Broker, store: Store) -> None:
    settings = broker.settings()
    await make_topics(settings)
    topic = full_name(settings, REPORTS)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for number in range(6):
            await producer.send_and_wait(topic, b"%d" % number, partition=number % 2)
    pipeline = Pipeline(settings, store, ManualClock(NOW))

    async def told() -> bool:
        await pipeline.look()
        return latest(store)[1]["state"] != UNREACHABLE

    # A new Kafka has no coordinator for groups before somebody asks for one.
    await eventually(told, within_s=60, what="an answer of the broker")
    rows = latest(store)
    assert [row["stage"] for row in rows] == STAGES
    tally = rows[1]
    assert (tally["at"], tally["committed"], tally["lag"]) == (NOW, 0, 6)
    assert abs(datetime.now(UTC) - tally["seen_at"]) < timedelta(minutes=1)
    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id=full_name(settings, "huishang-tally"),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    ) as consumer:
        for _ in range(6):
            await asyncio.wait_for(consumer.getone(), 30)
        await consumer.commit()
        await eventually(told, within_s=60, what="an answer of the broker")
    tally = latest(store)[1]
    assert (tally["state"], tally["members"]) == ("Stable", 1)
    assert (tally["committed"], tally["end"], tally["lag"], tally["late_s"]) == (6, 6, 0, 0.0)
    assert tally["partitions"] == settings.partitions


async def test_a_broker_that_is_away_is_told_too(store: Store) -> None:
    settings = Settings(kafka=f"127.0.0.1:{free_port()}")
    await Pipeline(settings, store, ManualClock(NOW)).look()
    assert [(row["stage"], row["state"], row["members"]) for row in latest(store)] == [
        (stage, UNREACHABLE, 0) for stage in STAGES
    ]


def test_late_is_how_long_nothing_moved_while_there_was_work() -> None:
    started = datetime(2026, 3, 1, tzinfo=UTC)
    mark = None
    late = []
    for after_s, committed, end in ((0, 5, 9), (10, 5, 12), (20, 6, 12), (35, 6, 12), (50, 12, 12)):
        now = started + timedelta(seconds=after_s)
        looked = Looked("Stable", 1, {("t", 0): committed}, {("t", 0): end})  # type: ignore[dict-item]
        mark = noted(looked, mark, now)
        row = dict(
            zip(COLUMNS["pipeline_health"], row_of("tally", looked, mark, now, now), strict=True)
        )
        late.append((row["lag"], row["late_s"]))
    assert late == [(4, 0.0), (7, 10.0), (6, 0.0), (6, 15.0), (0, 0.0)]


def test_sinks_that_look_at_the_same_time_write_the_same_row(store: Store) -> None:
    looked = Looked("Stable", 2, {}, {})
    at = NOW.replace(second=7)
    for written_s in (1, 2):
        written = datetime.now(UTC) + timedelta(seconds=written_s)
        mark = noted(looked, None, written)
        store.insert("pipeline_health", [row_of("tally", looked, mark, at, written)])
    [row] = store.query("SELECT `at`, members FROM pipeline_health FINAL")
    assert row == {"at": NOW, "members": 2}
