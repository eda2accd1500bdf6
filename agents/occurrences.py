"""Words where they occur in texts: added up per text, and the foremost of each text chosen."""

from typing import NamedTuple

import numpy as np

from agents.characters import Characters, Flags, Hashes, Places


class Found(NamedTuple):
    """Occurrences: where, of which text, hashed, how much each counts."""

    at: Places
    hashes: Hashes
    weights: Places


def added_up(characters: Characters, at: Places, hashes: Hashes, weights: Places) -> Found:
    """One occurrence of each word of each text, the first, with all their weights.

    hashes: equal in their highest 42 bits and their lowest two where the words are.
    """
    # What is in the order of the texts already is sorted in half the time.
    order = np.argsort(at, kind="stable")
    at, hashes, weights = at[order], hashes[order], weights[order]
    words = characters.owner[at].astype(np.uint64) << np.uint64(44)
    words |= hashes >> np.uint64(22) << np.uint64(2) | hashes & np.uint64(3)
    order = np.argsort(words, kind="stable")
    (starts,) = first_of_each(words[order]).nonzero()
    summed: Places = np.add.reduceat(weights[order], starts) if len(starts) else weights[:0]
    order = order[starts]
    return Found(at[order], hashes[order], summed)


def by_weight(characters: Characters, found: Found) -> Places:
    """An order by text; in each by weight, the heaviest first; of equal ones by place."""
    heaviest = found.weights.max(initial=0)
    order = characters.owner[found.at] * (heaviest + 1) + (heaviest - found.weights)
    return np.argsort(order << 32 | found.at, kind="stable")


def first_of_each(values: Places | Hashes) -> Flags:
    """Which begin a run of equal ones."""
    first = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


def rank(owner: Places) -> Places:
    """Place of each among its own; owner: ascending."""
    places = np.arange(len(owner))
    return places - np.maximum.accumulate(np.where(first_of_each(owner), places, 0))
