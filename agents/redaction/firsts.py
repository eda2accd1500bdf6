"""Patterns of many words, of which at any place only those are tried that may begin with its character."""

import re
from functools import cache

_ANY = re.compile(r"[\\^-]")  # in what may begin with a character that is not written in it


def _parts(pattern: str) -> list[str]:
    """The alternatives of a pattern, those inside brackets left whole.

    >>> _parts("a|b(?:c|d)|[|]")
    ['a', 'b(?:c|d)', '[|]']
    """
    parts, depth, start, inside, at = [], 0, 0, False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif inside:
            inside = char != "]"
        elif char == "[":
            inside = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and not depth:
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*parts, pattern[start:]]


class Firsts:
    """A pattern that is only asked whether it matches at a place.

    An alternative may begin with any character written in it, or, where it holds a class or an
    option, with any at all; so what is left out at a place cannot match there.
    """

    def __init__(self, pattern: str) -> None:
        self._parts = _parts(pattern)
        self.at = cache(self._at)

    def _at(self, char: str) -> re.Pattern[str] | None:
        """The pattern of what may begin with a character; none: of what may match at the end of a text."""
        parts = [part for part in self._parts if char in part or _ANY.search(part)]
        return re.compile("|".join(parts)) if parts else None

    def match(self, view: str, place: int) -> bool:
        """Whether the pattern matches at a place."""
        pattern = self.at(view[place : place + 1])
        return pattern is not None and pattern.match(view, place) is not None
