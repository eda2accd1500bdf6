"""Texts as arrays of characters, and tables over pairs of them: what fingerprint, names and facets read."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.uint32]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_UTF_32: Final = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_FIRST: Final = 0x4E00
KINDS: Final = 0x9FA6 - _FIRST + 1  # Chinese characters of the first block, and 0 for all else
_SPREAD: Final = np.uint32(2654435761)  # Knuth, The art of computer programming, 6.4
# Stands between texts, so that no pair and no name reaches over a border.
GAP: Final = "\n\n\n\n\n\n"


class Characters(NamedTuple):
    """All characters of some texts on end.

    points: code points. ids: 1 to KINDS − 1 for Chinese characters, else 0.
    pairs: at each place, which two Chinese characters begin there.
    owner: the number of the text at each place.
    """

    points: Points
    ids: Points
    pairs: Points
    owner: Places
    texts: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Characters":
        """texts: normalised."""
        joined = GAP.join(["", *texts, ""])
        points = np.frombuffer(joined.encode(_UTF_32, "surrogatepass"), np.uint32)
        ids = points - np.uint32(_FIRST - 1)
        ids[ids >= KINDS] = 0  # those below wrap round to large numbers
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + len(GAP)
        owner = np.repeat(np.arange(len(texts)), lengths)
        pairs = np.zeros(len(ids), np.uint32)
        np.multiply(ids[:-1], np.uint32(KINDS), out=pairs[:-1])
        pairs[:-1] += ids[1:]
        before = np.zeros(len(GAP), np.int64)
        return cls(points, ids, pairs, np.concatenate((before, owner)), len(texts))


def pair_of(two: str) -> int:
    """The number by which `Characters.pairs` knows two Chinese characters."""
    first, second = (ord(character) - _FIRST + 1 for character in two)
    return first * KINDS + second


def flags_of(characters: Iterable[str]) -> Flags:
    """Which ids stand for one of these characters."""
    flags = np.zeros(KINDS, np.bool_)
    flags[[ord(character) - _FIRST + 1 for character in characters]] = True
    return flags


def mixed(values: Hashes) -> Hashes:
    """A bijection that spreads close values far apart (Steele et al. 2014, splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class PairSet:
    """A set of pairs of characters as one table of truth values, a megabyte.

    It answers yes for some 2 % of other pairs too: enough for what is only common or not.
    """

    _SHIFT: Final = np.uint32(12)

    def __init__(self, pairs: Iterable[str]) -> None:
        self._table: Flags = np.zeros(1 << (32 - int(self._SHIFT)), np.bool_)
        numbers = np.fromiter(map(pair_of, pairs), np.uint32)
        self._table[(numbers * _SPREAD) >> self._SHIFT] = True

    def holds(self, pairs: Points) -> Flags:
        """For each of these pairs whether it is in the set."""
        return self._table.take((pairs * _SPREAD) >> self._SHIFT)


class PairTable:
    """A small exact map from pairs of characters to numbers from 1 on; 0 for all other pairs."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        keys = np.fromiter(map(pair_of, numbers), np.uint32)
        values = np.fromiter(numbers.values(), np.uint8)
        bits = 10
        while True:
            # Any odd multiplier spreads; the first under which no two keys meet is taken.
            for odd in range(1, 2_000, 2):
                spread = _SPREAD + np.uint32(odd * 2)
                slots = (keys * spread) >> np.uint32(32 - bits)
                if len(np.unique(slots)) == len(keys):
                    break
            else:
                bits += 1
                continue
            break
        self._spread, self._shift = spread, np.uint32(32 - bits)
        self._keys: Points = np.zeros(1 << bits, np.uint32)
        self._values: NDArray[np.uint8] = np.zeros(1 << bits, np.uint8)
        self._keys[slots], self._values[slots] = keys, values

    def get(self, pairs: Points) -> NDArray[np.uint8]:
        """The number of each pair."""
        slots = (pairs * self._spread) >> self._shift
        return np.where(self._keys.take(slots) == pairs, self._values.take(slots), 0)
