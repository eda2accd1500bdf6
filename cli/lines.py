"""Bytes in: whole lines out of files, files that grow and pipes, and what encoding they are in."""

import codecs
import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import xxhash

from streams.errors import UserError

_CHUNK_BYTES: Final = 1 << 20


class Idle(Exception):
    """Nothing to read now; more may come."""


class Lines:
    """Whole lines out of a file descriptor, with what has been read hashed and counted.

    follow: at the end of the file, raise Idle instead of stopping.
    Raises Idle also when a pipe has nothing to give yet.
    """

    def __init__(self, fd: int, *, follow: bool = False) -> None:
        self.bytes_read = 0
        self._fd = fd
        self._follow = follow
        self._pipe = not _seekable(fd)
        self._digest = xxhash.xxh3_64()
        self._lines: list[bytes] = []  # complete lines not yet handed out, reversed
        self._tail = b""
        self._record: list[bytes] = []  # lines of the record that is being read
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self._lines:
            self._fill()
        line = self._lines.pop()
        self._record.append(line)
        return line

    def accept(self) -> int:
        """The lines handed out make a whole record: hash them, and return the digest so far."""
        for line in self._record:
            self._digest.update(line)
            self.bytes_read += len(line)
        self._record.clear()
        return self._digest.intdigest()

    def ends_in_open_quote(self) -> bool:
        """Whether the file's last record runs over several lines with an odd number of quotes."""
        last = self._ended and not self._lines and len(self._record) > 1
        return last and sum(line.count(b'"') for line in self._record) % 2 == 1

    def give_back(self) -> None:
        """The record is not whole yet: hand its lines out again next time."""
        self._lines.extend(reversed(self._record))
        self._record.clear()

    def _fill(self) -> None:
        if self._ended:
            raise StopIteration
        if self._pipe and not select.select((self._fd,), (), (), 0)[0]:
            raise Idle
        chunk = os.read(self._fd, _CHUNK_BYTES)
        if chunk:
            *lines, self._tail = (self._tail + chunk).split(b"\n")
            self._lines = [line + b"\n" for line in reversed(lines)]
        elif self._follow and not self._pipe:
            if os.fstat(self._fd).st_size < os.lseek(self._fd, 0, os.SEEK_CUR):
                raise UserError("the file became shorter while it was followed; start again")
            raise Idle
        else:
            self._ended = True
            if self._tail:
                self._lines = [self._tail]


def _seekable(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_CUR)
    except OSError:
        return False
    return True


def detect_encoding(path: Path) -> str:
    """UTF-8 (with or without byte order mark) if all of the file reads so, else GB18030.

    A character cut off at the very end does not count against either: the file may be growing.
    Raises UserError if it is neither.
    """
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise UserError(f"{path} is UTF-16; save it as UTF-8 or GB18030")
    failures = []
    for encoding in ("utf-8", "gb18030"):
        at_byte = _first_undecodable(path, encoding)
        if at_byte is None:
            return encoding
        failures.append(f"{encoding} (byte {at_byte})")
    raise UserError(f"{path} is neither {' nor '.join(failures)}; say what it is with --encoding")


def _first_undecodable(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return read + error.start
            read += len(chunk)
    return None


def encoding_of(path: Path | None, asked: str | None) -> str:
    """The encoding to read with; UTF-8 for standard input if none is asked for."""
    if asked is not None:
        try:
            "".encode(asked)
        except LookupError:
            raise UserError(f"no encoding {asked!r}; use utf-8 or gb18030") from None
        return asked
    if path is None:
        return "utf-8"
    os.close(opened(path))
    return detect_encoding(path)


def opened(path: Path) -> int:
    """A file descriptor to read from. Raises UserError if it cannot be one."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    if path.is_dir():
        os.close(fd)
        raise UserError(f"{path} is a folder; expected a file")
    return fd
