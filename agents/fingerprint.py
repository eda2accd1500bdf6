"""Sums texts up in 64 bits each, so that reposts and light edits of a text are seen as such."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import Characters, Hashes, Points

SHINGLE: Final = 3  # characters
BITS: Final = 64
QUARTERS: Final = 4
# Texts with fewer letters, digits and Chinese characters are too short to tell.
LEAST_CHARACTERS: Final = 12

_KINDS: Final = 0x10000  # code points told apart: the basic plane
# Odd numbers without a pattern, for each place of a shingle.
_MULTIPLIERS: Final = tuple(map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)))
_BIN_SHIFT: Final = np.uint32(26)  # the highest six bits number the bin
_EMPTY: Final = np.uint32(0xFFFFFFFF)
_SALTS: Final = np.arange(BITS, dtype=np.uint32) * np.uint32(0x27D4EB2F)


def _meaningful() -> NDArray[np.bool_]:
    """For each code point of the basic plane whether it is a letter, a digit or a character."""
    return np.fromiter((chr(code).isalnum() for code in range(_KINDS)), np.bool_, _KINDS)


_MEANINGFUL: Final = _meaningful()


class Fingerprints(NamedTuple):
    """Of n texts.

    bits: n fingerprints; 0 where a text is too short to tell.
    least: n × 4 hashes of 32 bits, the least of each quarter of the hash range among a text's
    shingles: two texts of Jaccard similarity J have each in common with probability J.
    All bits set where there is none.
    """

    bits: Hashes
    least: Points


def fingerprints(characters: Characters) -> Fingerprints:
    """One-bit minwise hashes of texts, 64 from one permutation each.

    Of 64 bits two texts with shingles of Jaccard similarity J have 64 × (1 + J) / 2
    in common on average. P. Li and A. C. König (2010), b-bit minwise hashing;
    P. Li, A. Owen, C.-H. Zhang (2012), One permutation hashing; empty bins take what
    their left neighbour has, as in A. Shrivastava and P. Li (2014), Densifying one
    permutation hashing via rotation.

    >>> texts = Characters.of(["小区连续三天停水没有人管", "小区连续三天停水，没有人管！"])
    >>> one, other = fingerprints(texts).bits
    >>> one == other
    np.True_
    """
    texts = characters.texts
    (kept,) = _MEANINGFUL.take(characters.points, mode="clip").nonzero()
    begins = np.searchsorted(kept, characters.starts)
    counts = np.diff(begins, append=len(kept))
    # By bin, then by text: what is done to a bin is done to those of all texts side by side.
    bins = np.full((BITS, texts), _EMPTY, np.uint32)
    if len(kept) >= SHINGLE:
        hashed = _shingles(characters.points[kept])
        place = (hashed >> _BIN_SHIFT) * np.intp(texts)
        place += np.repeat(np.arange(texts), counts)[: len(hashed)]
        borders = begins[(begins > 0) & (begins < len(kept))]
        over = np.concatenate((borders - 1, borders - 2))  # none is of two texts
        hashed[over.clip(0, len(hashed) - 1)] = _EMPTY
        np.minimum.at(bins.reshape(-1), place, hashed)
    least = bins.reshape(QUARTERS, BITS // QUARTERS, texts).min(1).T
    empty = bins == _EMPTY
    # Before the first filled bin there is nothing to take but what that one has.
    first = bins[empty.argmin(0), np.arange(texts)]
    bins[0] = np.where(empty[0], first, bins[0])
    for number in range(1, BITS):
        np.copyto(bins[number], bins[number - 1], where=empty[number])
    # Another bit of a value in each bin that has it: or short texts would be close by chance.
    bins ^= _SALTS[:, None]
    bins *= _MULTIPLIERS[0]
    bins >>= np.uint32(31)
    packed: Hashes = np.packbits(bins.T.astype(np.bool_, order="C"), axis=1).view(np.uint64).ravel()
    packed[counts < LEAST_CHARACTERS] = 0
    return Fingerprints(packed, least)


def _shingles(points: Points) -> Points:
    """Hashes of each three code points in a row."""
    first, second, third = _MULTIPLIERS
    hashed = points[:-2] * first
    # One place for what is worked out on the way: new memory costs more than the work.
    other = points[1:-1] * second
    hashed ^= other
    hashed += np.multiply(points[2:], third, out=other)
    hashed ^= np.right_shift(hashed, np.uint32(15), out=other)
    hashed *= first
    hashed ^= np.right_shift(hashed, np.uint32(13), out=other)
    hashed *= second
    hashed ^= np.right_shift(hashed, np.uint32(16), out=other)
    return hashed
