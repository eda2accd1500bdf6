"""Says what a report brings to linking, and when two reports are the same matter.

A duty officer's rule: the same concrete problem at the same place, or with the
same company or project.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.characters import Flags, Hashes, Points, mixed
from agents.districts import DISTRICT_BITS
from agents.facets import OFTEN_TOLD, are_neighbours, problems
from agents.fingerprint import fingerprints
from agents.naming import ID_BITS, NAMED_BITS, Telling, Word, telling
from agents.texts import Texts
from agents.unusual import in_common

Ints = NDArray[np.int64]

# How `named` is laid out: two characters of the name, counts of three kinds of keys, the
# district.
_COUNT_BITS: Final = 4
_DISTRICT_AT: Final = np.uint64(NAMED_BITS + 3 * _COUNT_BITS)
_NAMED: Final = np.uint64((1 << NAMED_BITS) - 1)
_HOUSE_AT: Final = np.uint64(2 * ID_BITS)
_CITY_AT: Final = np.uint64(DISTRICT_BITS)
_DISTRICT: Final = np.uint64((1 << DISTRICT_BITS) - 1)
_BOTH: Final = np.uint64((1 << 2 * ID_BITS) - 1)
_COUNT: Final = np.uint64((1 << _COUNT_BITS) - 1)


class Mention(NamedTuple):
    """What a report brings to linking; at most some 100 bytes in a pack.

    fingerprint: 64 bits of the text; 0 where it is too short to tell.
    keys: what incidents are looked up by, at most 10 of 64 bits, in the order of their
    kinds (naming.Word): names, unusual words, words of towns and streets, unusual pairs and
    shingles. Two reports without one in common are never the same matter.
    name: the named estate, company, school, road or project, for people to read;
    at most 16 characters, "" where nothing is named.
    problem: a set of 64, what is complained of (agents/facets.py).
    named: two characters of the name, 15 bits each; above them, in 6 bits, which house of that
    name; in 4 bits each, how many keys are of the first three kinds; in 16 bits the district.
    0 for each where nothing is said.
    sketch: of the unusual pairs of the text (agents/unusual.py).
    """

    fingerprint: int
    keys: tuple[int, ...]
    name: str = ""
    problem: int = 0
    named: int = 0
    sketch: int = 0


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
    return mentions_of(Texts.of(reports))


def mentions_of(texts: Texts) -> list[Mention]:
    """The same for texts that were read already."""
    characters, in_title = texts.characters, texts.in_title
    bits, least = fingerprints(characters)
    told = telling(characters, in_title)
    named = told.named | (told.districts << _DISTRICT_AT)
    for kind in range(3):
        named |= told.counts[:, kind] << np.uint64(NAMED_BITS + kind * _COUNT_BITS)
    found = zip(
        bits.tolist(),
        _keys(told, least),
        told.names,
        problems(characters, in_title).tolist(),
        named.tolist(),
        told.unusual.sketches.tolist(),
        strict=True,
    )
    return list(map(Mention._make, found))


_KEYS: Final = 10
_NONE: Final = np.uint32(0xFFFFFFFF)
_PAIRS: Final = np.uint64(1 << 32)  # apart from shingles of the same hash


def _keys(told: Telling, least: Points) -> Iterator[tuple[int, ...]]:
    """The keys of each text."""
    words, most = told.words, told.unusual.most
    copies = np.concatenate((mixed(most ^ _PAIRS), mixed(least.astype(np.uint64))), axis=1)
    keys = np.concatenate((words, copies | np.uint64(Word.COPY)), axis=1)
    # Near copies that have words which tell them apart share one of these as well.
    enough = (words != 0).sum(1, keepdims=True) >= _TO_BE_SHARED
    kept = np.concatenate((words != 0, most != 0, (least != _NONE) & ~enough), axis=1)
    kept &= np.cumsum(kept, 1) <= _KEYS
    all_ = tuple(keys[kept].tolist())
    ends = np.cumsum(kept.sum(1)).tolist()
    return (all_[start:end] for start, end in pairwise([0, *ends]))


# Of 64 bits: two texts no farther apart have about half of their shingles in common.
_NEAR: Final = 17
# Where a text has so many words that tell it apart, its copies have one of them.
_TO_BE_SHARED: Final = 2
# What speaks for one matter, in points; so many are enough.
_ENOUGH: Final = 7
# Of a key, by its kind; and when it leads to a crowd of matters. Two or three may be one that
# was taken for several at first: they must not part what comes after.
_WORTH: Final = np.array([[4, 2, 2, 0], [4, 1, 1, 0]])
_CROWD: Final = 6
# Of whatever they have in common that leads one to the other, as a pair of characters said most.
_LEAST_FOR_KEYS: Final = 2
# Less than enough: a name and what stands around it are no problem yet.
_MOST_FOR_KEYS: Final = 6
# An incident to so many of whose mentions a report's keys lead is a burst: it is likely of it.
MANY: Final = 3
TOLD_BY_MANY: Final = 2
_SAME_PROBLEM: Final = 3
_OFTEN_TOLD: Final = 1  # when the problem they share is one that many have
_OTHER_PROBLEM: Final = -6
_UNKNOWN_PROBLEM: Final = 1  # of one of them or of both
_SAME_DISTRICT: Final = 2
_OTHER_DISTRICT: Final = -3
_OTHER_NAME: Final = -2  # where they share another one; else they are different
_OTHER_HOUSE: Final = -4  # of the same name: 朝阳小学 and 朝阳大厦
# A point for each two bits by which two fingerprints are closer than strangers' mostly are.
_STRANGERS: Final = 29
_BITS_A_POINT: Final = 2
_STRANGERS_SHARE: Final = 1  # of the parts of two sketches; a point for each further one
_MOST_FOR_CLOSENESS: Final = 4


class Sides(NamedTuple):
    """What `same_each` asks of mentions, a column each, as a Mention has it."""

    fingerprint: Hashes
    problem: Hashes
    named: Hashes
    sketch: Hashes

    @classmethod
    def of(cls, some: Sequence[Mention]) -> "Sides":
        """Of mentions."""
        return cls(
            np.array([each.fingerprint for each in some], np.uint64),
            np.array([each.problem for each in some], np.uint64),
            np.array([each.named for each in some], np.uint64),
            np.array([each.sketch for each in some], np.uint64),
        )

    def take(self, places: Ints) -> "Sides":
        """Those at places."""
        return Sides(*(column.take(places) for column in self))


def kinds_of(named: Hashes, counts: Ints) -> Ints:
    """The kind (naming.Word) of every key of many mentions, on end. counts: keys of each."""
    each = np.empty((len(named), 4), np.int64)
    left = counts
    for kind in range(3):
        said = named >> np.uint64(NAMED_BITS + kind * _COUNT_BITS) & np.uint64(_COUNT)
        # A pack of another version may say what does not fit its keys.
        each[:, kind] = np.minimum(said.astype(np.int64), left)
        left = left - each[:, kind]
    each[:, Word.COPY] = left
    return np.repeat(np.tile(np.arange(4), len(named)), each.ravel())


def worth(kinds: Ints, leads_to: Ints) -> Ints:
    """Points of keys. leads_to: to how many open incidents each leads."""
    return _WORTH[(leads_to >= _CROWD).astype(np.intp), kinds]


def same(a: Mention, b: Mention) -> bool:
    """Whether two reports of one county are the same matter, by themselves; the order makes no difference."""
    kinds = kinds_of(np.array([a.named], np.uint64), np.array([len(a.keys)]))
    shared = kinds[[key in b.keys for key in a.keys]]
    if not len(shared):
        return False
    points = worth(shared, np.ones(len(shared), np.int64)).sum(keepdims=True)
    by_name = np.array([Word.NAME in shared])
    by_many = np.zeros(1, np.bool_)
    return bool(same_each(Sides.of([a]), Sides.of([b]), points, by_name, by_many)[0])


def same_each(a: Sides, b: Sides, points: Ints, by_name: Flags, by_many: Flags) -> Flags:
    """Row by row, whether a report, of a, is the same matter as a mention, of b.

    points: what the keys by which it was led to the mention's incident are worth; by_name:
    whether one of them is a name; by_many: whether they lead to MANY of its mentions.
    """
    # Of one township they share its words, and of one text all others: the place decides.
    agree = names_agree(a.named, b.named)
    distance = np.where(
        (a.fingerprint != 0) & (b.fingerprint != 0),
        np.bitwise_count(a.fingerprint ^ b.fingerprint).astype(np.int64),
        _STRANGERS,
    )
    district, other_district = a.named >> _DISTRICT_AT, b.named >> _DISTRICT_AT
    in_cities = (district != 0) & (other_district != 0)
    in_districts = in_cities & (district & _DISTRICT != 0) & (other_district & _DISTRICT != 0)
    of_two_cities = in_cities & (district >> _CITY_AT != other_district >> _CITY_AT)
    apart = of_two_cities | (in_districts & (district != other_district))
    nameless, other_nameless = (a.named & _NAMED) == 0, (b.named & _NAMED) == 0
    # Nothing that should be in both of two near texts is in one of them alone.
    as_told = (nameless == other_nameless) & (
        (points > 0) | (np.maximum(_telling(a.named), _telling(b.named)) < _TO_BE_SHARED)
    )
    near = (distance <= _NEAR) & agree & ~apart & (by_name | as_told)
    closer = in_common(a.sketch, b.sketch) - _STRANGERS_SHARE
    # Without a word in common the ordinary ones say little.
    in_all = np.where(points > 0, (_STRANGERS - distance) // _BITS_A_POINT, 0)
    closeness = np.clip(np.maximum(closer, in_all), 0, _MOST_FOR_CLOSENESS)
    of_one_name = (a.named & _BOTH) == (b.named & _BOTH)
    sums = np.clip(points, _LEAST_FOR_KEYS, _MOST_FOR_KEYS) + TOLD_BY_MANY * by_many
    sums += np.where(agree, 0, np.where(of_one_name, _OTHER_HOUSE, _OTHER_NAME))
    sums += np.where(apart, _OTHER_DISTRICT, _SAME_DISTRICT * in_districts)
    # Where only one names a place it is one text of two places.
    sums += closeness * (by_name | nameless & other_nameless)
    sums += _of_problems(a.problem, b.problem)
    # Who says nothing that is known has more than the place in common with what is told there.
    known = (a.problem != 0) & (b.problem != 0)
    enough = (sums >= _ENOUGH) & (known | (closer > 0) | by_many)
    said: Flags = (agree & ~of_two_cities | by_name) & (near | enough)
    return said


def names_agree(a: Hashes, b: Hashes) -> Flags:
    """Whether two names may be one, by `named`; what names nothing agrees with all."""
    a, b = a & _NAMED, b & _NAMED
    house, other_house = a >> _HOUSE_AT, b >> _HOUSE_AT
    agree: Flags = (a & _BOTH) == (b & _BOTH)
    agree &= (house == other_house) | (house == 0) | (other_house == 0)
    agree |= (a == 0) | (b == 0)
    return agree


def _of_problems(a: Hashes, b: Hashes) -> Ints:
    """Points for what two reports complain of."""
    both = a & b
    shared = np.where(both & ~np.uint64(OFTEN_TOLD), _SAME_PROBLEM, _OFTEN_TOLD)
    other = np.where(are_neighbours(a, b), 0, _OTHER_PROBLEM)
    return np.where(both, shared, np.where((a != 0) & (b != 0), other, _UNKNOWN_PROBLEM))


def _telling(named: Hashes) -> Hashes:
    """How many keys a report has beside those of its shingles."""
    counts = [named >> np.uint64(NAMED_BITS + kind * _COUNT_BITS) & _COUNT for kind in range(3)]
    return sum(counts[1:], counts[0])
