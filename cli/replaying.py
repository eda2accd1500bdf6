"""Bringing back the originals of dead letters and publishing them once more."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, UnknownTopicOrPartitionError

from cli.producing import Producer, Record
from streams.errors import Reason
from streams.events import EVENTS
from streams.kafka import explained, reaching
from streams.settings import Settings
from streams.topics import full_name

REPLAY_HEADER: Final = "huishang-replay-of"
_FETCH_S: Final = 5.0  # Tansu is silent, not sorry, about an offset it does not have


class Letter(NamedTuple):
    """A dead letter as the store keeps it; the columns of its table."""

    topic: str
    partition: int
    offset: int
    reason: str
    path: str
    expected: str
    county: str
    source: str
    runid: str
    at: datetime
    size_bytes: int
    sha256: str
    preview: str

    @property
    def place(self) -> str:
        """Where the original is: topic/partition/offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Outcome(StrEnum):
    """What became of a dead letter's original."""

    REPLAYED = "replayed"
    FOUND = "would be replayed"
    GONE = "gone: the topic does not hold it any more"
    ANOTHER = "gone: another record is at its offset now"
    NO_STREAM = "its topic takes no events"


async def replay(
    settings: Settings, letters: Iterable[Letter], *, dry_run: bool
) -> list[tuple[Letter, Outcome]]:
    """Publish the originals again, to their topics, in their order, with key and headers.

    dry_run: only look whether they are still there. An original is taken for
    what it was only if its SHA-256 agrees. Raises Retryable when Kafka is away.
    """
    placed = [(_topic_of(settings, letter), letter) for letter in letters]
    placed.sort(key=lambda pair: (pair[0] or "", pair[1].partition, pair[1].offset))
    outcomes = []
    async with _consumer(settings) as consumer, Producer(settings) as producer:
        log = _Log(consumer, await consumer.topics())
        for topic, letter in placed:
            if topic is None:
                outcomes.append((letter, Outcome.NO_STREAM))
                continue
            original = await log.record(topic, letter.partition, letter.offset)
            outcome = judged(letter, original.value if original else None, bool(original))
            if original and outcome is Outcome.FOUND and not dry_run:
                await producer.send(again(letter, topic, original))
                outcome = Outcome.REPLAYED
            outcomes.append((letter, outcome))
    return outcomes


def judged(letter: Letter, value: bytes | None, found: bool) -> Outcome:
    """Whether what is at the offset is what was answered.

    >>> from datetime import UTC
    >>> sha256 = hashlib.sha256(b"{").hexdigest()
    >>> at = datetime(2026, 3, 1, tzinfo=UTC)
    >>> letter = Letter("grid-reports", 0, 7, "malformed", "$", "JSON", "", "", "", at, 1, sha256, "")
    >>> judged(letter, b"{", True).name, judged(letter, b"}", True).name
    ('FOUND', 'ANOTHER')
    """
    if not found:
        return Outcome.GONE
    if letter.reason == Reason.POISON and not letter.sha256:
        return Outcome.FOUND  # condemned inside a pack: its place is all that is known of it
    sha256 = "" if value is None else hashlib.sha256(value).hexdigest()
    return Outcome.FOUND if sha256 == letter.sha256 else Outcome.ANOTHER


def again(letter: Letter, topic: str, original: Any) -> Record:
    """The record to publish: the original, and a header saying which it was."""
    kept = [header for header in original.headers if header[0] != REPLAY_HEADER]
    return Record(
        topic,
        original.key,
        original.value or b"",
        [*kept, (REPLAY_HEADER, letter.place.encode())],
    )


def _topic_of(settings: Settings, letter: Letter) -> str | None:
    """The topic's full name, if events may be published to it."""
    if letter.topic in {full_name(settings, stream) for stream in EVENTS}:
        return letter.topic
    return full_name(settings, letter.topic) if letter.topic in EVENTS else None


class _Log:
    """Reads single records by their offsets, which must grow within a partition."""

    def __init__(self, consumer: Any, topics: set[str]) -> None:
        self._consumer = consumer
        self._topics = topics
        self._silent: set[TopicPartition] = set()

    async def record(self, topic: str, partition: int, offset: int) -> Any | None:
        """The record at this offset, or None when the log does not reach there."""
        place = TopicPartition(topic, partition)
        if topic not in self._topics or place in self._silent:
            return None
        try:
            if place not in self._consumer.assignment():
                self._consumer.assign([place])
            self._consumer.seek(place, offset)
            record = await asyncio.wait_for(self._consumer.getone(place), _FETCH_S)
        except TimeoutError:
            self._silent.add(place)  # so are all offsets behind this one
            return None
        except (OffsetOutOfRangeError, UnknownTopicOrPartitionError):
            return None
        return record if record.offset == offset else None


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        **reaching(settings),
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=128 * 1024,
    )
    try:
        await consumer.start()
        yield consumer
    except (KafkaError, OSError) as error:
        raise await explained(settings, error) from error
    finally:
        await consumer.stop()
