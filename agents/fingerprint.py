"""Sums texts up in 64 bits each, so that reposts and light edits of a text are seen as such."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import Characters, Hashes, mixed

SHINGLE: Final = 3  # characters
BITS: Final = 64
QUARTERS: Final = 4
# Texts with fewer letters, digits and Chinese characters are too short to tell.
LEAST_CHARACTERS: Final = 12

_KINDS: Final = 0x10000  # code points told apart: the basic plane
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_BIN_SHIFT: Final = np.uint64(58)  # the highest six bits number the bin
_EMPTY: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
# An empty bin borrows from its neighbours at these distances: every bin is reached.
_BORROWED: Final = (1, 2, 4, 8, 16, 32)


def _meaningful() -> NDArray[np.bool_]:
    """For each code point of the basic plane whether it is a letter, a digit or a character."""
    return np.fromiter((chr(code).isalnum() for code in range(_KINDS)), np.bool_, _KINDS)


_MEANINGFUL: Final = _meaningful()


class Fingerprints(NamedTuple):
    """Of n texts.

    bits: n fingerprints; 0 where a text is too short to tell.
    least: n × 4 hashes, the least of each quarter of the hash range among a text's
    shingles: two texts of Jaccard similarity J have each in common with probability J.
    """

    bits: Hashes
    least: Hashes


def fingerprints(characters: Characters) -> Fingerprints:
    """One-bit minwise hashes of texts, 64 from one permutation each.

    Of 64 bits two texts with shingles of Jaccard similarity J have 64 × (1 + J) / 2
    in common on average. P. Li and A. C. König (2010), b-bit minwise hashing;
    P. Li, A. Owen, C.-H. Zhang (2012), One permutation hashing; empty bins borrow
    as in A. Shrivastava (2017), Optimal densification.

    >>> texts = Characters.of(["小区连续三天停水没有人管", "小区连续三天停水，没有人管！"])
    >>> one, other = fingerprints(texts).bits
    >>> one == other
    np.True_
    """
    hashed, owner, counts = _shingles(characters)
    bins = np.full((characters.texts, BITS), _EMPTY, np.uint64)
    place = owner * BITS + (hashed >> _BIN_SHIFT).astype(np.int64)
    np.minimum.at(bins.reshape(-1), place, hashed)
    least = bins.reshape(characters.texts, QUARTERS, BITS // QUARTERS).min(2)
    for distance in _BORROWED:
        empty = bins == _EMPTY
        if not empty.any():
            break
        bins = np.where(empty, np.roll(bins, distance, 1), bins)
    bits = np.packbits((bins & np.uint64(1)).astype(np.bool_), axis=1).view(np.uint64).ravel()
    bits[counts < LEAST_CHARACTERS] = 0
    return Fingerprints(bits, least)


def _shingles(characters: Characters) -> tuple[Hashes, NDArray[np.int64], NDArray[np.int64]]:
    """Hashes of all texts' shingles, the number of the text of each, and characters per text."""
    (kept,) = _MEANINGFUL.take(characters.points, mode="clip").nonzero()
    codes: Hashes = characters.points[kept].astype(np.uint64)
    owner = characters.owner[kept]
    counts = np.bincount(owner, minlength=characters.texts)
    if len(codes) < SHINGLE:
        return codes[:0], owner[:0], counts
    rolled, whole = codes[: 1 - SHINGLE].copy(), owner[: 1 - SHINGLE] == owner[SHINGLE - 1 :]
    for later in range(1, SHINGLE):
        rolled = rolled * _MULTIPLIER + codes[later : len(codes) - SHINGLE + 1 + later]
    return mixed(rolled * _MULTIPLIER)[whole], owner[: 1 - SHINGLE][whole], counts
