"""Hashed character n-grams of many texts at once, in zones from a text's start to its end.

Everything is numpy over the joined texts of a batch: a few nanoseconds a
character. What comes before weighs more than what comes after: a text is cut
into zones, and what reads the n-grams weighs a zone as it sees fit.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from agents.normalise import normalise

# Where a zone ends, in characters of title and text together; what lies beyond is not read.
# None is longer than 256: see agents/model.py.
ZONE_ENDS: Final = (50, 150, 350, 600)
# How much an n-gram counts in each zone: about 1 / (1 + characters before it / 100), in tenths.
ZONE_WEIGHTS: Final = (8, 5, 3, 2)
LIMIT: Final = ZONE_ENDS[-1]

# Stands between title and text, and after the text: an n-gram tells where either begins or ends.
_EDGE: Final = "\x1f"
_NO_CHARACTER: Final = 0
_PLANE: Final = 0x10000

# Knuth's multiplicative hash: 2**32 divided by the golden ratio.
_GOLDEN: Final = np.uint32(0x9E3779B1)

Slots = NDArray[np.intp]


class Grams(NamedTuple):
    """The n-grams of some texts.

    slots: per order of n-gram, the slot of the one that begins at each character.
    bounds: places in `slots` where zones begin, ascending: for each text its zones, then what
    follows them and is no part of it. lengths: of those, shape (texts, zones + 1).
    """

    slots: list[Slots]
    bounds: NDArray[np.intp]
    lengths: NDArray[np.intp]

    def norms(self) -> NDArray[np.float64]:
        """Per text what its counts are divided by: the root of the squared weights read.

        Stands for the length of the vector of counts, which would need them sorted.
        """
        read = self.lengths[:, :-1].astype(float) @ np.square(np.array(ZONE_WEIGHTS, float))
        norms: NDArray[np.float64] = np.sqrt(np.maximum(read, 1.0))
        return norms


@cache
def folded() -> NDArray[np.uint16]:
    """Each character of the basic plane as it is read: 0 for those that are not; 0.2 s to build.

    In normal form as agents.normalise gives it, letters small, digits all 0, whitespace left out.
    """
    table = np.zeros(_PLANE, np.uint16)
    for code in range(_PLANE):
        if 0xD800 <= code < 0xE000:
            continue
        normal = normalise(chr(code)).lower().strip()[:1]
        if normal.isdigit():
            normal = "0"
        table[code] = ord(normal) if normal and ord(normal) < _PLANE else _NO_CHARACTER
    table[ord(_EDGE)] = ord(_EDGE)
    return table


class Grammar:
    """How texts become n-grams. Equal settings give equal slots, on every machine.

    orders: lengths of n-grams. slots: a power of two. seed: of the hash.

    >>> grams = Grammar((1, 2), 1 << 10, 0).read([""], ["路灯"])
    >>> [len(slots) for slots in grams.slots], grams.lengths.tolist()
    ([5, 5], [[3, 0, 0, 0, 2]])
    """

    def __init__(self, orders: Sequence[int], slots: int, seed: int) -> None:
        self.orders = tuple(orders)
        self.slots = slots
        self.seed = seed
        self._shift = np.uint32(33 - slots.bit_length())
        self._factors = {
            order: [
                np.uint32(xxhash.xxh32_intdigest(f"{order} {place}".encode(), seed) | 1)
                for place in range(order)
            ]
            for order in orders
        }
        self._pad = _EDGE * max(orders)
        self._ends = np.array([0, *ZONE_ENDS])

    def read(self, titles: Sequence[str], texts: Sequence[str]) -> Grams:
        """The n-grams of texts with their titles; a batch of any size, best of some dozens."""
        pad = self._pad
        parts = [
            f"{title[:LIMIT]}{_EDGE}{text[:LIMIT]}{pad}"
            for title, text in zip(titles, texts, strict=True)
        ]
        codes, lengths = _codes(parts)
        starts = np.cumsum(lengths) - lengths
        cuts = np.minimum(self._ends, (lengths - len(pad))[:, None])
        edges = np.concatenate([cuts, lengths[:, None]], axis=1)
        bounds = (starts[:, None] + edges[:, :-1]).ravel()
        return Grams(
            [self._slots(codes, order) for order in self.orders], bounds, np.diff(edges, axis=1)
        )

    def spelt(self, title: str, text: str) -> dict[str, tuple[int, float]]:
        """Each n-gram of one text: its slot, and how much it counts there.

        The edge of title or text is written as ¦.
        """
        part = f"{title[:LIMIT]}{_EDGE}{text[:LIMIT]}{self._pad}"
        characters = "".join(map(chr, _codes([part])[0].tolist())).replace(_EDGE, "¦")
        grams = self.read([title], [text])
        counts = np.repeat((*ZONE_WEIGHTS, 0), grams.lengths[0]) / grams.norms()[0]
        heard: dict[str, tuple[int, float]] = {}
        for order, slots in zip(self.orders, grams.slots, strict=True):
            for place in np.flatnonzero(counts).tolist():
                gram = characters[place : place + order]
                _, before = heard.get(gram, (0, 0.0))
                heard[gram] = int(slots[place]), before + float(counts[place])
        return heard

    def slot(self, gram: str) -> int:
        """The slot of one n-gram, of characters as `folded` gives them.

        >>> 0 <= Grammar((2,), 1 << 10, 0).slot("路灯") < 1 << 10
        True
        """
        return int(self._slots(np.array([*map(ord, gram)], np.uint16), len(gram))[0])

    def _slots(self, codes: NDArray[np.uint16], order: int) -> Slots:
        factors = self._factors[order]
        mixed = codes * factors[0]
        # The last n-grams would need characters after the end: they are no part of any text.
        size = max(len(codes) - order + 1, 0)
        for place in range(1, order):
            mixed[:size] += codes[place : place + size] * factors[place]
        mixed ^= mixed >> np.uint32(15)
        mixed *= _GOLDEN
        mixed >>= self._shift
        return mixed.astype(np.intp)


def _codes(parts: Sequence[str]) -> tuple[NDArray[np.uint16], NDArray[np.intp]]:
    """The characters that are read of all parts, and how many of each; no part is empty."""
    joined = "".join(parts)
    encoded = joined.encode("utf-16-le", "surrogatepass")
    codes = folded().take(np.frombuffer(encoded, "<u2"))
    lengths = np.fromiter(map(len, parts), np.intp, len(parts))
    if 2 * len(joined) < len(encoded):  # some beyond the basic plane, in two halves
        lengths += [sum(character > "\uffff" for character in part) for part in parts]
    kept = codes != _NO_CHARACTER
    if not kept.all():
        lengths = np.add.reduceat(kept, np.cumsum(lengths) - lengths, dtype=np.intp)
        codes = codes[kept]
    return codes, lengths
