"""Says what a report brings to linking, and when two reports are the same matter.

A duty officer's rule: the same concrete problem at the same place, or with the
same company or project.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from agents.characters import Characters, Hashes, Points, mixed
from agents.facets import OFTEN_TOLD, problems
from agents.fingerprint import fingerprints
from agents.naming import NAMED_BITS, Word, telling
from agents.normalise import normalise

# How `named` is laid out: two characters of the name, counts of three kinds of keys, the
# district.
_COUNT_BITS: Final = 4
_DISTRICT_AT: Final = NAMED_BITS + 3 * _COUNT_BITS
_NAMED: Final = (1 << NAMED_BITS) - 1
_COUNT: Final = (1 << _COUNT_BITS) - 1


class Mention(NamedTuple):
    """What a report brings to linking; at most some 90 bytes in a pack.

    fingerprint: 64 bits of the text; 0 where it is too short to tell.
    keys: what incidents are looked up by, at most 10 of 64 bits, in the order of their
    kinds (naming.Word): names, unusual words, words of towns and streets, shingles. Two
    reports without one in common are never the same matter.
    name: the named estate, company, school, road or project, for people to read;
    at most 16 characters, "" where nothing is named.
    problem: a set of 64, what is complained of (agents/facets.py).
    named: two characters of the name, 15 bits each; above them 4 bits each, how many keys
    are of the first three kinds; above them 16 bits of the district, 0 where none is named.
    """

    fingerprint: int
    keys: tuple[int, ...]
    name: str = ""
    problem: int = 0
    named: int = 0


NOTHING: Final = Mention(0, ())


def mention(title: str, text: str) -> Mention:
    """What one report brings. title, text: as they came or redacted.

    >>> one = mention("", "丽景花园小区从昨天起停水，没有人来修，请有关部门处理")
    >>> other = mention("", "请问丽景花园为什么又停水了？孩子洗澡都不行")
    >>> one.name, same(one, other)
    ('丽景花园', True)
    >>> same(one, mention("", "请问金桂花园为什么又停水了？孩子洗澡都不行"))
    False
    """
    return mentions([(title, text)])[0]


def mentions(reports: Sequence[tuple[str, str]]) -> list[Mention]:
    """The same for many (title, text) at once, in less time."""
    if not reports:
        return []
    titles = [normalise(title) if title else "" for title, _ in reports]
    characters = Characters.of(
        [
            f"{title}\n{normalise(text)}" if title else normalise(text)
            for title, (_, text) in zip(titles, reports, strict=True)
        ]
    )
    in_title = np.zeros(len(characters.ids), np.bool_)
    for start, title in zip(characters.starts.tolist(), titles, strict=True):
        if title:
            in_title[start : start + len(title)] = True
    bits, least = fingerprints(characters)
    told = telling(characters, in_title)
    named = told.named | (told.districts << np.uint64(_DISTRICT_AT))
    for kind in range(3):
        named |= told.counts[:, kind] << np.uint64(NAMED_BITS + kind * _COUNT_BITS)
    keys, ends = _keys(told.words, least)
    return [
        Mention(fingerprint, tuple(keys[start:end]), name, problem, who)
        for fingerprint, start, end, name, problem, who in zip(
            bits.tolist(),
            [0, *ends],
            ends,
            told.names,
            problems(characters, in_title).tolist(),
            named.tolist(),
            strict=False,
        )
    ]


_KEYS: Final = 10
_NONE: Final = np.uint32(0xFFFFFFFF)


def _keys(words: Hashes, least: Points) -> tuple[list[int], list[int]]:
    """The keys of all texts on end, and where each text's end."""
    copies = (mixed(least.astype(np.uint64)) & ~np.uint64(Word.COPY)) | np.uint64(Word.COPY)
    keys = np.concatenate((words, copies), axis=1)
    kept = np.concatenate((words != 0, least != _NONE), axis=1)
    kept &= np.cumsum(kept, 1) <= _KEYS
    return keys[kept].tolist(), np.cumsum(kept.sum(1)).tolist()


# Of 64 bits: two texts no farther apart have about half of their shingles in common.
_NEAR: Final = 17
# Where a text has so many words that tell it apart, its copies have one of them.
_TO_BE_SHARED: Final = 2
# What speaks for one matter, in points; so many are enough.
_ENOUGH: Final = 7
_WORTH: Final = (4, 2, 2, 0)  # of a key, by its kind
_CROWDED_WORTH: Final = (4, 1, 1, 0)  # when it leads to several matters
_MOST_FOR_KEYS: Final = 8
_SAME_PROBLEM: Final = 3
_OFTEN_TOLD: Final = 1  # when the problem they share is one that many have
_OTHER_PROBLEM: Final = -6
_SAME_DISTRICT: Final = 2
_OTHER_DISTRICT: Final = -2
_OTHER_NAME: Final = -2  # where they share another one; else they are different
# A point for each two bits by which two fingerprints are closer than strangers' mostly are.
_STRANGERS: Final = 29
_BITS_A_POINT: Final = 2
_MOST_FOR_CLOSENESS: Final = 4


def worth(mention: Mention, leads_to: Sequence[int]) -> tuple[int, ...]:
    """Points of each of a report's keys. leads_to: to how many open incidents each leads."""
    named = mention.named >> NAMED_BITS
    kinds: list[int] = []
    for kind in range(3):
        kinds += [kind] * (named >> kind * _COUNT_BITS & _COUNT)
    kinds += [Word.COPY] * (len(mention.keys) - len(kinds))
    return tuple(
        (_CROWDED_WORTH if number > 1 else _WORTH)[kind]
        for kind, number in zip(kinds, leads_to, strict=True)
    )


def mention_names(mention: Mention) -> int:
    """How many of a report's keys, the first ones, are names."""
    return mention.named >> NAMED_BITS & _COUNT


def same(a: Mention, b: Mention, points: int | None = None, *, by_name: bool = False) -> bool:
    """Whether two reports of one county are the same matter; the order makes no difference.

    points: what the keys by which a led to b's incident are worth, and by_name whether one
    of them is a name; without, the keys that a and b share.
    """
    if points is None:
        each = worth(a, [1] * len(a.keys))
        shared = [point for key, point in zip(a.keys, each, strict=True) if key in b.keys]
        points, by_name = sum(shared), _WORTH[Word.NAME] in shared
    # Of one township they share its words, and of one text all others: the place decides.
    agree = _agree(a.named & _NAMED, b.named & _NAMED)
    if not (agree or by_name):
        return False
    distance = _STRANGERS
    if a.fingerprint and b.fingerprint:
        distance = (a.fingerprint ^ b.fingerprint).bit_count()
    district, other_district = a.named >> _DISTRICT_AT, b.named >> _DISTRICT_AT
    apart = bool(district and other_district and district != other_district)
    near = distance <= _NEAR and agree and not apart
    if near and (by_name or _as_told(a, b, points)):
        return True
    if not points:
        return False
    points = min(points, _MOST_FOR_KEYS)
    if not agree:
        points += _OTHER_NAME
    if district and other_district:
        points += _OTHER_DISTRICT if apart else _SAME_DISTRICT
    if by_name or not (a.named & _NAMED or b.named & _NAMED):  # else it is one text of two places
        points += min(max(0, _STRANGERS - distance) // _BITS_A_POINT, _MOST_FOR_CLOSENESS)
    return points + _of_problems(a.problem, b.problem) >= _ENOUGH


def _of_problems(a: int, b: int) -> int:
    """Points for what two reports complain of."""
    if a & b:
        return _SAME_PROBLEM if a & b & ~OFTEN_TOLD else _OFTEN_TOLD
    return _OTHER_PROBLEM if a and b else 0


def _agree(a: int, b: int) -> bool:
    """Whether two names may be one; what names nothing agrees with all."""
    return a == b or not (a and b)


def _as_told(a: Mention, b: Mention, points: int) -> bool:
    """Whether nothing that should be in both of two near texts is in one of them alone."""
    if bool(a.named & _NAMED) != bool(b.named & _NAMED):
        return False
    return points > 0 or max(_telling(a), _telling(b)) < _TO_BE_SHARED


def _telling(mention: Mention) -> int:
    """How many keys a report has beside those of its shingles."""
    counts = mention.named >> NAMED_BITS
    return sum(counts >> kind * _COUNT_BITS & _COUNT for kind in range(3))
