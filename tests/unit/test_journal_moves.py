"""A state brought into a journal: whole or not at all, and never counted on for another number of partitions."""

from collections.abc import Awaitable, Callable

import pytest

from streams.errors import Fatal
from streams.journal import Recovered
from streams.journal_reading import Reading
from tests.unit.test_journal_topic import Log, Worker

OLD = [b"1", b"2", b"3"]
BROUGHT = [b"11", b"13", b"15", b"17"]


class Killed(Exception):
    """As `kill -9`: nothing more is written."""


async def counted(log: Log, partitions: int, *bodies: bytes) -> Worker:
    worker = Worker(log, partitions=partitions)
    await worker.take_over()
    for body in bodies:
        await worker.count(body)
    return worker


async def bring(mover: Worker) -> int | None:
    position = await mover.announce(0)
    position.epoch, position.applied = 1_000, 7
    return await mover.snapshot(0, position, [b" ".join(BROUGHT)], [(0, b"12")], 0)


async def look(log: Log, partitions: int, *, leaving: bool = False) -> Reading:
    return await Worker(log, partitions=partitions).look(0, leaving=leaving)


def killed_after(records: int) -> Callable[[], Awaitable[None]]:
    left = records

    async def interrupt() -> None:
        nonlocal left
        if not left:
            raise Killed
        left -= 1

    return interrupt


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("records", [0, 1, 2, 3])
async def test_a_move_killed_anywhere_is_done_again_from_the_same_state(
    records: int, compacted: bool
) -> None:
    log = Log()
    await counted(log, 4, *OLD)
    mover = Worker(log, partitions=7)
    mover.interrupt = killed_after(records)
    with pytest.raises(Killed):
        await bring(mover)
    if compacted:
        log.compact(len(log.records))
    before = await look(log, 4, leaving=True)
    assert before.recovered("here").entries == OLD
    with pytest.raises(Fatal, match="waits for a state" if records else "written for 4 partitions"):
        await counted(log, 7)
    if records:
        with pytest.raises(Fatal, match="is written for 7 partitions, not 4"):
            await counted(log, 4)
    assert await bring(Worker(log, partitions=7)) is not None
    tally = await counted(log, 7, b"18")
    assert tally.state == [b"12", *BROUGHT, b"18"]
    assert (tally.position.epoch, tally.position.applied) == (1_001, 8)


async def test_a_number_of_partitions_that_grew_by_itself_is_noticed() -> None:
    log = Log()
    await counted(log, 4, *OLD)
    for _ in range(2):  # its own claim does not make it right
        with pytest.raises(Fatal, match=r"journal\[0\] is written for 4 partitions, not 7"):
            await counted(log, 7)
    assert (await look(log, 4, leaving=True)).recovered("here").entries == OLD
    with pytest.raises(
        Fatal, match="is written for 7 partitions, not 9"
    ):  # there is nothing to move
        (await look(log, 9, leaving=True)).recovered("here")
    assert await bring(Worker(log, partitions=7)) is not None
    assert (await counted(log, 7)).state == [b"12", *BROUGHT]


async def test_a_journal_that_does_not_say_its_number_goes_on() -> None:
    log = Log()
    await counted(log, 0, *OLD)
    assert (await counted(log, 4, b"5")).state == [*OLD, b"5"]


async def test_a_worker_that_counted_on_meanwhile_writes_in_vain() -> None:
    log = Log()
    worker = await counted(log, 4, *OLD)
    assert await bring(Worker(log, partitions=4)) is not None
    await worker.count(b"9")
    assert (await counted(log, 4)).state == [b"12", *BROUGHT]
    await worker.take_over()
    assert worker.state == [b"12", *BROUGHT]


async def test_a_worker_that_comes_amid_a_move_stops_it() -> None:
    log = Log()
    mover = Worker(log, partitions=4)
    position = await mover.announce(0)
    with pytest.raises(Fatal, match="waits for a state"):
        await counted(log, 4)
    assert await mover.snapshot(0, position, [b"11"], [], 0) is None
    with pytest.raises(Fatal, match="waits for a state"):
        await counted(log, 4)


async def test_what_was_brought_may_be_brought_again_until_something_is_counted() -> None:
    log = Log()
    assert (await look(log, 4)).counted_for is None
    await bring(Worker(log, partitions=4))
    await counted(log, 4)
    assert (await look(log, 4)).counted_for is None
    await bring(Worker(log, partitions=4))
    worker = await counted(log, 4, b"18")
    assert (await look(log, 4)).counted_for == 4
    await worker.save()
    assert (await look(log, 4)).counted_for == 4


async def test_a_journal_is_looked_at_while_a_snapshot_takes_the_place_of_its_last() -> None:
    log = Log()
    worker = await counted(log, 4, b"1", b"3")
    await worker.save()
    await worker.count(b"5")

    class Watching(Worker):
        async def _end(self, partition: int) -> int:
            end = await super()._end(partition)
            if self.interrupt:
                await self.interrupt()
            return end

    async def meanwhile() -> None:
        watching.interrupt = None
        await worker.save()
        log.compact(len(log.records))

    watching = Watching(log, partitions=4)
    watching.interrupt = meanwhile
    found = (await watching.look(0)).recovered("here")
    assert found == Recovered([], [b"1 3 5"], [])
    await worker.count(b"7")
    assert worker.state == [b"1", b"3", b"5", b"7"]
