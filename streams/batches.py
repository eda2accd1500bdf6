"""A Faust transport that hands an agent whole fetched batches, and commits what is done.

Stock Faust delivers one message at a time, about 100 µs of event-loop work each.
Here a message is a Batch: consecutive records of one partition, as fetched. An
agent calls `batch.done()` once everything that follows from it is safe; only
then are its offsets committed. Faust's own acknowledgements are not used: they
come also for events whose agent raised, and for events skipped in a rebalance.

Registered as `batches://` in the entry-point group `faust.transports`. Overrides
internal methods of faust-streaming 0.15.3 and aiokafka 0.14.0; versions are
pinned and tests/unit/test_batches.py fails when those methods change.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from aiokafka.structs import TopicPartition as KafkaTP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.replaced import use_light_records

# The broker answers a fetch once it has this much, or after this long: larger batches under
# load, and the end of a topic does not wait the stock 1,500 ms.
FETCH_MIN_BYTES = 1 << 20
FETCH_MAX_WAIT_MS = 200


class Record(Protocol):
    """What a fetched record offers; aiokafka's own light class has it."""

    offset: int
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Batch:
    """Consecutive records of one partition, never empty.

    forgotten: a rebalance came between; whoever has the partition reads them again.
    """

    __slots__ = ("__weakref__", "finished", "forgotten", "records", "tp")

    def __init__(self, tp: TP, records: list[Record]) -> None:
        self.tp = tp
        self.records = records
        self.finished = False
        self.forgotten = False

    @property
    def first_offset(self) -> int:
        return self.records[0].offset

    @property
    def last_offset(self) -> int:
        return self.records[-1].offset

    def done(self) -> None:
        """Everything that follows from these records is safe: they may be committed."""
        self.finished = True


class InFlight:
    """Batches delivered and not yet committed, per partition, in order.

    A rebalance forgets them all; `done` on a forgotten batch then changes nothing.
    """

    def __init__(self) -> None:
        self._queues: dict[TP, deque[Batch]] = {}
        self._committable: dict[TP, int] = {}

    def add(self, batch: Batch) -> None:
        self._queues.setdefault(batch.tp, deque()).append(batch)

    def committable(self) -> dict[TP, int]:
        """Next offset to read per partition, where it moved since it was last committed."""
        for tp, queue in self._queues.items():
            while queue and queue[0].finished:
                self._committable[tp] = queue.popleft().last_offset + 1
        return dict(self._committable)

    def done_before(self, tp: TP, offset: int) -> None:
        """Everything before `offset` was done by an earlier owner, who may not have committed it."""
        self._committable[tp] = offset

    def committed(self, offsets: Mapping[TP, int]) -> None:
        for tp, offset in offsets.items():
            if self._committable.get(tp) == offset:
                del self._committable[tp]

    def forget(self, tps: Iterable[TP] | None = None) -> None:
        """Forget these partitions, or all."""
        for tp in list(self._queues) if tps is None else tps:
            for batch in self._queues.pop(tp, ()):
                batch.forgotten = True
            self._committable.pop(tp, None)


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches with a short wait; a commit that cannot be made now is made later."""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_min_bytes = FETCH_MIN_BYTES
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        assignment = self.assignment()
        wanted = {
            KafkaTP(tp.topic, tp.partition): OffsetAndMetadata(offset, "")
            for tp, offset in offsets.items()
            if tp in assignment
        }
        try:
            await self._ensure_consumer().commit(wanted)
        except (CommitFailedError, IllegalStateError):
            return False  # the partitions have moved; their new owner reads these batches again
        except (TimeoutError, KafkaError) as error:
            self.log.warning("Offsets not committed, trying again: %r", error)
            return False
        return True


class Consumer(driver.Consumer):
    """Delivers batches, commits whole ranges, starts reading where the state says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.in_flight = InFlight()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        fetched = await super()._getmany(active_partitions, timeout)
        return {tp: [Batch(tp, records)] for tp, records in fetched.items() if records}

    def _to_message(self, tp: TP, record: Batch) -> ConsumerMessage:
        self.in_flight.add(record)
        timestamp_ms = record.records[-1].timestamp
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.last_offset,
            (timestamp_ms or 0) / 1000.0,
            0,
            [],
            None,
            record,  # type: ignore[arg-type]  # a batch in place of bytes: the point of this driver
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: the queue's own blocking put is the back-pressure.

        Stock drops the partition from the active set, and sleeps a second once all are dropped.
        """

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: a batch's offsets are a range already."""

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        offsets = self.in_flight.committable()
        if not offsets or not await self._thread.commit(offsets):
            return False
        self.in_flight.committed(offsets)
        self._committed_offset.update(offsets)
        self.app.monitor.on_tp_commit(offsets)
        return True

    async def perform_seek(self) -> None:
        self.in_flight.forget()
        self._acked.clear()
        self._acked_index.clear()
        await super().perform_seek()
        starts: Mapping[TP, int] = getattr(self.app, "start_offsets", {})
        assignment = self.assignment()
        for tp, offset in starts.items():
            if tp in assignment:
                await self.seek(tp, offset)
                # Else the lag would stay, as if nothing were done, until the next record comes.
                if offset > (self._committed_offset.get(tp) or 0):
                    self.in_flight.done_before(tp, offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self.in_flight.forget(revoked)
        await super().on_partitions_revoked(revoked)


class Transport(driver.Transport):
    """`batches://host:port`: Kafka, a batch at a time."""

    Consumer: ClassVar[type[Consumer]] = Consumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        use_light_records()
