"""The journal stays small: on Apache Kafka with compaction on, and in files."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from streams.journal import Position
from streams.journal_file import FileJournal
from streams.journal_topic import Send, TopicJournal
from streams.kafka import reaching
from streams.topics import JOURNAL, TOPICS
from tests.brokers import ApacheKafka, Broker, administered
from tests.waiting import eventually

CYCLES = 200
PARTS = 4
PART_BYTES = 125_000
ENTRY_BYTES = 62_500
CHUNK_BYTES = 10_000
HORIZON = 50  # cycles a chunk lives
LIVE_BYTES = PARTS * PART_BYTES + HORIZON * CHUNK_BYTES


def parts(cycle: int) -> Iterator[bytes]:
    return (bytes([cycle, number]) * (PART_BYTES // 2) for number in range(PARTS))


async def play(
    journal: TopicJournal | FileJournal, position: Position, cycles: int = CYCLES
) -> None:
    """Entries until a snapshot is due, again and again."""
    for cycle in range(cycles):
        while not journal.snapshot_is_due(0):
            entry = position.entry(position.applied + 1, bytes(ENTRY_BYTES))
            await journal.append(0, entry)
            position.advance(entry)
        chunk = (cycle, bytes([cycle]) * CHUNK_BYTES)
        written = await journal.snapshot(0, position, parts(cycle), [chunk], cycle - HORIZON + 1)
        assert written == PARTS * PART_BYTES


@asynccontextmanager
async def journaling(broker: Broker) -> AsyncIterator[tuple[str, Send]]:
    """A journal topic of one partition, and how records get there."""
    name = broker.topic_prefix + JOURNAL
    config = next(topic.config for topic in TOPICS if topic.name == JOURNAL)
    # The smallest segments there are, for a state as small as this one.
    topic = NewTopic(name, 1, 1, topic_configs={**config, "segment.bytes": str(1 << 20)})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()

    async def send(topic: str, partition: int, key: bytes, value: bytes | None) -> int:
        return int((await producer.send_and_wait(topic, value, key, partition)).offset)

    try:
        async with administered(broker.bootstrap) as admin:
            await admin.create_topics([topic])
        yield name, send
    finally:
        await producer.stop()


async def test_two_hundred_snapshots_leave_three_times_the_live_state(kafka_only: Broker) -> None:
    async with journaling(kafka_only) as (name, send):
        journal = TopicJournal(name, reaching(kafka_only.settings()), send, min_bytes=500_000)
        position = Position()
        await journal.recover(0, position)
        await play(journal, position)

        server = kafka_only.server
        assert isinstance(server, ApacheKafka)
        await eventually(
            lambda: server.size_bytes(name, 0) <= 3 * LIVE_BYTES,
            within_s=60,
            what="the log compacted",
        )
        again = Position()
        recovered = await TopicJournal(name, reaching(kafka_only.settings()), send, 1).recover(
            0, again
        )
        assert recovered.parts == list(parts(CYCLES - 1))
        assert [chunk[0] for chunk in recovered.chunks] == list(range(CYCLES - HORIZON, CYCLES))
        assert recovered.entries == []
        assert (again.seq, again.applied, again.epoch) == (position.seq, position.applied, 2)


async def test_a_later_owner_goes_on_taking_snapshots(kafka_only: Broker) -> None:
    """The first of them ends the claims before it; that is nobody else's claim."""
    async with journaling(kafka_only) as (name, send):
        for _ in range(3):
            journal = TopicJournal(name, reaching(kafka_only.settings()), send, min_bytes=500_000)
            position = Position()
            await journal.recover(0, position)
            await play(journal, position, cycles=3)


async def test_two_hundred_snapshots_of_a_file(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, 500_000)
    position = Position()
    await journal.recover(0, position)
    await play(journal, position)
    assert (tmp_path / "tally-0.journal").stat().st_size <= 3 * LIVE_BYTES
    recovered = await FileJournal(tmp_path, 1).recover(0, Position())
    assert recovered.parts == list(parts(CYCLES - 1))
    assert len(recovered.chunks) == HORIZON
