"""`linking.joined` for many reports at once: which of the mentions that their keys lead to they join by."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.mention import MANY, TOLD_BY_MANY, Sides, names_agree, same_each, worth
from agents.naming import Word

Numbers = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

CASE: Final = len(Word)  # the kind of a key that links by itself, whatever is said
NOTHING: Final = -1
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class Asking(NamedTuple):
    """Reports that ask, and their keys.

    sides: of each report. of_key, kinds: whose each key is, and its naming.Word, or CASE.
    """

    sides: Sides
    of_key: Places
    kinds: Places


def joined(
    asking: Asking, sides: Sides, places: Places, mentions: Places, incidents: Places
) -> Places:
    """For each report the mention by which it joins an incident; NOTHING where it opens one.

    sides: of each mention, in the order in which they came.
    places, mentions, incidents: whom keys lead to: the number of a key, of a mention that
    bears it, and of its incident, which is open, triple by triple.
    """
    reports = len(asking.sides.named)
    of = asking.of_key[places]
    kinds = asking.kinds[places]
    # Most agree in no name: then they are never the same, whatever else they share.
    may_be = names_agree(asking.sides.named[of], sides.named[mentions]) | (kinds == Word.NAME)
    pairs = incidents * reports + of
    some = np.flatnonzero(_likely(pairs, may_be) & (kinds != CASE))
    pairs, index = np.unique(pairs[some], return_inverse=True)
    # A key counts once, also where several mentions of one incident bear it.
    _, once = np.unique(index * len(asking.of_key) + places[some], return_index=True)
    kind = kinds[some[once]]
    leads_to = _leads_to(places, mentions, incidents)[places[some[once]]]
    points = np.bincount(index[once], worth(kind, leads_to), len(pairs)).astype(np.int64)
    by_name = np.bincount(index[once], kind == Word.NAME, len(pairs)) > 0
    told_by = np.unique(index * len(sides.named) + mentions[some]) // max(len(sides.named), 1)
    by_many = np.bincount(told_by, minlength=len(pairs)) >= MANY
    are_same = same_each(
        asking.sides.take(of[some]),
        sides.take(mentions[some]),
        points[index],
        by_name[index],
        by_many[index],
    )
    found = np.full(reports, NOTHING)
    points += TOLD_BY_MANY * by_many
    some, value = some[are_same], points[index[are_same]]
    # What is written last stays: of the most points the mention that came first.
    some = some[np.lexsort((-mentions[some], value))]
    found[of[some]] = mentions[some]
    by_case = np.flatnonzero(kinds == CASE)
    by_case = by_case[np.argsort(mentions[by_case])]
    found[of[by_case]] = mentions[by_case]
    return found


def _leads_to(places: Places, mentions: Places, incidents: Places) -> Places:
    """To how many incidents each key leads."""
    # Most incidents have one mention here, which each key leads to once.
    one = np.empty(int(incidents.max(initial=-1)) + 1, np.int64)
    one[incidents] = mentions
    has_several = np.zeros(len(one), np.bool_)
    has_several[incidents[one[incidents] != mentions]] = True
    some = np.flatnonzero(has_several[incidents])
    distinct = np.unique(places[some] * len(one) + incidents[some]) // max(len(one), 1)
    most = int(places.max(initial=-1)) + 1
    leads_to: Places = np.bincount(places, minlength=most)
    leads_to -= np.bincount(places[some], minlength=most)
    leads_to += np.bincount(distinct, minlength=most)
    return leads_to


def _likely(numbers: Places, wanted: Mask) -> Mask:
    """Whether a number is one of those wanted; true of few others.

    >>> _likely(np.array([7, 9, 7, 7]), np.array([False, False, True, False])).tolist()
    [True, False, True, True]
    """
    bits = 4 + int(np.count_nonzero(wanted)).bit_length()
    slots = (numbers.astype(np.uint64) * _SPREAD) >> np.uint64(64 - bits)
    is_wanted = np.zeros(1 << bits, np.bool_)
    is_wanted[slots[wanted]] = True
    likely: Mask = is_wanted[slots]
    return likely
