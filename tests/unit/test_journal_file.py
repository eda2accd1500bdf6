"""The journal in files: it survives crashes, damage is told, snapshots take its place."""

from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path

import pytest

from streams.errors import Fatal
from streams.journal import Position, Recovered
from streams.journal_file import FileJournal

NEVER = 1 << 30  # bytes


async def write(folder: Path, bodies: list[bytes]) -> None:
    journal = FileJournal(folder, NEVER)
    position = Position()
    await journal.recover(0, position)
    for number, body in enumerate(bodies):
        entry = position.entry(number, body)
        await journal.append(0, entry)
        position.advance(entry)


async def read(folder: Path) -> tuple[list[bytes], Position]:
    position = Position()
    recovered = await FileJournal(folder, NEVER).recover(0, position)
    return recovered.entries, position


async def test_files_keep_what_was_appended_over_starts(tmp_path: Path) -> None:
    await write(tmp_path, [b"one", b"two"])
    bodies, position = await read(tmp_path)
    assert bodies == [b"one", b"two"]
    assert (position.log, position.applied, position.seq, position.epoch) == (2, -1, 2, 2)


@pytest.mark.parametrize("lost", [1, 5, 9])
async def test_an_entry_cut_off_by_a_crash_is_dropped(tmp_path: Path, lost: int) -> None:
    await write(tmp_path, [b"one", b"two"])
    file = tmp_path / "tally-0.journal"
    file.write_bytes(file.read_bytes()[:-lost])
    bodies, _ = await read(tmp_path)
    assert bodies == [b"one"]
    await write(tmp_path, [b"three"])
    assert (await read(tmp_path))[0] == [b"one", b"three"]


async def test_damage_in_the_middle_stops(tmp_path: Path) -> None:
    await write(tmp_path, [b"one" * 50, b"two" * 50])
    file = tmp_path / "tally-0.journal"
    data = bytearray(file.read_bytes())
    data[data.index(b"oneone")] ^= 1
    file.write_bytes(data)
    with pytest.raises(Fatal, match="damaged at byte"):
        await read(tmp_path)


async def test_recovering_again_in_the_same_process_goes_on(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, NEVER)
    position = Position()
    await journal.recover(0, position)
    entry = position.entry(5, b"one")
    await journal.append(0, entry)
    position.advance(entry)
    assert await journal.recover(0, position) == Recovered([], [], [])
    assert (position.applied, position.log) == (5, 1)
    assert (await read(tmp_path))[0] == [b"one"]


async def test_a_snapshot_stands_for_what_came_before(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, 10)
    position = Position()
    await journal.recover(0, position)
    for number, body in enumerate([b"one", b"two", b"three"]):
        assert not journal.snapshot_is_due(0)
        entry = position.entry(number, body)
        await journal.append(0, entry)
        position.advance(entry)
    assert journal.snapshot_is_due(0)
    before = (tmp_path / "tally-0.journal").stat().st_size
    await journal.snapshot(0, position, [b"a", b"b"], [(7, b"ids of 7")], outlived=0)
    assert (tmp_path / "tally-0.journal").stat().st_size < before + 200
    entry = position.entry(3, b"four")
    await journal.append(0, entry)
    position.advance(entry)
    again = Position()
    recovered = await FileJournal(tmp_path, 10).recover(0, again)
    assert recovered == Recovered([b"ids of 7"], [b"a", b"b"], [b"four"])
    assert (again.seq, again.epoch, again.log) == (4, 2, 2)


async def test_chunks_are_kept_until_they_are_outlived(tmp_path: Path) -> None:
    for hour in range(5):
        journal = FileJournal(tmp_path, 10)
        position = Position()
        await journal.recover(0, position)
        await journal.snapshot(0, position, [b"s"], [(hour, b"%d" % hour)], outlived=hour - 2)
    recovered = await FileJournal(tmp_path, 10).recover(0, Position())
    assert recovered.chunks == [b"2", b"3", b"4"]


async def test_a_snapshot_that_finds_no_room_leaves_the_journal_whole(tmp_path: Path) -> None:
    await write(tmp_path, [b"one"])
    journal = FileJournal(tmp_path, 1)
    position = Position()
    await journal.recover(0, position)

    def parts() -> Iterator[bytes]:
        yield b"s"
        raise OSError(ENOSPC, "no space left on device")

    assert await journal.snapshot(0, position, parts(), [], outlived=0) is None
    assert not journal.snapshot_is_due(0)
    assert not (tmp_path / "tally-0.new").exists()
    assert (await read(tmp_path))[0] == [b"one"]


async def test_files_written_for_another_number_of_partitions_are_refused(tmp_path: Path) -> None:
    position = Position()
    journal = FileJournal(tmp_path, NEVER, partitions=4)
    await journal.recover(0, position)
    await journal.append(0, position.entry(5, b"one"))
    with pytest.raises(Fatal, match="is written for 4 partitions, not 8"):
        await FileJournal(tmp_path, NEVER, partitions=8).recover(0, Position())
    again = await FileJournal(tmp_path, NEVER, partitions=4).recover(0, Position())
    assert again.entries == [b"one"]
