"""Tries a pattern only where it can begin: finding such places takes less than trying all."""

import re
from collections.abc import Iterable, Iterator

Span = tuple[int, int, str]


def starts_of(pattern: re.Pattern[str], view: str) -> list[int]:
    """Where the pattern is found, in order."""
    return [hit.start() for hit in pattern.finditer(view)]


def tried(pattern: re.Pattern[str], view: str, places: Iterable[int]) -> Iterator[re.Match[str]]:
    """What pattern.finditer(view) gives, if matches begin only at these places; they come in order."""
    done = 0
    for place in places:
        if place >= done:
            hit = pattern.match(view, place)
            if hit:
                done = hit.end()
                yield hit
