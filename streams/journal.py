"""Tally's journal: one record per batch, chained by sequence, fenced by claims, bounded by snapshots.

A worker that gets a partition appends a claim and reads the journal up to that
claim: the log's own order says who owns the partition. From then on records of
earlier owners are ignored, by this reader and by every later one. So a worker
that lost its partition, and does not know it yet, writes in vain.

An entry is accepted only if it continues the chain: its owner is the latest
claimant and its prev_seq is the last accepted seq. The number of claims so far
is the epoch; (epoch, seq) makes versions that only grow.

A snapshot stands for all that came before it: parts first, then one record that
names them. Reading goes on from the latest one whose owner had the partition.
What an earlier owner wrote, and what a snapshot replaced, may be missing from the
log by then: nothing of it is asked for. (The idea is that of log compaction with
checkpoints, as in Kafka Streams' changelogs; sections 6.3 to 6.8 of the design.)
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import msgspec
import xxhash
from msgspec import Struct

from streams.formats import JOURNAL

SEQ_BITS = 40  # of a version; the rest is the epoch


class Claim(Struct, array_like=True, tag="c"):
    """A worker takes the partition. new_log: the offsets of `reports` start again at 0.

    partitions: of `reports`, as its owner takes them; 0: not said. Readers for another
    number pass the claim over, and with it all that its owner wrote. moved: the owner
    brings a state of its own, which takes the place of all before it: a snapshot follows.
    """

    owner: str
    new_log: bool = False
    partitions: int = 0
    moved: bool = False


class Entry(Struct, array_like=True, tag="e"):
    """What one batch, or one moment, changed.

    applied: last offset of `reports` contained in the state after this entry.
    body: the change, encoded by its owner (agents/).
    mark: xxh3-64 of the record at `applied`, by which its log is known again; 0: not noted.
    format: of the body; 1 where none is told.
    """

    owner: str
    prev_seq: int
    seq: int
    applied: int
    body: bytes
    mark: int = 0
    format: int = 1


class Part(Struct, array_like=True, tag="p"):
    """A piece of state that a snapshot names. key: unique among what is kept."""

    key: str
    body: bytes


class Chunk(Struct, array_like=True, frozen=True):
    """A part that never changes, kept by every snapshot until it is outlived.

    until: the last hour it is needed for, in the owner's own reckoning.
    """

    key: str
    until: int


class Snapshot(Struct, array_like=True, tag="s"):
    """The state after entry `seq`, as the bodies of its chunks and then of its parts.

    format: of these bodies; 1 where none is told.
    """

    owner: str
    epoch: int
    seq: int
    log: int
    applied: int
    mark: int
    parts: list[str]
    chunks: list[Chunk]
    format: int = 1


Record = Claim | Entry | Part | Snapshot

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


def decode(value: bytes) -> Record:
    """Raises Fatal for a record that this version does not know."""
    try:
        found: Record = _decode(value)
    except msgspec.ValidationError:
        raise JOURNAL.unreadable() from None
    return found


class Position:
    """How far a partition's journal has been read.

    epoch: claims so far. seq: last accepted entry. log: which log of `reports`
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

    def advance(self, record: Claim | Entry | Snapshot) -> bool:
        """Move on by one record; False if it was written by an owner that had lost the partition."""
        if isinstance(record, Claim):
            self.epoch += 1
            self.owner = record.owner
            if record.new_log:
                self.log += 1
                self.applied = -1
                self.mark = 0
            return True
        if record.owner != self.owner:
            return False
        if isinstance(record, Snapshot):
            # Claims before it may be gone; it knows how many there were.
            self.epoch = record.epoch
            self.log = record.log
        elif record.prev_seq != self.seq:
            return False
        self.seq = record.seq
        self.applied = record.applied
        self.mark = record.mark
        return True

    def entry(self, applied: int, body: bytes, mark: int = 0) -> Entry:
        """The entry that would come next."""
        return Entry(self.owner, self.seq, self.seq + 1, applied, body, mark, JOURNAL.writes)

    def snapshot(self, parts: list[str], chunks: list[Chunk]) -> Snapshot:
        """The snapshot of the state as it stands here."""
        return Snapshot(
            *(self.owner, self.epoch, self.seq, self.log, self.applied, self.mark),
            parts,
            chunks,
            JOURNAL.writes,
        )


def mark_of(value: bytes | None) -> int:
    """Of a record's value, for Entry.mark: never 0."""
    return xxhash.xxh3_64_intdigest(value or b"") or 1


class Recovered(NamedTuple):
    """What a journal gave back: bodies of the last snapshot and of the entries since, in order."""

    chunks: list[bytes]
    parts: list[bytes]
    entries: list[bytes]


class Journal(Protocol):
    """Where one worker keeps the journals of its partitions."""

    async def recover(self, partition: int, position: Position) -> Recovered:
        """Claim the partition; move `position` to the claim; what is accepted, in order."""
        ...

    async def append(self, partition: int, entry: Entry) -> None:
        """Return once the entry is safe."""
        ...

    def entry_bytes(self, partition: int) -> int:
        """Of the entries since the last snapshot: what a recovery reads beside it."""
        ...

    def snapshot_is_due(self, partition: int) -> bool:
        """Whether the entries since the last snapshot have outgrown it."""
        ...

    async def snapshot(
        self,
        partition: int,
        position: Position,
        parts: Iterable[bytes],
        chunks: Iterable[tuple[int, bytes]],
        outlived: int,
    ) -> int | None:
        """Write the state at `position`, then let go of what it replaces; its bytes.

        None if it could not be made good, and everything stays as it was. parts:
        bodies of the state. chunks: (until, body) of what never changes and came
        since the last snapshot; earlier chunks stay, but for those with until < outlived.
        """
        ...
