"""Chooses among what may be names: none that overlaps a better one, weak ones only in a row with others."""

import re
from collections.abc import Iterable
from typing import Final

Scored = tuple[float, int, int]  # points above the least, start, end

_LEAST_PAIR: Final = -3.0  # of both of two side by side
_GAP = re.compile(r"(?:[、，,和与及跟同]|\s{1,2}|[，、]\s)$")


class Row:
    """Names that overlap none before them."""

    def __init__(self, length: int) -> None:
        self._covered = bytearray(length)
        self._edges: set[int] = set()
        self.names: list[Scored] = []

    def take(self, name: Scored) -> None:
        _, start, end = name
        self._covered[start:end] = b"\1" * (end - start)
        self._edges.update((start, -end))
        self.names.append(name)

    def extend(self, names: Iterable[Scored]) -> bool:
        """Takes those that are free; whether there were any."""
        held = len(self.names)
        for name in list(names):
            if self.free(name):
                self.take(name)
        return len(self.names) > held

    def free(self, name: Scored) -> bool:
        return self._covered.find(1, name[1], name[2]) < 0

    def beside(self, view: str, name: Scored) -> bool:
        """Whether it stands in a row with a name taken."""
        _, start, end = name
        return any(
            (end + gap in self._edges and _GAP.fullmatch(view, end, end + gap))
            or (gap - start in self._edges and _GAP.fullmatch(view, start - gap, start))
            for gap in (1, 2)
        )


def best(view: str, scored: list[Scored]) -> list[Scored]:
    """Those that overlap no better one; weaker ones only in a row with another."""
    row, pairs, weak = Row(len(view)), Row(len(view)), []
    for name in sorted(scored, key=lambda name: (-name[0], name[1])):
        if row.free(name):
            if name[0] > 0:
                row.take(name)
                continue
            weak.append(name)
            if name[0] > _LEAST_PAIR and pairs.free(name):
                pairs.take(name)
    row.extend(name for name in pairs.names if pairs.beside(view, name))  # worth more than one
    while row.extend(name for name in weak if row.free(name) and row.beside(view, name)):
        pass
    return row.names
