"""Sending many records to Kafka fast: bounded in flight, paced, counted as the broker acknowledges."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.errors import UserError
from streams.kafka import explained, reaching
from streams.settings import Settings

IN_FLIGHT_LIMIT: Final = 20_000  # records; about 20 MB of events
_BATCH_BYTES: Final = 512 * 1024
_LINGER_MS: Final = 20
_YIELD_EVERY: Final = 256  # records between two turns for the network tasks
_TOPIC_WAIT_S: Final = 10.0
_REQUEST_TIMEOUT_MS: Final = 30_000


class Record(NamedTuple):
    """One Kafka record to send. partition None: by key; timestamp_ms None: now."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None
    timestamp_ms: int | None = None


class Producer:
    """Sends records in order and counts acknowledgements in the same order.

    on_acked: called with the number of leading records that are acknowledged:
    n means the first n are safe, whatever the partitions they went to. So n is
    a point to resume from.

    Raises Retryable when the broker is away or stays silent, AccessRefused when it does not
    let us in, UserError when a topic does not exist. Made and used inside a running event loop. Idempotence stays off: the embedded broker refuses
    InitProducerId, and every event carries an identity of its own.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        on_acked: Callable[[int], None] | None = None,
        rate: float | None = None,
    ) -> None:
        self.acked = 0
        self.sent = 0
        self._settings = settings
        self._on_acked = on_acked
        self._rate = rate
        self._started_at_s = 0.0
        self._in_flight: deque[asyncio.Future[object]] = deque()
        self._topics: set[str] = set()
        self._kafka = AIOKafkaProducer(
            **reaching(settings),
            max_batch_size=_BATCH_BYTES,
            linger_ms=_LINGER_MS,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._kafka.start()
        except (KafkaError, OSError) as error:
            await self._kafka.stop()
            raise await explained(self._settings, error) from error
        self._started_at_s = time.monotonic()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave with everything acknowledged, unless already leaving with an error."""
        try:
            if error is None:
                await self.flush()
        finally:
            for future in self._in_flight:
                future.add_done_callback(_retrieve)
            # A broker that is gone would keep stop() flushing for the whole timeout.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kafka.stop(), None if error is None else 2.0)

    async def send(self, record: Record) -> None:
        """Hand over one record; waits when too many are in flight or the rate is reached."""
        if record.topic not in self._topics:
            await self._check_topic(record.topic)
        if self._rate is not None:
            await self._pace(self._rate)
        try:
            future = await self._kafka.send(
                record.topic,
                record.value,
                record.key,
                record.partition,
                record.timestamp_ms,
                list(record.headers),  # aiokafka takes nothing else
            )
        except KafkaError as error:
            raise await explained(self._settings, error) from error
        self._in_flight.append(future)
        self.sent += 1
        if len(self._in_flight) >= IN_FLIGHT_LIMIT:
            await self._settle_first()
        if self.sent % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
            await self.settle()

    async def settle(self) -> None:
        """Count what has been acknowledged by now, without waiting."""
        before = self.acked
        while self._in_flight and self._in_flight[0].done():
            await self._take(self._in_flight.popleft())
        if self.acked != before and self._on_acked:
            self._on_acked(self.acked)

    async def flush(self) -> None:
        """Wait until every record handed over is acknowledged."""
        while self._in_flight:
            await self._settle_first()

    async def _settle_first(self) -> None:
        await asyncio.wait((self._in_flight[0],))
        await self.settle()

    async def _take(self, future: "asyncio.Future[object]") -> None:
        try:
            future.result()
        except KafkaError as error:
            raise await explained(self._settings, error) from error
        self.acked += 1

    async def _pace(self, rate: float) -> None:
        ahead_s = self._started_at_s + self.sent / rate - time.monotonic()
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
            await self.settle()

    async def _check_topic(self, topic: str) -> None:
        try:
            async with asyncio.timeout(_TOPIC_WAIT_S):
                await self._kafka.partitions_for(topic)
        except (TimeoutError, UnknownTopicOrPartitionError):
            raise UserError(
                f"the broker at {self._settings.kafka} has no topic {topic!r}; "
                "make the topics with: huishang topics apply"
            ) from None
        except KafkaError as error:
            raise await explained(self._settings, error) from error
        self._topics.add(topic)


def _retrieve(future: "asyncio.Future[object]") -> None:
    """Look at an abandoned future's error, so that asyncio does not complain of it."""
    if not future.cancelled():
        future.exception()


async def produce(
    settings: Settings,
    records: Iterable[Record],
    *,
    rate: float | None = None,
    on_acked: Callable[[int], None] | None = None,
) -> int:
    """Send all records and return how many the broker acknowledged: all of them, or it raises.

    rate: records per second at most. on_acked and errors: as for Producer.
    """
    async with Producer(settings, on_acked=on_acked, rate=rate) as producer:
        for record in records:
            await producer.send(record)
        await producer.flush()
        return producer.acked
