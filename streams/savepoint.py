"""A savepoint: the state of all partitions in one file, and the place in each log that it belongs to.

The state is what the stage that holds it makes of it (agents/); here it is bytes. A file
counts only if it is whole: every record has a checksum, and the last one says how many
there are. (The word and the idea are Flink's: a copy of the state by which the same job, or
one of another width, goes on.)
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import Struct

from streams.errors import UserError
from streams.formats import JOURNAL
from streams.frames import HEADER, framed, is_whole

FORMAT: Final = 1
_MAGIC: Final = b"huishang savepoint\n"


class Head(Struct, array_like=True, tag="h"):
    """format: of the file. made_at_s: seconds since 1970. version: of the Huishang that wrote it.

    bodies: the format of ids and pieces, which are what the journal holds.
    """

    format: int
    partitions: int
    made_at_s: int
    version: str
    bodies: int = JOURNAL.writes


class Standing(Struct, array_like=True, tag="s"):
    """How far a partition was: epoch, log, applied and mark as in streams/journal.py.

    identities: how many follow. learnt: last day (since 1970) that its baselines know, -1
    for none. clock: the change that says how far its events are.
    """

    partition: int
    epoch: int
    log: int
    applied: int
    mark: int
    identities: int
    learnt: int
    clock: bytes


class Ids(Struct, array_like=True, tag="i"):
    """Identities of the partition named before, hour after hour, as a change."""

    body: bytes


class Piece(Struct, array_like=True, tag="p"):
    """A change that makes the state of the partition named before, after all pieces before it."""

    body: bytes


class End(Struct, array_like=True, tag="e"):
    """The last record. records: before it."""

    records: int


Record = Head | Standing | Ids | Piece | End

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Writer:
    """Adds partitions to a file; see `writing`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._records = 0
        file.write(_MAGIC)

    def put(self, record: Record) -> None:
        self._file.write(framed(_encode(record)))
        self._records += 1

    def add(self, standing: Standing, ids: Iterable[bytes], pieces: Iterable[bytes]) -> None:
        """One partition, whole."""
        self.put(standing)
        for body in ids:
            self.put(Ids(body))
        for body in pieces:
            self.put(Piece(body))

    def end(self) -> None:
        self.put(End(self._records))
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def writing(path: Path, head: Head) -> Iterator[Writer]:
    """A new file, which is there once the block has ended well, readable by its owner alone.

    Raises UserError if there is one of that name, or it cannot be written.
    """
    if path.exists():
        raise UserError(f"{path} is there already; name a file that is not, or delete it")
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(
            os.open(scratch, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb"
        ) as file:
            writer = Writer(file)
            writer.put(head)
            yield writer
            writer.end()
        scratch.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}; name another place") from None
    finally:
        scratch.unlink(missing_ok=True)


class Savepoint:
    """A file that was read once and found whole.

    Raises UserError if it cannot be read, is none, is cut off or damaged, or of a later format;
    Fatal if its bodies have a format that this version does not read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts: dict[int, int] = {}
        self.standings: list[Standing] = []
        self.head = Head(FORMAT, 0, 0, "")
        records, last = 0, None
        for end, record in self._records(0):
            if isinstance(record, Head):
                self.head = record
            elif isinstance(record, Standing):
                self._starts[record.partition] = end
                self.standings.append(record)
            elif isinstance(record, End):
                last = record.records
                break
            records += 1
        whole = [standing.partition for standing in self.standings] == [*range(self.partitions)]
        if last != records or not whole:
            raise UserError(f"{path} is cut off: take another copy of it, or an older savepoint")

    @property
    def partitions(self) -> int:
        return self.head.partitions

    def ids(self, partition: int) -> Iterator[bytes]:
        """Bodies, in order."""
        return (one.body for one in self._of(partition) if isinstance(one, Ids))

    def pieces(self, partition: int) -> Iterator[bytes]:
        """Bodies, in order."""
        return (one.body for one in self._of(partition) if isinstance(one, Piece))

    def _of(self, partition: int) -> Iterator[Record]:
        for _, record in self._records(self._starts[partition]):
            if isinstance(record, Standing | End):
                return
            yield record

    def _records(self, start: int) -> Iterator[tuple[int, Record]]:
        """(offset behind it, record) from `start` on; 0 is the head."""
        try:
            with self._path.open("rb") as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise UserError(
                        f"{self._path} is no savepoint: `huishang journal backup` makes one"
                    )
                file.seek(start or len(_MAGIC))
                while header := file.read(HEADER.size):
                    record = self._record(header, file)
                    yield file.tell(), record
        except OSError as error:
            raise UserError(f"{self._path} cannot be read: {error.strerror}") from None

    def _record(self, header: bytes, file: BinaryIO) -> Record:
        at = file.tell() - len(header)
        if len(header) == HEADER.size:
            length, checksum = HEADER.unpack(header)
            value = file.read(length)
            if is_whole(value, length, checksum):
                record: Record = _decode(value)
                if isinstance(record, Head):
                    self._check(record)
                return record
        raise UserError(
            f"{self._path} is cut off or damaged at byte {at}: take another copy of it, or an "
            "older savepoint"
        )

    def _check(self, head: Head) -> None:
        if head.format > FORMAT:
            raise UserError(
                f"{self._path} is of format {head.format}, written by Huishang {head.version}; this "
                f"version reads up to {FORMAT}: use that one, or a later one"
            )
        JOURNAL.check(head.bodies)
