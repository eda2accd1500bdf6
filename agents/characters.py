"""Texts as arrays of characters, and tables over characters and pairs of them.

What fingerprint, names and facets read: all texts of a batch at once, a column at a time.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.uint32]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
Hashes = NDArray[np.uint64]

UTF_32: Final = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_FIRST: Final = 0x4E00
KINDS: Final = 0x9FA6 - _FIRST + 1  # Chinese characters of the first block, and 0 for all else
# What looks a few characters back or ahead of the first or last text finds these.
_MARGIN: Final = 16
_SPREAD: Final = np.uint32(2654435761)  # Knuth, The art of computer programming, 6.4


class Characters(NamedTuple):
    """All characters of some texts on end.

    points: code points. ids: 1 to KINDS − 1 for Chinese characters, else 0.
    pairs: at each place, which two Chinese characters begin there; spread: the same,
    scattered over 32 bits. owner: the number of the text at each place. starts: of the texts.
    """

    points: Points
    ids: Points
    pairs: Points
    spread: Points
    owner: Places
    starts: Places
    texts: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Characters":
        """texts: normalised."""
        joined = "\n".join(("\n" * (_MARGIN - 1), *texts, "\n" * _MARGIN))
        points = np.frombuffer(joined.encode(UTF_32, "surrogatepass"), np.uint32)
        ids = points - np.uint32(_FIRST - 1)
        ids *= ids < KINDS  # those below have wrapped round to large numbers
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        lengths[:1] += _MARGIN
        lengths[-1:] += len(points) - lengths.sum()
        owner = np.repeat(np.arange(len(texts)), lengths)
        starts = np.cumsum(lengths) - lengths
        starts[:1] = _MARGIN
        pairs = ids * np.uint32(KINDS)
        pairs[:-1] += ids[1:]
        return cls(points, ids, pairs, pairs * _SPREAD, owner, starts, len(texts))


def id_of(character: str) -> int:
    """The number by which `Characters.ids` knows a character; 0 for what is not Chinese."""
    number = ord(character) - _FIRST + 1
    return number if 0 < number < KINDS else 0


def pair_of(two: str) -> int:
    """The number by which `Characters.pairs` knows two Chinese characters."""
    return id_of(two[0]) * KINDS + id_of(two[1])


def classes_of(members: Mapping[int, Iterable[str]]) -> NDArray[np.uint8]:
    """For each id the sum of the flags whose characters it is among."""
    classes = np.zeros(KINDS, np.uint8)
    for flag, characters in members.items():
        classes[[id_of(character) for character in characters]] |= np.uint8(flag)
    return classes


def is_digit(points: Points) -> Flags:
    """Which are digits from 0 to 9."""
    return (points >= ord("0")) & (points <= ord("9"))


def is_letter(points: Points) -> Flags:
    """Which are capital letters from A to Z."""
    return (points >= ord("A")) & (points <= ord("Z"))


def mixed(values: Hashes) -> Hashes:
    """A bijection that spreads close values far apart (Steele et al. 2014, splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class PairSet:
    """A set of pairs of characters as one table of a megabyte.

    A slot holds seven more bits of the pair that falls there, so that it answers yes for
    but one in some thousands of other pairs: enough for what is only common or not.
    """

    _SHIFT: Final = np.uint32(12)
    _TAG_SHIFT: Final = np.uint32(4)
    _SEVERAL: Final = np.uint8(2)  # in a slot where several pairs fall; tags are odd

    def __init__(self, pairs: Iterable[str]) -> None:
        self._table = np.zeros(1 << (32 - int(self._SHIFT)), np.uint8)
        spread = np.fromiter(map(pair_of, pairs), np.uint32) * _SPREAD
        slots, tags = spread >> self._SHIFT, self._tags(spread)
        self._table[slots] = tags
        self._table[slots[self._table[slots] != tags]] = self._SEVERAL

    def _tags(self, spread: Points) -> NDArray[np.uint8]:
        tags: NDArray[np.uint8] = (spread >> self._TAG_SHIFT).astype(np.uint8) | np.uint8(1)
        return tags

    def holds(self, characters: Characters) -> Flags:
        """At each place whether the pair that begins there is in the set."""
        found = self._table.take(characters.spread >> self._SHIFT)
        held: Flags = found == self._tags(characters.spread)
        held |= found == self._SEVERAL
        return held


class PairFilter:
    """Passes over nearly all places where none of some pairs of characters begins."""

    _SHIFT: Final = np.uint32(16)

    def __init__(self, pairs: Iterable[str]) -> None:
        """pairs: of any characters."""
        spread = np.fromiter(map(pair_of, pairs), np.uint32) * _SPREAD
        self._may: Flags = np.zeros(1 << (32 - int(self._SHIFT)), np.bool_)
        self._may[spread >> self._SHIFT] = True

    def may_hold(self, characters: Characters) -> Flags:
        """At each place whether one of the pairs may begin there."""
        return self._may.take(characters.spread >> self._SHIFT)


class PairTable:
    """An exact map from some pairs of Chinese characters to small numbers from 1 on."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        keys = np.fromiter(map(pair_of, numbers), np.uint32)
        values = np.fromiter(numbers.values(), np.uint8)
        order = np.argsort(keys)
        self._keys, self._values = keys[order], values[order]
        self._filter = PairFilter(numbers)

    def find(self, characters: Characters) -> tuple[Places, NDArray[np.uint8]]:
        """Places of the pairs that it has, ascending, and the number of each."""
        (at,) = self._filter.may_hold(characters).nonzero()
        pairs = characters.pairs[at]
        slots = np.searchsorted(self._keys, pairs)
        slots[slots == len(self._keys)] = 0
        known = self._keys[slots] == pairs
        return at[known], self._values[slots[known]]
