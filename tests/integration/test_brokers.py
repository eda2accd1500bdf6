"""Both brokers of the tests do what the stages lean on; Apache Kafka also keeps its log."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.settings import Settings
from streams.topics import COUNTS, REPORTS, TOPICS, full_name
from tests.brokers import Broker, administered, make_topics, remove_topics
from tests.waiting import eventually, listening


@asynccontextmanager
async def reader(settings: Settings, group: str = "readers") -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        full_name(settings, REPORTS),
        bootstrap_servers=settings.kafka,
        group_id=full_name(settings, group),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=500,
        metadata_max_age_ms=1_000,
    )
    async with consumer:
        yield consumer


async def send(settings: Settings, values: range) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka) as producer:
        for value in values:
            await producer.send(
                full_name(settings, REPORTS), b"%d" % value, partition=value % settings.partitions
            )
        await producer.flush()


async def read(consumer: AIOKafkaConsumer, n: int, within_s: float = 30) -> list[int]:
    """The next n records, or as many as came in time."""
    values: list[int] = []

    async def enough() -> bool:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            values.extend(int(record.value) for record in records)
        return len(values) >= n

    await eventually(enough, within_s=within_s, every_s=0, what=f"{n} records")
    return values


async def test_topics_are_made_with_their_partitions(broker: Broker) -> None:
    settings = broker.settings()
    await make_topics(settings)
    async with administered(broker.bootstrap) as admin:
        rows = await admin.describe_topics([full_name(settings, topic.name) for topic in TOPICS])
    assert {row["topic"]: len(row["partitions"]) for row in rows} == {
        full_name(settings, topic.name): topic.partitions or 4 for topic in TOPICS
    }


async def test_what_is_produced_is_read_in_the_order_of_each_partition(broker: Broker) -> None:
    settings = broker.settings()
    await make_topics(settings)
    await send(settings, range(400))
    async with reader(settings) as consumer:
        values = await read(consumer, 400)
    for partition in range(4):
        assert [v for v in values if v % 4 == partition] == list(range(partition, 400, 4))


async def test_a_group_goes_on_where_it_committed(broker: Broker) -> None:
    settings = broker.settings()
    await make_topics(settings)
    await send(settings, range(40))
    async with reader(settings) as consumer:
        await read(consumer, 40)
        await consumer.commit(
            {TopicPartition(full_name(settings, REPORTS), p): 10 - p for p in range(4)}
        )
    async with reader(settings) as consumer:
        left = await read(consumer, 6)
    assert sorted(left) == [31, 34, 35, 37, 38, 39]  # of partition p the last p records


async def test_partitions_move_when_a_member_joins_and_leaves(broker: Broker) -> None:
    settings = broker.settings()
    await make_topics(settings)
    async with reader(settings) as first, _polled(first):
        await eventually(lambda: len(first.assignment()) == 4)
        async with reader(settings) as second, _polled(second):
            await eventually(lambda: (len(first.assignment()), len(second.assignment())) == (2, 2))
        await eventually(lambda: len(first.assignment()) == 4)


@asynccontextmanager
async def _polled(consumer: AIOKafkaConsumer) -> AsyncIterator[None]:
    """Keep the consumer reading meanwhile, as a member of a group has to."""

    async def poll() -> None:
        while True:
            await consumer.getmany(timeout_ms=100)

    polling = asyncio.create_task(poll())
    try:
        yield
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


async def test_end_offsets_count_records_but_not_on_tansu(broker: Broker) -> None:
    """Tansu's known limit, so that code leaning on end offsets is not written unnoticed."""
    settings = broker.settings()
    await make_topics(settings)
    end = TopicPartition(full_name(settings, REPORTS), 0)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        batch = producer.create_batch()
        for _ in range(5):
            batch.append(key=None, value=b"1", timestamp=None)
        await (await producer.send_batch(batch, end.topic, partition=0))
    async with reader(settings) as consumer:
        ends = await consumer.end_offsets([end])
    assert ends[end] == (5 if broker.kind == "kafka" else 1)


async def test_kafka_keeps_its_log_and_offsets_through_kill_and_start(kafka_only: Broker) -> None:
    settings = kafka_only.settings()
    await make_topics(settings)
    await send(settings, range(40))
    async with reader(settings) as consumer:
        assert len(await read(consumer, 40)) == 40
        await consumer.commit()
    kafka_only.server.kill()
    assert not listening(int(kafka_only.bootstrap.rpartition(":")[2]))
    kafka_only.server.start()
    await send(settings, range(40, 44))
    async with reader(settings) as consumer:
        assert sorted(await read(consumer, 4)) == [40, 41, 42, 43]
    async with reader(settings, group="others") as consumer:
        assert sorted(await read(consumer, 44)) == list(range(44))


async def test_each_test_has_topics_of_its_own(kafka_only: Broker) -> None:
    settings = kafka_only.settings()
    await make_topics(settings)
    async with administered(kafka_only.bootstrap) as admin:
        names = {name for name in await admin.list_topics() if not name.startswith("__")}
    assert names == {full_name(settings, topic.name) for topic in TOPICS}
    await remove_topics(kafka_only.bootstrap, settings.topic_prefix)


def test_settings_are_of_this_test_alone(broker: Broker) -> None:
    settings = broker.settings(counties="6207")
    assert settings.kafka == broker.bootstrap
    assert settings.data == broker.data
    assert settings.partitions == 4
    assert settings.counties == "6207"
    assert full_name(settings, COUNTS) != COUNTS
    env = broker.env(counties="6207")
    assert env["HUISHANG_KAFKA"] == broker.bootstrap
    assert env["HUISHANG_COUNTIES"] == "6207"
    assert not any(name.startswith("HUISHANG_") for name in os.environ if "TEST_CACHE" not in name)
