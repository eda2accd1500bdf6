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
    """One occurrence of each word of each text, the first, with all their weights."""
    owner = characters.owner[at]
    order = np.lexsort((at, hashes, owner))
    at, hashes, owner = at[order], hashes[order], owner[order]
    (starts,) = (first_of_each(owner) | first_of_each(hashes)).nonzero()
    summed: Places = np.add.reduceat(weights[order], starts) if len(starts) else weights[:0]
    return Found(at[starts], hashes[starts], summed)


def first_of_each(values: Places | Hashes) -> Flags:
    """Which begin a run of equal ones."""
    first = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


def rank(owner: Places) -> Places:
    """Place of each among its own; owner: ascending."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner)
