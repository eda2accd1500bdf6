"""The formats in which one version writes what another one reads: packs, totals, the journal.

A record's format says what its reader must know to lose nothing of it. What comes last and may be
ignored needs no new one. A new format is read by a version before one writes it, so that
versions that follow each other run together and can go back (docs/decisions/0022-evolution.md).
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Struct

from streams.errors import Fatal


class Format(NamedTuple):
    """Of one kind of record. what: its name in messages. oldest, newest: what is read."""

    what: str
    writes: int
    oldest: int
    newest: int

    def check(self, found: int) -> None:
        """Raise Fatal unless a record of this format is read."""
        if self.oldest <= found <= self.newest:
            return
        known = f"format {self.oldest}" + (
            f" to {self.newest}" if self.newest > self.oldest else ""
        )
        if found > self.newest:
            raise Fatal(
                f"{self.what} of format {found}, by a newer version of huishang; this one reads "
                f"{known}. Nothing of it was taken: start the newer version (docs/upgrading.md)"
            )
        raise Fatal(
            f"{self.what} of format {found}, by an older version of huishang; this one reads "
            f"{known}. Nothing of it was taken: let a version between the two read it first "
            "(docs/upgrading.md)"
        )

    def unreadable(self) -> Fatal:
        """What to raise of a record whose shape is not known, and that tells no format."""
        return Fatal(
            f"{self.what} of a shape that this version of huishang does not know. Nothing of it "
            "was taken: start the newer version that wrote it (docs/upgrading.md)"
        )


PACKS: Final = Format("a pack", writes=2, oldest=2, newest=2)
TOTALS: Final = Format("a record of totals", writes=2, oldest=2, newest=2)
JOURNAL: Final = Format("a record of tally's journal", writes=1, oldest=1, newest=1)


class _Formatted(Protocol):
    @property
    def format(self) -> int: ...


class _Head(Struct, array_like=True):
    format: int


T = TypeVar("T", bound=_Formatted)
_head = msgspec.msgpack.Decoder(_Head).decode


def reader(kind: type[T], known: Format) -> Callable[[bytes], T]:
    """Decodes a struct that is opened by its format.

    The reader raises Fatal for a format that is not read, whatever follows it: what cannot be
    read for its format is no poison (streams/poison.py).
    """
    decode = msgspec.msgpack.Decoder(kind).decode

    def read(value: bytes) -> T:
        try:
            found = decode(value)
        except msgspec.ValidationError:
            known.check(_head(value).format)
            raise
        known.check(found.format)
        return found

    return read
