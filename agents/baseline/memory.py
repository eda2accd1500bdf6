"""What is remembered of each series: fixed-size columns, one place a series, and their bytes."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.baseline.days import DAYS_KEPT, KINDS, WEEKS_KEPT
from streams.errors import Fatal

Column = npt.NDArray[Any]

PACES: Final = 2  # a slow and a fast level
WINDOWS: Final = (1, 2, 4, 7)  # days summed
LONGEST: Final = max(WINDOWS)
STRAYS: Final = 24  # kept per weekday


class Field(NamedTuple):
    """A column of one number or more per series, and what it starts from."""

    kind: str
    shape: tuple[int, ...] = ()
    start: float = 0.0


FIELDS: Final[dict[str, Field]] = {
    "age": Field("<i4"),  # days seen
    "level_count": Field("<f4", (PACES,), 0.3),
    "level_base": Field("<f4", (PACES,), 0.3),
    "noise": Field("<f4", (PACES,), 1.0),  # variance / mean, lately
    "growth": Field("<f4"),  # logarithm of the fast level's change in a day
    "kind_count": Field("<f4", (KINDS,), 0.5),
    "kind_base": Field("<f4", (KINDS,), 0.5),
    "total": Field("<f4"),
    "week_count": Field("<f4", (WEEKS_KEPT,)),  # weekday taken out, outbreaks cut
    "week_days": Field("u1", (WEEKS_KEPT,)),
    "week_noise": Field("<f4", (PACES, WEEKS_KEPT)),
    "ratio": Field("<f2", (DAYS_KEPT,)),  # count / expected of each day; 0: not seen
    "recent_count": Field("<f4", (LONGEST,)),
    "recent_mean": Field("<f4", (LONGEST,)),
    "recent_variance": Field("<f4", (LONGEST,)),
    "recent_pace": Field("<f4", (3, PACES)),
    "backlog": Field("<f4"),  # what a closed day held back
    "closed": Field("u1"),  # such days in a row
    "high_days": Field("<f4"),
    "excess": Field("<f4"),  # of an outbreak under way, in standard deviations
    "stray": Field("<f2", (KINDS, STRAYS)),  # ratios of single days that came to nothing
    "strays": Field("u1", (KINDS,)),
    "before_z": Field("<f4"),
    "before_ratio": Field("<f4"),
    "before_kind": Field("u1"),
}
RECORD: Final = np.dtype([(name, kind, shape) for name, (kind, shape, _) in FIELDS.items()])
BYTES: Final = RECORD.itemsize


class Memory:
    """Series advanced together, day by day: column[name][..., place]."""

    def __init__(self, size: int, day: int | None = None) -> None:
        """day: the last one seen, since 1970-01-01; None before the first."""
        self.day = day
        self.size = size
        self.column: dict[str, Column] = {
            name: np.full((*shape, size), start, kind)
            for name, (kind, shape, start) in FIELDS.items()
        }

    def grow(self, more: int) -> None:
        """Add series that have seen nothing yet."""
        fresh = Memory(more)
        for name, column in self.column.items():
            self.column[name] = np.concatenate([column, fresh.column[name]], -1)
        self.size += more

    def pack(self, place: int) -> bytes:
        """One series as BYTES bytes."""
        record = np.empty((), RECORD)
        for name, column in self.column.items():
            record[name] = column[..., place]
        return record.tobytes()


def unpack(records: Sequence[bytes], day: int | None) -> Memory:
    """Series out of their bytes, as they were after `day`.

    Raises Fatal when a record is not of BYTES bytes.
    """
    for record in records:
        if len(record) != BYTES:
            raise Fatal(f"a series of {len(record)} bytes; expected {BYTES}: of another version")
    memory = Memory(len(records), day)
    rows = np.frombuffer(b"".join(records), RECORD)
    for name, column in memory.column.items():
        column[...] = np.moveaxis(rows[name], 0, -1)
    return memory
