"""The journal as a compacted Kafka topic, one partition per partition of `reports`.

What may be replaced or deleted, and when. Compaction keeps the last record of a
key, whoever wrote it, so a worker that lost the partition must not be able to
replace what the next owner reads. Hence every key carries its owner; and a key
is used again, or deleted, only once a snapshot that does without it is known to
be good: it was read back that nobody else claimed the partition before it. What
such a snapshot does not name no later reader will ask for.
"""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.errors import Fatal
from streams.journal import (
    Chunk,
    Claim,
    Entry,
    Part,
    Position,
    Recovered,
    Snapshot,
    decode,
    encode,
)
from streams.journal_reading import Reading
from streams.kafka import Reaching

_CLAIM: Final = "claim-"
_LOOKS: Final = 5


class Send(Protocol):
    """Sends one record and returns its offset once the broker has it. value None deletes."""

    async def __call__(
        self, topic: str, partition: int, key: bytes, value: bytes | None
    ) -> int: ...


class _Log:
    """What this worker knows of one partition's log.

    keys: on the log and not deleted, as far as known. slot: of the last snapshot;
    the next one is written beside it. entries, entry_bytes: since the last snapshot.
    """

    def __init__(self) -> None:
        self.owner = ""
        self.keys: set[str] = set()
        self.slot = "b"
        self.entries = 0
        self.entry_bytes = 0
        self.snapshot_bytes = 0
        self.chunks: list[Chunk] = []
        self.chunks_written = 0
        self.lost = False


class TopicJournal:
    """See the module. min_bytes: of entries before a snapshot is worth it.

    partitions: of `reports`; 0: no matter how many (streams/journal.py).
    """

    def __init__(
        self, topic: str, reaching: Reaching, send: Send, min_bytes: int, partitions: int = 0
    ) -> None:
        self._topic = topic
        self._reaching = reaching
        self._send = send
        self._min_bytes = min_bytes
        self._partitions = partitions
        self._logs: dict[int, _Log] = {}

    async def recover(self, partition: int, position: Position) -> Recovered:
        known = self._logs.get(partition)
        log = known if known and position.epoch else _Log()
        owner = uuid.uuid4().hex[:16]
        claim = encode(Claim(owner, partitions=self._partitions))
        claimed_at = await self._put(partition, _CLAIM + owner, claim, log)
        reading = Reading(position, self._partitions)
        async for offset, key, value in self._read(partition, position.next_offset, claimed_at):
            if value is None:
                reading.drop(key)
                log.keys.discard(key)
            else:
                reading.take(decode(value))
                log.keys.add(key)
            position.next_offset = offset + 1
        if position.owner != owner:
            raise Fatal(
                f"{self._topic}[{partition}] was claimed at offset {claimed_at}, "
                "but the claim cannot be read back; check the topic's retention and cleanup policy"
            )
        recovered = reading.recovered(f"{self._topic}[{partition}]")
        if reading.snapshot:
            log.chunks = reading.snapshot.chunks
            log.snapshot_bytes = sum(map(len, recovered.parts))
        log.owner, log.lost = owner, False
        log.entries = log.chunks_written = 0
        log.entry_bytes += reading.entry_bytes
        self._logs[partition] = log
        return recovered

    async def look(self, partition: int, *, leaving: bool = False) -> Reading:
        """The journal as it stands, claimed by nobody: a worker that has it goes on. leaving: as of Reading.

        A snapshot that came meanwhile may have let go of what was read: then once more.
        """
        for _ in range(_LOOKS):
            reading = Reading(Position(), self._partitions, leaving=leaving)
            end = await self._end(partition)
            async for _, key, value in self._read(partition, 0, end - 1):
                if value is None:
                    reading.drop(key)
                else:
                    reading.take(decode(value))
            if not await self._snapshot_since(partition, end):
                return reading
        raise Fatal(f"{self._topic}[{partition}] is snapshot faster than it can be read; try again")

    async def _snapshot_since(self, partition: int, start: int) -> bool:
        async for _, _, value in self._read(partition, start, await self._end(partition) - 1):
            if value is not None and isinstance(decode(value), Snapshot):
                return True
        return False

    async def announce(self, partition: int) -> Position:
        """Claim the partition for a state that takes the place of what is there, and have it wait.

        The state follows by `snapshot`, with what its position has in the one that is returned.
        """
        log = self._logs[partition] = _Log()
        log.owner = uuid.uuid4().hex[:16]
        claim = Claim(log.owner, partitions=self._partitions, moved=True)
        position = Position()
        position.owner = log.owner
        position.next_offset = await self._put(partition, _CLAIM + log.owner, encode(claim), log)
        return position

    async def append(self, partition: int, entry: Entry) -> None:
        log = self._logs[partition]
        await self._put(partition, f"{log.owner}-{log.entries}", encode(entry), log)
        log.entries += 1
        log.entry_bytes += len(entry.body)

    def entry_bytes(self, partition: int) -> int:
        return self._logs[partition].entry_bytes

    def snapshot_is_due(self, partition: int) -> bool:
        log = self._logs[partition]
        return not log.lost and log.entry_bytes >= max(self._min_bytes, log.snapshot_bytes)

    async def snapshot(
        self,
        partition: int,
        position: Position,
        parts: Iterable[bytes],
        chunks: Iterable[tuple[int, bytes]],
        outlived: int,
    ) -> int | None:
        log = self._logs[partition]
        kept = [chunk for chunk in log.chunks if chunk.until >= outlived]
        for until, body in chunks:
            key = f"{log.owner}-chunk-{log.chunks_written}"
            await self._put(partition, key, encode(Part(key, body)), log)
            log.chunks_written += 1
            kept.append(Chunk(key, until))
        slot = "a" if log.slot == "b" else "b"
        named: list[str] = []
        written = 0
        for body in parts:
            key = f"{log.owner}-{slot}-{len(named)}"
            await self._put(partition, key, encode(Part(key, body)), log)
            named.append(key)
            written += len(body)
        key = f"{log.owner}-{slot}"
        record = encode(position.snapshot(named, kept))
        offset = await self._put(partition, key, record, log)
        if not await self._still_ours(partition, position, log, offset):
            log.lost = True
            return None
        position.next_offset = offset + 1
        log.slot, log.chunks, log.snapshot_bytes = slot, kept, written
        entries = {f"{log.owner}-{number}" for number in range(log.entries)}
        log.entries = log.entry_bytes = 0
        held = {_CLAIM + log.owner, key, *named, *(chunk.key for chunk in kept)}
        for gone in sorted(log.keys - held - entries):
            await self._send(self._topic, partition, gone.encode(), None)
        log.keys &= held | entries
        return written

    async def _put(self, partition: int, key: str, value: bytes, log: _Log) -> int:
        offset = await self._send(self._topic, partition, key.encode(), value)
        log.keys.add(key)
        return offset

    async def _still_ours(self, partition: int, position: Position, log: _Log, offset: int) -> bool:
        """Whether nobody claimed the partition before this offset."""
        async for _, key, value in self._read(partition, position.next_offset, offset):
            # Without a value it is the end of an old claim, which our last snapshot let go of.
            if value is not None and key.startswith(_CLAIM) and key != _CLAIM + log.owner:
                return False
        return True

    async def _end(self, partition: int) -> int:
        tp = TopicPartition(self._topic, partition)
        async with self._consumer() as consumer:
            return int((await consumer.end_offsets([tp]))[tp])

    async def _read(
        self, partition: int, start: int, end: int
    ) -> AsyncIterator[tuple[int, str, bytes | None]]:
        """(offset, key, value) of what is there from start to end, both included."""
        if start > end:
            return  # aiokafka stumbles over a consumer that is stopped before it has asked anything
        async with self._consumer() as consumer:
            tp = TopicPartition(self._topic, partition)
            consumer.assign([tp])
            consumer.seek(tp, start)
            while await consumer.position(tp) <= end:
                fetched = await consumer.getmany(tp, timeout_ms=1000)
                for record in fetched.get(tp, ()):
                    if record.offset <= end:
                        yield record.offset, (record.key or b"").decode(), record.value

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **self._reaching,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()
