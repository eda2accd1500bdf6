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
_EACH_BIN: Final = np.arange(BITS, dtype=np.uint8)
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
    (kept,) = _MEANINGFUL.take(characters.points, mode="clip").nonzero()
    owner = characters.owner[kept]
    counts = np.bincount(owner, minlength=characters.texts)
    bins = np.full((characters.texts, BITS), _EMPTY, np.uint32)
    if len(kept) >= SHINGLE:
        hashed = _shingles(characters.points[kept])
        owner = owner[: len(hashed)]
        hashed[owner != characters.owner[kept[SHINGLE - 1 :]]] = _EMPTY  # over a border
        place = owner * BITS + (hashed >> _BIN_SHIFT)
        np.minimum.at(bins.reshape(-1), place, hashed)
    least = bins.reshape(characters.texts, QUARTERS, BITS // QUARTERS).min(2)
    filled = bins != _EMPTY
    source = np.where(filled, _EACH_BIN, np.uint8(0))
    # Before the first filled bin there is nothing to take but what that one has.
    source[:, 0] = filled.argmax(1)
    np.maximum.accumulate(source, 1, out=source)
    values = np.take_along_axis(bins, source.astype(np.intp), 1)
    # Another bit of a value in each bin that has it: or short texts would be close by chance.
    bits = ((values ^ _SALTS) * _MULTIPLIERS[0]) >> np.uint32(31)
    packed: Hashes = np.packbits(bits.astype(np.bool_), axis=1).view(np.uint64).ravel()
    packed[counts < LEAST_CHARACTERS] = 0
    return Fingerprints(packed, least)


def _shingles(points: Points) -> Points:
    """Hashes of each three code points in a row."""
    first, second, third = _MULTIPLIERS
    hashed = points[:-2] * first
    hashed ^= points[1:-1] * second
    hashed += points[2:] * third
    hashed ^= hashed >> np.uint32(15)
    hashed *= first
    hashed ^= hashed >> np.uint32(13)
    hashed *= second
    hashed ^= hashed >> np.uint32(16)
    return hashed
