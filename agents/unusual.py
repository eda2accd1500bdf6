"""The unusual pairs of characters of texts: those said most, and how many of them two texts share."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import Characters, Flags, Hashes, Points
from agents.occurrences import first_of_each

MOST: Final = 2  # pairs of a text that are told apart
# An odd number without a pattern.
_MULTIPLIER: Final = np.uint32(0x85EBCA6B)
_OWNER_AT: Final = np.uint64(32)
_HASH: Final = np.uint64(0xFFFFFFFF)
_MOST_TIMES: Final = np.uint64(0xFF)
_PART_AT: Final = np.uint64(28)  # the highest four bits number the part of the hash range
_PARTS: Final = np.uint64(16)
_BITS: Final = np.uint64(4)  # of a hash, for each part
_VALUES: Final = np.uint64(15)
_LOWEST_BITS: Final = np.uint64(0x1111111111111111)


class Unusual(NamedTuple):
    """Of n texts.

    most: n × MOST hashes of 32 bits, of the pairs said most; 0 where there are fewer.
    sketches: n × 64 bits, four for each of 16 parts of the hash range, of the highest hash there;
    0 where there is none.
    """

    most: Hashes
    sketches: Hashes


def unusual_pairs(characters: Characters, unusual: Flags, in_title: Flags) -> Unusual:
    """What texts say that is unusual.

    unusual: at each place whether such a pair begins there. in_title: where it counts twice.

    A sketch is b-bit minwise hashing (P. Li and A. C. König 2010) with one permutation
    (P. Li, A. Owen, C.-H. Zhang 2012): if of all pairs of two texts J are in both, so are
    of the parts about J + (1 − J) / 15.
    """
    (at,) = unusual.nonzero()
    at = np.concatenate((at, at[in_title[at]]))
    hashes = _spread(characters.spread[at])
    told = np.sort(characters.owner[at].astype(np.uint64) << _OWNER_AT | hashes)
    (starts,) = first_of_each(told).nonzero()
    times = np.diff(starts, append=len(told)).astype(np.uint64)
    told = told[starts]
    owner, hashed = (told >> _OWNER_AT).astype(np.int64), told & _HASH
    return Unusual(
        _said_most(owner, np.minimum(times, _MOST_TIMES) << _OWNER_AT | hashed, characters.texts),
        _sketches(owner, hashed, characters.texts),
    )


def in_common(a: Hashes, b: Hashes) -> NDArray[np.int64]:
    """Row by row, how many parts of two sketches are the same, 0 to 16; those that are empty are not.

    >>> in_common(np.array([0x3021], np.uint64), np.array([0x3029], np.uint64)).tolist()
    [2]
    """
    number: NDArray[np.int64] = np.bitwise_count(_filled(a) & ~_filled(a ^ b)).astype(np.int64)
    return number


def _filled(sketches: Hashes) -> Hashes:
    """The lowest bit of each part that is not 0."""
    two = sketches | sketches >> np.uint64(2)
    filled: Hashes = (two | two >> np.uint64(1)) & _LOWEST_BITS
    return filled


def _spread(values: Points) -> Points:
    """A bijection; values: scattered, but for their lowest bits."""
    values = (values ^ (values >> np.uint32(15))) * _MULTIPLIER
    return values ^ (values >> np.uint32(13))


def _said_most(owner: NDArray[np.int64], weighed: Hashes, texts: int) -> Hashes:
    """weighed: how often each pair is said, above its hash."""
    most = np.zeros((texts, MOST), np.uint64)
    (starts,) = first_of_each(owner).nonzero()
    if not len(starts):
        return most
    counts = np.diff(starts, append=len(owner))
    for nth in range(MOST):
        best = np.maximum.reduceat(weighed, starts)
        most[owner[starts], nth] = best & _HASH
        weighed[weighed == np.repeat(best, counts)] = 0
    return most


def _sketches(owner: NDArray[np.int64], hashed: Hashes, texts: int) -> Hashes:
    """owner, hashed: ascending."""
    sketches = np.zeros(texts, np.uint64)
    cells = owner * int(_PARTS) + (hashed >> _PART_AT).astype(np.int64)
    highest = np.ones(len(cells), np.bool_)
    np.not_equal(cells[1:], cells[:-1], out=highest[:-1])
    owner, hashed = owner[highest], hashed[highest]
    (starts,) = first_of_each(owner).nonzero()
    if len(starts):
        values = hashed % _VALUES + np.uint64(1)
        placed = values << (hashed >> _PART_AT) * _BITS
        sketches[owner[starts]] = np.bitwise_or.reduceat(placed, starts)
    return sketches
