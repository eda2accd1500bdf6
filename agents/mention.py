"""Says what a report brings to linking, and when two reports are the same matter.

A duty officer's rule: the same concrete problem at the same place, or with the
same company or project.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import xxhash

from agents.facets import problem_of
from agents.fingerprint import fingerprints
from agents.naming import NAME_LIMIT, names
from agents.normalise import normalise

# Of 64 bits: two texts this far apart share about half of their shingles.
_NEAR: Final = 16
_NAMES_KEPT: Final = 4
_LOW_64: Final = (1 << 64) - 1


class Mention(NamedTuple):
    """What a report brings to linking; at most some 80 bytes in a pack.

    fingerprint: 64 bits of the text; 0 where it is too short to tell.
    keys: what incidents are looked up by, at most 8 of 64 bits; two reports without
    one in common are never the same matter.
    name: the named estate, company, school, road or project, for people to read;
    at most 16 characters, "" where nothing is named. Never a person's name.
    problem: a set of 64, what is complained of.
    named: a set of 64, the characters that the names are made of.
    """

    fingerprint: int
    keys: tuple[int, ...]
    name: str = ""
    problem: int = 0
    named: int = 0


NOTHING: Final = Mention(0, ())


def mention(title: str, text: str, category: str) -> Mention:
    """What one report brings. title, text: as they came or redacted; category: its leaf.

    >>> one = mention("", "阳光花园小区从昨天起停水，没有人来修，请有关部门处理", "S01")
    >>> other = mention("", "请问阳光花园为什么又停水了？孩子洗澡都不行", "S01")
    >>> one.name, same(one, other)
    ('阳光花园', True)
    >>> same(one, mention("", "请问金桂花园为什么又停水了？孩子洗澡都不行", "S01"))
    False
    """
    return mentions([(title, text, category)])[0]


def mentions(reports: Sequence[tuple[str, str, str]]) -> list[Mention]:
    """The same for many (title, text, category) at once, in less time."""
    texts = [
        normalise(f"{title}\n{text}") if title and text else normalise(title or text)
        for title, text, _ in reports
    ]
    bits, least = fingerprints(texts)
    return [
        _mention(text, category, fingerprint, copies)
        for text, (_, _, category), fingerprint, copies in zip(
            texts, reports, bits.tolist(), least.tolist(), strict=True
        )
    ]


def _mention(text: str, category: str, fingerprint: int, copies: list[int]) -> Mention:
    found = names(text)[:_NAMES_KEPT]
    keys = dict.fromkeys(_key(core[:2]) for core, _ in found)
    keys |= dict.fromkeys(_key(core[-2:]) for core, _ in found)
    chosen = list(keys)[:5]
    if fingerprint:
        chosen += [copy for copy in copies[:3] if copy != _LOW_64]
    name = "".join(found[0])[:NAME_LIMIT] if found else ""
    return Mention(
        fingerprint,
        tuple(dict.fromkeys(chosen)),
        name,
        problem_of(text, category),
        _set_of("".join(core for core, _ in found)),
    )


def _key(core: str) -> int:
    return xxhash.xxh3_64_intdigest(core.encode())


def _set_of(characters: Iterable[str]) -> int:
    bits = 0
    for character in characters:
        bits |= 1 << ((ord(character) * 0x9E3779B1 & 0xFFFFFFFF) >> 26)
    return bits


def same(a: Mention, b: Mention) -> bool:
    """Whether two reports of one county are the same matter; the order makes no difference."""
    shared = (a.named & b.named).bit_count()
    fewest = min(a.named.bit_count(), b.named.bit_count())
    if fewest and shared * 2 <= fewest:
        return False  # both name something, and not the same
    if a.fingerprint and b.fingerprint and (a.fingerprint ^ b.fingerprint).bit_count() <= _NEAR:
        return True
    return fewest > 0 and bool(a.problem & b.problem) and not set(a.keys).isdisjoint(b.keys)
