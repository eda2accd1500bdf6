"""What was issued, as far as later digests are written from it: figures by kind, county and day."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

DAYS_KEPT: Final = 190  # a quarter, and the one before it to compare with

Key = tuple[str, str, int]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, int]).decode


class Issued(Struct, array_like=True, gc=False, frozen=True):
    """One digest that was issued. day: since 1970, the last one it covers. id: of its edition."""

    kind: str
    county: str
    day: int
    edition: int
    id: str
    figures: dict[str, int]

    @property
    def key(self) -> Key:
        return self.kind, self.county, self.day


class Issues:
    """The latest edition of each digest. Figures are held packed, some 150 bytes each."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[int, str, bytes]] = {}

    def add(self, issued: Issued) -> None:
        self._held[issued.key] = issued.edition, issued.id, _encode(issued.figures)

    def get(self, key: Key) -> Issued | None:
        found = self._held.get(key)
        if found is None:
            return None
        edition, identifier, figures = found
        return Issued(*key, edition, identifier, _decode(figures))

    def rows(self) -> Iterator[Issued]:
        for key, (edition, identifier, figures) in self._held.items():
            yield Issued(*key, edition, identifier, _decode(figures))

    def forget(self, day: int) -> None:
        """Drop what covers no day from this one on."""
        for key in [key for key in self._held if key[2] < day]:
            del self._held[key]
