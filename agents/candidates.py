"""Which incidents reports join, for many reports at once: `linking.joined`, mostly in columns."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.incidents import Incidents
from agents.linking import LIFE_S
from agents.mention import Mention, mention_names, same, worth
from agents.naming import NAMED_BITS

Places = NDArray[np.int64]
Numbers = NDArray[np.uint64]
Mask = NDArray[np.bool_]


class Asking(NamedTuple):
    """Reports that ask. of_key: whose each key is; starts, counts: of each report's keys."""

    at_s: Places
    fingerprint: Numbers
    problem: Numbers
    named: Numbers
    counts: Places
    of_key: Places
    starts: Places
    mention: Callable[[int], Mention]


class Found(NamedTuple):
    """What each report found. row: a mention of the incident that it joins, −1 if it joins none.

    leads: of each key, whether it leads to that incident.
    """

    row: Places
    leads: Mask


def found(incidents: Incidents, asking: Asking, keys: Places, rows: Places) -> Found:
    """keys: places of keys, rows: mentions that bear them, pair by pair, as `Incidents.find` has them.

    Only for reports that share no key with another one of their batch.
    """
    chosen = np.full(len(asking.at_s), -1, np.int64)
    leads = np.zeros(len(asking.of_key), np.bool_)
    table = incidents.rows
    known, owner = np.unique(table["owner"][rows], return_inverse=True)
    linked = [incidents.linked.get(each) for each in known.tolist()]
    last_s = np.array([each.last_s if each else -1 for each in linked], np.int64)[owner]
    last_s = np.where(last_s < 0, table["report"]["at_s"][rows].astype(np.int64), last_s)
    is_open = asking.at_s[asking.of_key[keys]] - last_s <= LIFE_S
    keys, rows, owner = keys[is_open], rows[is_open], owner[is_open]
    if not len(keys):
        return Found(chosen, leads)

    # A key and an incident it leads to, once each.
    pair_key, pair_owner = np.divmod(np.unique(keys * len(known) + owner), len(known))
    pair_report = asking.of_key[pair_key]
    leads_to = np.bincount(pair_key, minlength=len(asking.of_key))
    value, is_name = _worth_of_keys(asking, np.unique(pair_report), leads_to)
    # A report and an incident it is led to, once each.
    led, of_pair = np.unique(pair_report * len(known) + pair_owner, return_inverse=True)
    points = np.bincount(of_pair, value[pair_key]).astype(np.int64)
    by_name = np.bincount(of_pair, is_name[pair_key]) > 0
    most = np.zeros(len(asking.at_s), np.int64)
    np.maximum.at(most, led // len(known), points)
    foremost = points == most[led // len(known)]
    only = foremost & (np.bincount(led // len(known), foremost)[led // len(known)] == 1)

    # A report and a mention it is led to, once each: of the most points first, then in order.
    triples, first = np.unique(asking.of_key[keys] * len(table) + rows, return_index=True)
    report, row = np.divmod(triples, len(table))
    place = np.searchsorted(led, report * len(known) + owner[first])
    # The same text again is the same matter, if no other one is as close: no need to ask.
    again = (asking.fingerprint[report] == table["fingerprint"][row]) & (
        asking.fingerprint[report] != 0
    )
    again &= asking.problem[report] == table["problem"][row]
    again &= asking.named[report] == table["named"][row]
    certain = only & (np.bincount(place, again, len(led)) > 0)
    order = np.lexsort((row, -points[place], report))
    incident = np.full(len(asking.at_s), -1, np.int64)
    done = -1
    for at, number, of in zip(
        report[order].tolist(), row[order].tolist(), place[order].tolist(), strict=True
    ):
        if at != done and (
            certain[of]
            or same(
                asking.mention(at),
                incidents.mention(number),
                int(points[of]),
                by_name=bool(by_name[of]),
            )
        ):
            done = at
            chosen[at] = number
            incident[at] = led[of] % len(known)
    leads[pair_key[pair_owner == incident[pair_report]]] = True
    return Found(chosen, leads)


def _worth_of_keys(
    asking: Asking, reports: Places, leads_to: Places
) -> tuple[NDArray[np.float64], Mask]:
    """`worth` of every key of these reports, and whether it is a name."""
    value = np.zeros(len(asking.of_key))
    is_name = np.zeros(len(asking.of_key), np.bool_)
    starts = asking.starts[reports].tolist()
    counts = asking.counts[reports].tolist()
    crowded = np.minimum(leads_to, 2).tolist()
    for start, count, named in zip(starts, counts, asking.named[reports].tolist(), strict=True):
        end = start + count
        points, names = _worth(count, named >> NAMED_BITS, tuple(crowded[start:end]))
        value[start:end] = points
        is_name[start : start + names] = True
    return value, is_name


@lru_cache(maxsize=65_536)
def _worth(count: int, kinds: int, leads_to: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """kinds: how many keys are of which kind, as `Mention.named` has it."""
    mention = Mention(0, (0,) * count, named=kinds << NAMED_BITS)
    return worth(mention, leads_to), mention_names(mention)
