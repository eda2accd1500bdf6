"""Which incidents reports join, for many reports at once: `linking.joined`, mostly in columns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.incidents import Incidents
from agents.linking import LIFE_S
from agents.mention import Sides, kinds_of, same_each, worth
from agents.naming import Word

Places = NDArray[np.int64]
Numbers = NDArray[np.uint64]
Mask = NDArray[np.bool_]


class Asking(NamedTuple):
    """Reports that ask. of_key: whose each key is; counts: of each report's keys."""

    at_s: Places
    fingerprint: Numbers
    problem: Numbers
    named: Numbers
    counts: Places
    of_key: Places


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
    kinds = kinds_of(asking.named, asking.counts)
    value, is_name = worth(kinds, leads_to), kinds == Word.NAME
    # A report and an incident it is led to, once each.
    led, of_pair = np.unique(pair_report * len(known) + pair_owner, return_inverse=True)
    points = np.bincount(of_pair, value[pair_key]).astype(np.int64)
    by_name = np.bincount(of_pair, is_name[pair_key]) > 0
    # A report and a mention it is led to, once each.
    triples, first = np.unique(asking.of_key[keys] * len(table) + rows, return_index=True)
    report, row = np.divmod(triples, len(table))
    place = np.searchsorted(led, report * len(known) + owner[first])
    said = same_each(
        Sides(asking.fingerprint[report], asking.problem[report], asking.named[report]),
        Sides(table["fingerprint"][row], table["problem"][row], table["named"][row]),
        points[place],
        by_name[place],
    )
    report, row, place = report[said], row[said], place[said]
    order = np.lexsort((row, -points[place], report))
    best = order[np.unique(report[order], return_index=True)[1]]
    chosen[report[best]] = row[best]
    incident = np.full(len(asking.at_s), -1, np.int64)
    incident[report[best]] = led[place[best]] % len(known)
    leads[pair_key[pair_owner == incident[pair_report]]] = True
    return Found(chosen, leads)
