"""The journal as files, for the embedded broker, which forgets its log.

Frame: length and xxh32 of the record (little-endian uint32 each), record. A
frame cut off by a crash is dropped: its batch had not been answered for. Every
start is a new log of `reports`. A snapshot is a new file that takes the old
one's name.
"""

import logging
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from streams.errors import Fatal
from streams.frames import HEADER, framed, is_whole
from streams.journal import (
    Chunk,
    Claim,
    Entry,
    Part,
    Position,
    Record,
    Recovered,
    decode,
    encode,
)
from streams.journal_reading import Reading

log = logging.getLogger(__name__)


class _File:
    """What is known of one partition's file. entry_bytes: since the last snapshot."""

    def __init__(self) -> None:
        self.entry_bytes = 0
        self.snapshot_bytes = 0
        self.chunks: list[Chunk] = []


class FileJournal:
    """See the module. min_bytes, partitions: as of a journal on a topic."""

    def __init__(self, folder: Path, min_bytes: int, partitions: int = 0) -> None:
        self._folder = folder
        self._min_bytes = min_bytes
        self._partitions = partitions
        self._owner = uuid.uuid4().hex[:16]
        self._files: dict[int, _File] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, partition: int) -> Path:
        return self._folder / f"tally-{partition}.journal"

    async def recover(self, partition: int, position: Position) -> Recovered:
        """Claim, fold. Raises Fatal if the file is damaged anywhere but at its end."""
        path = self._path(partition)
        first_time = position.epoch == 0
        reading = Reading(position, self._partitions)
        if path.exists():
            for end, record in _records(path, position.next_offset):
                reading.take(record)
                position.next_offset = end
            os.truncate(path, position.next_offset)
        recovered = reading.recovered(str(path))
        file = self._files.setdefault(partition, _File())
        if reading.snapshot:
            file.chunks = reading.snapshot.chunks
            file.snapshot_bytes = sum(map(len, recovered.parts))
        file.entry_bytes += reading.entry_bytes
        claim = Claim(self._owner, first_time, self._partitions)
        with path.open("ab") as frames:
            _write(frames, [claim])
        position.advance(claim)
        position.next_offset = path.stat().st_size
        return recovered

    async def append(self, partition: int, entry: Entry) -> None:
        with self._path(partition).open("ab") as frames:
            _write(frames, [entry])
        self._files[partition].entry_bytes += len(entry.body)

    def entry_bytes(self, partition: int) -> int:
        return self._files[partition].entry_bytes

    def snapshot_is_due(self, partition: int) -> bool:
        file = self._files[partition]
        return file.entry_bytes >= max(self._min_bytes, file.snapshot_bytes)

    async def snapshot(
        self,
        partition: int,
        position: Position,
        parts: Iterable[bytes],
        chunks: Iterable[tuple[int, bytes]],
        outlived: int,
    ) -> int | None:
        file = self._files[partition]
        path = self._path(partition)
        new = path.with_suffix(".new")
        kept = [chunk for chunk in file.chunks if chunk.until >= outlived]
        try:
            with new.open("wb") as frames:
                _write(frames, [Claim(self._owner, partitions=self._partitions)])
                _write(frames, _kept_parts(path, {chunk.key for chunk in kept}))
                for number, (until, body) in enumerate(chunks):
                    chunk = Chunk(f"{position.version}-chunk-{number}", until)
                    _write(frames, [Part(chunk.key, body)])
                    kept.append(chunk)
                named: list[str] = []
                written = 0
                for body in parts:
                    named.append(f"{position.version}-{len(named)}")
                    _write(frames, [Part(named[-1], body)])
                    written += len(body)
                _write(frames, [position.snapshot(named, kept)])
            new.replace(path)
        except OSError as error:
            # The journal as it stands is whole; the next entries try again.
            log.warning("no snapshot of partition %s: %s", partition, error)
            new.unlink(missing_ok=True)
            file.entry_bytes = 0
            return None
        position.next_offset = path.stat().st_size
        file.entry_bytes, file.snapshot_bytes, file.chunks = 0, written, kept
        return written


def _records(path: Path, start: int) -> Iterator[tuple[int, Record]]:
    """(offset behind it, record) of every whole frame from `start` on."""
    data = path.read_bytes()
    offset = start
    while offset + HEADER.size <= len(data):
        length, checksum = HEADER.unpack_from(data, offset)
        end = offset + HEADER.size + length
        value = data[offset + HEADER.size : end]
        if end > len(data):
            return
        if not is_whole(value, length, checksum):
            if end == len(data):
                return
            raise Fatal(
                f"{path} is damaged at byte {offset}: put back a copy of the folder, "
                "or start with an empty one"
            )
        yield end, decode(value)
        offset = end


def _kept_parts(path: Path, keys: set[str]) -> Iterator[Part]:
    for _, record in _records(path, 0):
        if isinstance(record, Part) and record.key in keys:
            yield record


def _write(frames: BinaryIO, records: Iterable[Record]) -> None:
    """Append, and return once it is on the disk."""
    for record in records:
        frames.write(framed(encode(record)))
    frames.flush()
    os.fsync(frames.fileno())
