"""Finds thousands of terms in all texts of a batch at once."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import Characters, Flags, Hashes, PairFilter, Places

_POINT_BITS: Final = 21
_ROOT: Final = 0
_NONE: Final = -1


class Hits(NamedTuple):
    """Where terms stand, in the order of the texts: from `at` to before `ends`; terms: which."""

    at: Places
    ends: Places
    terms: Places


class Terms:
    """A trie of terms (Fredkin 1960, Trie memory), walked from all places of the texts together.

    A table of truth values over pairs of characters passes over most places, and each further
    character leaves few of the rest: 20, 4 and 3 of 80 places for fifteen thousand terms.

    >>> texts = Characters.of(["小区停水", "停水通知"])
    >>> Terms(["停水", "停水通知", "通知"]).find(texts).terms
    array([0, 1])
    """

    def __init__(self, terms: Sequence[str]) -> None:
        """terms: each once, none empty."""
        nodes = {"": _ROOT}
        edges: dict[int, int] = {}
        ends = {}
        for number, term in enumerate(terms):
            node = _ROOT
            for size, character in enumerate(term, 1):
                before, node = node, nodes.setdefault(term[:size], len(nodes))
                if before != _ROOT:
                    edges[before << _POINT_BITS | ord(character)] = node
            ends[node] = number
        self._term = np.full(len(nodes), _NONE)
        self._term[list(ends)] = list(ends.values())
        self._edges = _Edges(edges)
        self._lengths = np.fromiter(map(len, terms), np.int64, len(terms))
        firsts = {ord(term[0]): nodes[term[0]] for term in terms}
        # By code point; whatever is beyond meets the zero at the end.
        self._first = np.full(max(firsts, default=0) + 2, _ROOT)
        self._first[list(firsts)] = list(firsts.values())
        self._alone: Flags = self._term[self._first] != _NONE
        self._begin = PairFilter(term[:2] for term in terms if len(term) > 1)

    def find(self, characters: Characters) -> Hits:
        """The terms that lie in no longer one's span; of one place the longest."""
        points = characters.points
        may = self._begin.may_hold(characters)
        may |= self._alone.take(points, mode="clip")
        (at,) = may.nonzero()
        nodes = self._first.take(points[at], mode="clip")
        found = self._term[nodes]
        (open_,) = nodes.nonzero()
        nodes = nodes[open_]
        depth = 0
        while len(open_):
            depth += 1
            known, nodes = self._edges.follow(nodes, points[at[open_] + depth])
            open_ = open_[known]
            terms = self._term[nodes]
            ended = terms != _NONE
            found[open_[ended]] = terms[ended]
        (kept,) = (found != _NONE).nonzero()
        at, found = at[kept], found[kept]
        ends = at + self._lengths[found]
        outer = np.ones(len(at), np.bool_)
        np.greater(ends[1:], np.maximum.accumulate(ends)[:-1], out=outer[1:])
        return Hits(at[outer], ends[outer], found[outer])


class _Edges:
    """From node and character to the next node, each in one of two places (Pagh, Rodler 2004,
    Cuckoo hashing), so that all look-ups end at once."""

    _MULTIPLIER: Final = 0x9E3779B97F4A7C15  # 2**64 / the golden ratio, as in splitmix64
    _SPARE: Final = 3  # times as many slots as edges, at least
    _TRIES: Final = 200

    def __init__(self, edges: Mapping[int, int]) -> None:
        self._bits = max(1, (self._SPARE * len(edges)).bit_length())
        while not self._laid_out(edges):
            self._bits += 1

    def _laid_out(self, edges: Mapping[int, int]) -> bool:
        slots: list[int] = [0] * (1 << self._bits)
        for edge in edges:
            held, slot = edge, self._places(edge)[0]
            for _ in range(self._TRIES):
                held, slots[slot] = slots[slot], held
                if not held:
                    break
                one, other = self._places(held)
                slot = other if slot == one else one
            else:
                return False
        self._keys = np.array(slots, np.uint64)
        self._nodes = np.array([edges.get(edge, 0) for edge in slots])
        return True

    def _places(self, edge: int) -> tuple[int, int]:
        mixed = edge * self._MULTIPLIER % (1 << 64)
        return mixed >> (64 - self._bits), mixed >> (64 - 2 * self._bits) & ((1 << self._bits) - 1)

    def follow(self, nodes: Places, points: NDArray[np.uint32]) -> tuple[Flags, Places]:
        """Which nodes have a child by these characters; and those children."""
        keys: Hashes = nodes.astype(np.uint64) << np.uint64(_POINT_BITS) | points
        mixed = keys * np.uint64(self._MULTIPLIER)
        slots = mixed >> np.uint64(64 - self._bits)
        elsewhere = self._keys.take(slots) != keys
        mixed >>= np.uint64(64 - 2 * self._bits)
        mixed &= np.uint64((1 << self._bits) - 1)
        slots[elsewhere] = mixed[elsewhere]
        known: Flags = self._keys.take(slots) == keys
        return known, self._nodes.take(slots[known])
