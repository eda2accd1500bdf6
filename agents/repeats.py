"""Which events of a batch are new, and which came before."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from agents.state import State
from streams.cases import CaseStep
from streams.duty import DutyEntry
from streams.incidents import Correction
from streams.packs import Action, Pack

Mask = NDArray[np.bool_]
Other = CaseStep | Action | Correction | DutyEntry


def first_seen(state: State, packs: Iterable[Pack]) -> Mask:
    """For every event (reports, then others, pack after pack) whether it is the first of its identity."""
    identities = [np.empty(0, np.uint64)]
    for pack in packs:
        identities.append(np.frombuffer(pack.reports.identity, "<u8"))
        identities.append(np.array([other.identity for other in others_of(pack)], np.uint64))
    ids = np.concatenate(identities)
    _, first = np.unique(ids, return_index=True)
    new: Mask = np.zeros(len(ids), np.bool_)
    new[first] = True
    return new & ~state.seen.holds(ids)


def others_of(pack: Pack) -> list[Other]:
    """A pack's events that are no reports."""
    return [*pack.cases, *pack.actions, *pack.corrections, *pack.duty]
