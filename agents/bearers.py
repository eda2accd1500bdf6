"""Which mentions bear the keys of a batch's reports at the moment when each of them comes. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.incidents import Incidents
from agents.linking import PER_KEY

Numbers = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class Bearers:
    """The mentions to which the keys of a batch lead.

    A key's place is its number among all keys of the batch. Mentions are numbered in the
    order in which they came: first those held that bear one of the keys, then, from `held`
    on, one for each report of the batch, which counts if it brings keys at all.

    rows: those held, as `Incidents.rows` numbers them. like: of each place the first one
    of the same key.
    """

    def __init__(self, incidents: Incidents, keys: Numbers, of_key: Places) -> None:
        """of_key: whose each key is; of the places of one key, ascending."""
        self._of_key = of_key
        shared = repeated(keys)
        # Places of keys that come more than once: key by key, each in the order of reports.
        self._order = order = shared[np.argsort(keys[shared], kind="stable")]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = keys[order][1:] != keys[order][:-1]
        firsts = np.flatnonzero(is_first)
        self._group = np.repeat(firsts, np.diff(firsts, append=len(order)))
        self._number = np.zeros(len(keys), np.int64)
        self._first = np.zeros(len(keys), np.int64)
        self._find_held(incidents, keys)

    def _find_held(self, incidents: Incidents, keys: Numbers) -> None:
        like = self._order[self._group]
        self.like = np.arange(len(keys))
        self.like[self._order] = like
        asking = np.flatnonzero(self.like == np.arange(len(keys)))
        found, rows = incidents.find(keys[asking])
        counts = np.bincount(found, minlength=len(asking))
        self._held_number = np.zeros(len(keys), np.int64)
        self._held_first = np.zeros(len(keys), np.int64)
        self._held_number[asking] = counts
        self._held_first[asking] = np.cumsum(counts) - counts
        self._held_number[self._order] = self._held_number[like]
        self._held_first[self._order] = self._held_first[like]
        is_held = np.zeros(len(incidents.rows), np.bool_)
        is_held[rows] = True
        self.rows = np.flatnonzero(is_held)
        self.held = len(self.rows)
        numbered = np.empty(len(is_held), np.int64)
        numbered[self.rows] = np.arange(self.held)
        self._held = numbered[rows]

    def suppose(self, brings: Mask, changed: Mask) -> NDArray[np.int64]:
        """Let reports bring these of their keys; the reports to which that makes a difference.

        brings: of each place, whether its report bears that key from then on. changed: of
        each place, whether that is new, or what else is known of its report.
        """
        order = self._order
        brought = brings[order]
        before: Places = np.cumsum(brought) - brought
        number = np.minimum(before - before[self._group], PER_KEY)
        at = np.flatnonzero(brought)
        self._bringing = self._of_key[order[at]]
        self._number[order] = number
        self._first[order] = before - number
        # How far back each looks, and the last change before it. What is not in sight any
        # more was driven out by something new that is.
        reaches = self._group.copy()
        full = number == PER_KEY
        reaches[full] = at[(before - number)[full]]
        last = np.where(changed[order], np.arange(len(order)), -1)
        last[1:] = np.maximum.accumulate(last)[:-1]
        last[:1] = -1
        return self._of_key[order[last >= reaches]]

    def of(self, asking: Mask) -> tuple[Places, Places]:
        """(place, mention) pairs: who bears the keys of these reports, of each key the latest PER_KEY."""
        places = np.flatnonzero(asking[self._of_key])
        number = self._number[places]
        held = np.minimum(self._held_number[places], PER_KEY - number)
        latest = self._bringing[_ranges(self._first[places], number)]
        earlier = self._held[_ranges(self._held_first[places], held)]
        return (
            np.concatenate([np.repeat(places, number), np.repeat(places, held)]),
            np.concatenate([latest + self.held, earlier]),
        )


def _ranges(starts: Places, numbers: Places) -> Places:
    """So many numbers from each start on.

    >>> _ranges(np.array([5, 9]), np.array([3, 1])).tolist()
    [5, 6, 7, 9]
    """
    ends = np.cumsum(numbers)
    return np.repeat(starts - ends + numbers, numbers) + np.arange(ends[-1] if len(ends) else 0)


def repeated(keys: Numbers) -> Places:
    """Places of the keys that are there more than once.

    A table of the last place of each key's slot tells most of them apart in one look;
    those that share a slot with another key are looked at again with another hash.

    >>> repeated(np.array([5, 7, 5, 9], np.uint64)).tolist()
    [0, 2]
    """
    is_repeated = np.zeros(len(keys), np.bool_)
    places = np.arange(len(keys))
    hashes = keys
    while len(places) > 1:
        bits = (4 * len(places)).bit_length()
        hashes = hashes * _SPREAD
        hashes ^= hashes >> np.uint64(29)
        slots = hashes >> np.uint64(64 - bits)
        last = np.empty(1 << bits, np.int64)
        last[slots] = places
        other = last[slots]
        shares = other != places
        places, other, hashes = places[shares], other[shares], hashes[shares]
        twice = keys[places] == keys[other]
        is_repeated[places[twice]] = is_repeated[other[twice]] = True
        places, hashes = places[~twice], hashes[~twice]
    return np.flatnonzero(is_repeated)
