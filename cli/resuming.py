"""Where an interrupted publication goes on: one small file per publication, replaced atomically."""

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import xxhash

from streams.errors import UserError

_FOLDER: Final = "publish"
_SAVE_EVERY_S: Final = 1.0


class Point(msgspec.Struct, frozen=True):
    """After so many rows: what had become of them, and what had been read.

    digest: Row.digest of the last of these rows.
    """

    rows: int = 0
    published: int = 0
    refused: int = 0
    without_time: int = 0
    cut: int = 0
    digest: int = 0


class Progress(msgspec.Struct, frozen=True):
    """One publication so far.

    broker: which log the events went to; another one has to get them all again.
    started_at: the moment given to rows without a time, if no other was asked for.
    total_rows: rows the file had at the start, where that was counted.
    """

    runid: str
    broker: str
    started_at: datetime
    total_rows: int | None = None
    point: Point = Point()
    finished: bool = False


def new_runid() -> str:
    """A label for one run: 40 random bits, so a source's runs do not meet."""
    return secrets.token_hex(5)


class Keeper:
    """Keeps one publication's progress under <data>/publish/."""

    def __init__(self, data: Path, identity: Any) -> None:
        """identity: what makes this publication this one, as JSON: file and arguments."""
        name = xxhash.xxh3_128_hexdigest(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS))
        self.path = data / _FOLDER / f"{name}.json"
        self._saved_at_s = 0.0

    def load(self) -> Progress | None:
        """What was kept; None if nothing was, or if it cannot be read."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Progress)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def save(self, progress: Progress) -> None:
        """Replace what was kept. Raises UserError if the folder cannot be written."""
        scratch = self.path.with_suffix(f".{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(msgspec.json.encode(progress))
            scratch.replace(self.path)
        except OSError as error:
            raise UserError(
                f"progress cannot be kept in {self.path.parent} ({error.strerror}); "
                "set HUISHANG_DATA to a folder that can be written"
            ) from None

    def save_now_and_then(self, progress: Progress, now_s: float) -> None:
        """Save if the last time was a second ago. now_s: a monotonic clock."""
        if now_s - self._saved_at_s >= _SAVE_EVERY_S:
            self._saved_at_s = now_s
            self.save(progress)
