"""The journal on a compacted topic: lost owners, snapshots and compaction at any moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import Fatal
from streams.journal import Claim, Position, Recovered, Snapshot, decode, encode
from streams.journal_topic import TopicJournal


class Log:
    """One partition of a compacted topic: (key, value) by offset, None where compaction was."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes | None] | None] = []

    def append(self, key: bytes, value: bytes | None) -> int:
        self.records.append((key, value))
        return len(self.records) - 1

    def compact(self, before: int) -> None:
        """Keep the last record per key; drop what was deleted. Later records stay as they are."""
        last = {record[0]: at for at, record in enumerate(self.records[:before]) if record}
        for at, record in enumerate(self.records[:before]):
            if record and (last[record[0]] != at or record[1] is None):
                self.records[at] = None

    @property
    def size(self) -> int:
        return sum(len(key) + len(value or b"") for key, value in filter(None, self.records))


class Worker(TopicJournal):
    """A worker whose state is the list of all bodies it has applied."""

    def __init__(self, log: Log, min_bytes: int = 1, partitions: int = 0) -> None:
        super().__init__("journal", {}, self._to_log, min_bytes, partitions)
        self.log = log
        self.position = Position()
        self.state: list[bytes] = []
        self.fresh: list[bytes] = []
        self.interrupt: Callable[[], Awaitable[None]] | None = None

    async def _to_log(self, _: str, partition: int, key: bytes, value: bytes | None) -> int:
        assert partition == 0
        if self.interrupt:
            await self.interrupt()
        return self.log.append(key, value)

    async def _read(
        self, partition: int, start: int, end: int
    ) -> AsyncIterator[tuple[int, str, bytes | None]]:
        assert partition == 0
        for offset in range(start, end + 1):
            if record := self.log.records[offset]:
                yield offset, record[0].decode(), record[1]

    async def _end(self, partition: int) -> int:
        assert partition == 0
        return len(self.log.records)

    async def take_over(self) -> None:
        epoch = self.position.epoch
        recovered = await self.recover(0, self.position)
        if epoch and self.position.epoch > epoch + 1:
            self.position, self.state, self.fresh = Position(), [], []
            recovered = await self.recover(0, self.position)
        self.fold(recovered)

    def fold(self, recovered: Recovered) -> None:
        for part in (*recovered.chunks, *recovered.parts):
            self.state += part.split()
        self.state += recovered.entries
        self.fresh += recovered.entries

    async def count(self, body: bytes) -> None:
        entry = self.position.entry(self.position.applied + 1, body)
        await self.append(0, entry)
        self.position.advance(entry)
        self.state.append(body)
        self.fresh.append(body)

    async def save(self) -> None:
        """Bodies that are even numbers go to chunks, the others to parts."""
        even = [body for body in self.fresh if int(body) % 2 == 0]
        odd = [body for body in self.state if int(body) % 2]
        parts = [b" ".join(odd[start : start + 3]) for start in range(0, len(odd), 3)]
        chunks = [(0, b" ".join(even))] if even else []
        if await self.snapshot(0, self.position, parts, chunks, 0) is not None:
            self.fresh.clear()


steps = st.lists(
    st.tuples(
        st.sampled_from(["take over", "count", "count", "count", "save", "compact"]),
        st.integers(0, 2),
        st.integers(0, 12),
    ),
    max_size=40,
)


@given(steps)
@settings(deadline=None, max_examples=200)
def test_whatever_is_lost_saved_and_compacted_every_reader_agrees(
    steps: list[tuple[str, int, int]],
) -> None:
    asyncio.run(played(steps))


async def played(steps: list[tuple[str, int, int]]) -> None:
    """Three workers, each believing what it last read. One of them may claim amid a snapshot.

    Truth: a body counts if its writer was the latest claimant when it was written.
    """
    log = Log()
    workers = [Worker(log) for _ in range(3)]
    owner: Worker | None = None
    truth: list[bytes] = []

    async def take_over(worker: Worker) -> None:
        nonlocal owner
        owner = worker
        await worker.take_over()
        assert sorted(worker.state) == sorted(truth)

    for number, (step, who, at) in enumerate(steps):
        worker = workers[who]
        if step == "take over":
            await take_over(worker)
        elif step == "compact":
            log.compact(len(log.records) * at // 12)
        elif worker.position.epoch and step == "count":
            body = b"%d" % number
            if worker is owner:
                truth.append(body)
            await worker.count(body)
        elif worker.position.epoch:
            await save_interrupted(worker, at, partial(take_over, workers[(who + 1) % 3]))
    await take_over(Worker(log))


async def save_interrupted(worker: Worker, at: int, then: Callable[[], Awaitable[None]]) -> None:
    """Something happens before the at-th record of a snapshot, and the log is compacted."""
    sends = 0

    async def interrupt() -> None:
        nonlocal sends
        sends += 1
        if sends == at:
            await then()
            worker.log.compact(len(worker.log.records))

    worker.interrupt = interrupt
    await worker.save()
    worker.interrupt = None


async def test_the_log_stays_bounded_over_many_snapshots() -> None:
    log = Log()
    worker = Worker(log)
    await worker.take_over()
    for number in range(1, 2_001, 2):
        await worker.count(b"%d" % number)
        if number % 5 == 0:
            worker.state = worker.state[-50:]  # so that the state stays as large as it is
            await worker.save()
            log.compact(len(log.records))
    assert log.size < 4_000
    reader = Worker(log)
    await reader.take_over()
    assert reader.state == worker.state


async def test_a_snapshot_that_cannot_be_read_back_whole_stops() -> None:
    log = Log()
    worker = Worker(log)
    await worker.take_over()
    await worker.count(b"1")
    await worker.save()
    for at, record in enumerate(log.records):
        if record and record[0].endswith(b"-a-0"):
            log.records[at] = None
    with pytest.raises(Fatal, match="lacks 1 of the 1 parts"):
        await Worker(log).take_over()


async def test_a_lost_owner_takes_no_snapshot_and_deletes_nothing() -> None:
    log = Log()
    first, second = Worker(log), Worker(log)
    await first.take_over()
    await first.count(b"1")
    await second.take_over()
    await first.save()
    assert not first.snapshot_is_due(0)
    assert all(value is not None for _, value in filter(None, log.records))
    assert second.state == [b"1"]


async def test_claims_that_are_gone_are_still_counted() -> None:
    log = Log()
    for number in range(5):
        worker = Worker(log)
        await worker.take_over()
        await worker.count(b"%d" % number)
    await worker.save()
    log.compact(len(log.records))
    claims = [r for r in filter(None, log.records) if isinstance(decode(r[1] or b""), Claim)]
    assert len(claims) == 1
    reader = Worker(log)
    await reader.take_over()
    assert reader.position.epoch == 6
    assert reader.position.seq == 5


def test_snapshots_survive_encoding() -> None:
    position = Position()
    position.advance(Claim("a"))
    snapshot = position.snapshot(["a-a-0"], [])
    assert decode(encode(snapshot)) == snapshot
    assert isinstance(snapshot, Snapshot)
