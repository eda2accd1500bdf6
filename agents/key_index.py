"""Which rows of a table bear a key: chains in numpy arrays, looked up and grown a batch at a time."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]

_NONE: Final = -1
_FIRST: Final = 1 << 10
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_WORD: Final = np.uint64(64)


class KeyIndex:
    """Key → rows, the latest first; 20 to 24 bytes an entry.

    A chained hash table (Knuth, TAOCP 3, 6.4) whose chains are walked for all keys of a
    batch at once: each step looks at one more entry of every chain that goes on. Entries
    are never changed; to drop some, the index is built anew.

    >>> index = KeyIndex()
    >>> index.add(np.array([7, 9, 7], np.uint64), np.array([0, 0, 1]))
    >>> places, rows = index.find(np.array([5, 7], np.uint64), most=4)
    >>> places.tolist(), rows.tolist()
    ([1, 1], [1, 0])
    """

    def __init__(self, room: int = 0) -> None:
        """room: entries expected."""
        self._number = 0
        self._keys: Keys = np.zeros(max(room, _FIRST), np.uint64)
        self._rows = np.zeros(len(self._keys), np.int32)
        self._next = np.zeros(len(self._keys), np.int32)
        self._make_heads()

    def __len__(self) -> int:
        return self._number

    @property
    def size_bytes(self) -> int:
        """Memory of the index."""
        arrays = (self._keys, self._rows, self._next, self._heads)
        return sum(array.nbytes for array in arrays)

    def keys(self, start: int, end: int) -> Keys:
        """The keys of entries, numbered in the order in which they were added."""
        return self._keys[start:end]

    def add(self, keys: Keys, rows: NDArray[np.integer]) -> None:
        """Let rows[i] bear keys[i]."""
        start, end = self._number, self._number + len(keys)
        if end > len(self._keys):
            self._grow(end)
        self._keys[start:end] = keys
        self._rows[start:end] = rows
        self._number = end
        self._chain(np.arange(start, end, dtype=np.int32))

    def find(self, keys: Keys, most: int) -> tuple[Rows, Rows]:
        """(place in `keys`, row) for up to `most` rows of each key; of one key the latest row first."""
        places = np.arange(len(keys))
        at = self._heads.take(self._bucket(keys))
        going = at != _NONE
        places, at = places[going], at[going]
        found: list[tuple[Rows, Rows]] = []
        left = np.full(len(keys), most, np.int64)
        while len(at):
            hit = self._keys.take(at) == keys.take(places)
            if hit.any():
                found.append((places[hit], self._rows.take(at[hit]).astype(np.int64)))
                left[places[hit]] -= 1
            at = self._next.take(at)
            going = (at != _NONE) & (left.take(places) > 0)
            places, at = places[going], at[going]
        if not found:
            none = np.empty(0, np.int64)
            return none, none
        where = np.concatenate([places for places, _ in found])
        # Stable: of one key the rows stay in the order in which they were met.
        order = np.argsort(where, kind="stable")
        return where[order], np.concatenate([rows for _, rows in found])[order]

    def _bucket(self, keys: Keys) -> Keys:
        return (keys * _SPREAD) >> self._shift

    def _make_heads(self) -> None:
        bits = (2 * len(self._keys) - 1).bit_length()
        self._heads = np.full(1 << bits, _NONE, np.int32)
        self._shift = _WORD - np.uint64(bits)

    def _grow(self, needed: int) -> None:
        room = max(needed, len(self._keys) * 3 // 2)
        for name in ("_keys", "_rows", "_next"):
            old = getattr(self, name)
            grown = np.zeros(room, old.dtype)
            grown[: self._number] = old[: self._number]
            setattr(self, name, grown)
        self._make_heads()
        self._chain(np.arange(self._number, dtype=np.int32))

    def _chain(self, entries: NDArray[np.int32]) -> None:
        """Put entries at the heads of their chains, in order."""
        buckets = self._bucket(self._keys.take(entries))
        while len(entries):
            before = self._heads.take(buckets)
            # Of several in one bucket the last one written stays: written backwards, the first.
            self._heads[buckets[::-1]] = entries[::-1]
            first = self._heads.take(buckets) == entries
            self._next[entries[first]] = before[first]
            entries, buckets = entries[~first], buckets[~first]
