"""Tally's journal: one record per batch, chained by sequence, fenced by claims.

A worker that gets a partition appends a claim and reads the journal up to that
claim: the broker's own order says who owns the partition. From then on records
of earlier owners are ignored, by this reader and by every later one. So a worker
that lost its partition, and does not know it yet, writes in vain.

A record is accepted only if it continues the chain: its owner is the latest
claimant and its prev_seq is the last accepted seq. The number of claims so far
is the epoch; (epoch, seq) makes versions that only grow.
"""

import os
import struct
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import msgspec
import xxhash
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from streams.errors import Fatal

SEQ_BITS = 40  # of a version; the rest is the epoch


class Claim(Struct, array_like=True, tag="c"):
    """A worker takes the partition. new_log: the offsets of `reports` start again at 0."""

    owner: str
    new_log: bool = False


class Entry(Struct, array_like=True, tag="e"):
    """What one batch, or one moment, changed.

    applied: last offset of `reports` contained in the state after this entry.
    body: the change, encoded by its owner (agents/).
    mark: xxh3-64 of the record at `applied`, by which its log is known again; 0: not noted.
    """

    owner: str
    prev_seq: int
    seq: int
    applied: int
    body: bytes
    mark: int = 0


class Position:
    """How far a partition's journal has been read.

    epoch: claims seen. seq: last accepted entry. log: which log of `reports`
    `applied` belongs to, counted from 0. mark: of the record at `applied`, 0 if not noted.
    """

    __slots__ = ("applied", "epoch", "log", "mark", "next_offset", "owner", "seq")

    def __init__(self) -> None:
        self.epoch = 0
        self.owner = ""
        self.seq = 0
        self.log = 0
        self.applied = -1
        self.mark = 0
        self.next_offset = 0

    @property
    def version(self) -> int:
        """Grows with every accepted entry and every claim; 64 bits."""
        return self.epoch << SEQ_BITS | self.seq

    def advance(self, record: Claim | Entry) -> bool:
        """Move on by one record; False if it was written by an owner that had lost the partition."""
        if isinstance(record, Claim):
            self.epoch += 1
            self.owner = record.owner
            if record.new_log:
                self.log += 1
                self.applied = -1
                self.mark = 0
            return True
        if record.owner != self.owner or record.prev_seq != self.seq:
            return False
        self.seq = record.seq
        self.applied = record.applied
        self.mark = record.mark
        return True

    def entry(self, applied: int, body: bytes, mark: int = 0) -> Entry:
        """The entry that would come next."""
        return Entry(self.owner, self.seq, self.seq + 1, applied, body, mark)


def mark_of(value: bytes | None) -> int:
    """Of a record's value, for Entry.mark: never 0."""
    return xxhash.xxh3_64_intdigest(value or b"") or 1


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Claim | Entry).decode


class Journal(Protocol):
    """Where one worker keeps the journals of its partitions."""

    async def recover(self, partition: int, position: Position) -> list[bytes]:
        """Claim the partition; move `position` to the claim; the accepted bodies, in order."""
        ...

    async def append(self, partition: int, entry: Entry) -> None:
        """Return once the entry is safe."""
        ...


class Send(Protocol):
    """Sends one record and returns its offset once the broker has it."""

    async def __call__(self, topic: str, partition: int, key: bytes, value: bytes) -> int: ...


class TopicJournal:
    """The journal as a Kafka topic, one partition per partition of `reports`."""

    def __init__(self, topic: str, bootstrap: str, send: Send) -> None:
        self._topic = topic
        self._bootstrap = bootstrap
        self._send = send

    async def recover(self, partition: int, position: Position) -> list[bytes]:
        # Compaction keeps one record per key, and every record counts. So no two share one:
        # each claim has an owner of its own, and an entry's key names it.
        claim = Claim(uuid.uuid4().hex)
        key = b"claim-" + claim.owner.encode()
        claimed_at = await self._send(self._topic, partition, key, encode(claim))
        bodies: list[bytes] = []
        async for offset, value in self._read(partition, position.next_offset, claimed_at):
            record = decode(value)
            if position.advance(record) and isinstance(record, Entry):
                bodies.append(record.body)
            position.next_offset = offset + 1
        if position.owner != claim.owner:
            raise Fatal(
                f"{self._topic}[{partition}] was claimed at offset {claimed_at}, "
                "but the claim cannot be read back; check the topic's retention and cleanup policy"
            )
        return bodies

    async def _read(self, partition: int, start: int, end: int) -> AsyncIterator[tuple[int, bytes]]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            tp = TopicPartition(self._topic, partition)
            consumer.assign([tp])
            consumer.seek(tp, start)
            while await consumer.position(tp) <= end:
                fetched = await consumer.getmany(tp, timeout_ms=1000)
                for record in fetched.get(tp, ()):
                    if record.offset <= end and record.value is not None:
                        yield record.offset, record.value
        finally:
            await consumer.stop()

    async def append(self, partition: int, entry: Entry) -> None:
        key = f"{entry.owner}-{entry.seq}".encode()
        await self._send(self._topic, partition, key, encode(entry))


class FileJournal:
    """The journal as files, for the embedded broker, which forgets its log.

    Frame: length and xxh32 of the record (little-endian uint32 each), record. A
    frame cut off by a crash is dropped: its batch had not been answered for.
    Every start is a new log of `reports`.
    """

    _HEADER = struct.Struct("<II")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner = uuid.uuid4().hex
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, partition: int) -> Path:
        return self._folder / f"tally-{partition}.journal"

    async def recover(self, partition: int, position: Position) -> list[bytes]:
        """Claim, fold. Raises Fatal if the file is damaged anywhere but at its end."""
        path = self._path(partition)
        first_time = position.epoch == 0
        bodies: list[bytes] = []
        if path.exists():
            data = path.read_bytes()
            for end, value in self._frames(data, position.next_offset, path):
                record = decode(value)
                if position.advance(record) and isinstance(record, Entry):
                    bodies.append(record.body)
                position.next_offset = end
            os.truncate(path, position.next_offset)
        claim = Claim(self._owner, new_log=first_time)
        self._write(partition, encode(claim))
        position.advance(claim)
        position.next_offset = path.stat().st_size
        return bodies

    def _frames(self, data: bytes, start: int, path: Path) -> Iterator[tuple[int, bytes]]:
        offset = start
        while offset + self._HEADER.size <= len(data):
            length, checksum = self._HEADER.unpack_from(data, offset)
            end = offset + self._HEADER.size + length
            value = data[offset + self._HEADER.size : end]
            if end > len(data):
                return
            if xxhash.xxh32_intdigest(value) != checksum:
                if end == len(data):
                    return
                raise Fatal(
                    f"{path} is damaged at byte {offset}: put back a copy of the folder, "
                    "or start with an empty one"
                )
            yield end, value
            offset = end

    def _write(self, partition: int, value: bytes) -> None:
        frame = self._HEADER.pack(len(value), xxhash.xxh32_intdigest(value)) + value
        with self._path(partition).open("ab") as file:
            file.write(frame)
            file.flush()
            os.fsync(file.fileno())

    async def append(self, partition: int, entry: Entry) -> None:
        self._write(partition, encode(entry))
