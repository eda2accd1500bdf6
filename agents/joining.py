"""Decides which incident each report of a batch belongs to.

Pure: incidents are only read. What decides is `linking.joined`, and the incidents are those
of `linking.Linker`: the answer follows from the order of reports alone, not from how they
are cut into batches.

A report's decision needs those of the reports before it. So these are supposed, first that
each report opens an incident. On that all are decided at once, a column at a time; what
comes out is supposed next, and what it makes a difference to is decided again, until what
comes out is what was supposed. That is what deciding one after the other gives: the first
report about which something wrong is supposed has only right ones before it, so that each
round puts at least that one right. Few reports join others; then rounds are few.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.arrivals import Arrivals
from agents.bearers import Bearers, repeated
from agents.candidates import CASE, NOTHING, Asking, joined
from agents.incidents import Incidents, incident_ids, mixed
from agents.linking import LIFE_S, MENTIONS
from agents.matter import ROW, Incident, Matters
from agents.mention import Sides, kinds_of

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


_AT_ONCE: Final = 64


class Target(NamedTuple):
    """An incident that reports of this batch join, as it stands with them.

    opens: whether the first of its reports here opens it. reports: their places.
    """

    id: int
    name: str
    first_s: int
    last_s: int
    opens: bool
    reports: Places


class Joining:
    """One batch of reports, decided. targets: by id."""

    def __init__(self, incidents: Incidents, arrivals: Arrivals) -> None:
        self._incidents = incidents
        self._all = arrivals
        self._each = np.arange(len(arrivals))
        cases = np.array(list(arrivals.cases.values()), np.uint64)
        self._keys = np.concatenate([arrivals.keys, cases])
        self._of_key = np.concatenate([arrivals.of_key, np.array(list(arrivals.cases), np.int64)])
        kinds = kinds_of(arrivals.named, arrivals.counts)
        self._kinds = np.concatenate([kinds, np.full(len(cases), CASE)])
        self._bearers = Bearers(incidents, self._keys, self._of_key)
        # Mentions are those held and then those of the reports; incidents those held and
        # then those that the reports open.
        self._rows = rows = incidents.rows[self._bearers.rows]
        self._sides = Sides(arrivals.fingerprint, arrivals.problem, arrivals.named, arrivals.sketch)
        held = Sides(*(rows[column] for column in Sides._fields))
        self._told = Sides(*map(np.concatenate, zip(held, self._sides, strict=True)))
        self._at_s = arrivals.records["at_s"].astype(np.int64)
        self._told_s = np.concatenate([rows["report"]["at_s"].astype(np.int64), self._at_s])
        self._held, self._row_of, owner = np.unique(
            rows["owner"], return_index=True, return_inverse=True
        )
        self._first = np.concatenate([owner, len(self._held) + self._each])
        # What is supposed: each mention's incident; of each report the mention by which it
        # joins; which keys do not lead yet to who tells as much there, and which of them its
        # own mention brings.
        self._owner = self._first
        self._joins = np.full(len(arrivals), NOTHING)
        self._new: Mask = np.ones(len(self._keys), np.bool_)
        self._brings = self._new
        self._is_late: Mask = np.zeros(len(arrivals), np.bool_)
        self._mentions = np.zeros(len(self._held) + len(arrivals), np.int64)  # −1: to be looked up
        self._mentions[: len(self._held)] = -1
        self._join()
        ids = incident_ids(arrivals.records["identity"].astype(np.uint64), arrivals.county)
        self._ids = np.concatenate([self._held, ids])
        self.targets = {target.id: target for target in self._targets()}

    @property
    def _incident(self) -> Places:
        """The number of each report's incident."""
        return self._owner[len(self._rows) :]

    def _join(self) -> None:
        self._follow_copies()
        self._settle()
        self._bearers.suppose(self._brings, np.zeros(len(self._keys), np.bool_))
        pending: Mask = np.ones(len(self._each), np.bool_)
        at_once = len(pending)
        while len(some := np.flatnonzero(pending)[:at_once]):
            incident, brings = self._incident, self._brings
            pending[some] = False
            self._decide(some)
            self._settle()
            moved = (self._incident != incident)[self._of_key]
            changed = (self._brings != brings) | (moved & brings)
            pending |= self._is_late & changed.any()
            pending[self._bearers.suppose(self._brings, changed)] = True
            # Where most join each other it is no use to look far ahead of what is certain.
            in_vain = np.count_nonzero(pending[some]) > len(some) // 2
            at_once = max(at_once // 2, _AT_ONCE) if in_vain else at_once * 2

    def _follow_copies(self) -> None:
        """Suppose that reports join by the first one that brings exactly the same."""
        told = self._sides.fingerprint
        ends = np.cumsum(self._all.counts)
        sums = np.concatenate([[np.uint64(0)], np.cumsum(self._all.keys)])
        for column in (*self._sides[1:], sums[ends] - sums[self._all.starts]):
            told = mixed(told ^ column, self._all.county)
        again = repeated(told)
        _, first, of = np.unique(told[again], return_index=True, return_inverse=True)
        leader = again[first[of]]
        follows = leader != again
        self._joins[again[follows]] = len(self._rows) + leader[follows]
        self._new = self._joins[self._of_key] == NOTHING

    def _decide(self, some: Places) -> None:
        """What these reports join, if all is as is supposed."""
        asking = np.zeros(len(self._each), np.bool_)
        asking[some] = True
        places, mentions = self._bearers.of(asking)
        incidents = self._owner[mentions]
        is_open = self._are_open(self._of_key[places], mentions, incidents)
        found = joined(
            Asking(self._sides, self._of_key, self._kinds),
            self._told,
            places[is_open],
            mentions[is_open],
            incidents[is_open],
        )
        self._joins[some] = found[some]
        self._new[asking[self._of_key]] = True
        joins = np.where(found == NOTHING, NOTHING, self._owner[found])
        theirs = np.flatnonzero(incidents == joins[self._of_key[places]])
        places, mentions = places[theirs], mentions[theirs]
        untold = self._sides.problem[self._of_key[places]] & ~self._told.problem[mentions]
        self._new[places[(untold == 0) | (self._kinds[places] == CASE)]] = False

    def _are_open(self, of: Places, mentions: Places, incidents: Places) -> Mask:
        """Whether the incident of a mention is open still when a report comes."""
        is_open: Mask = self._at_s[of] - self._told_s[mentions] <= LIFE_S
        old = np.flatnonzero(~is_open)
        if len(old):
            of, incidents = of[old], incidents[old]
            self._is_late[of] = True  # reports of the incident that came since make a difference
            is_open[old] = self._at_s[of] - self._last_s(of, incidents) <= LIFE_S
        return is_open

    def _last_s(self, of: Places, incidents: Places) -> Places:
        """When incidents were last reported before these reports."""
        distinct, index = np.unique(incidents, return_inverse=True)
        last_s = np.array(list(map(self._held_last_s, distinct.tolist())), np.int64)[index]
        reports = np.flatnonzero(np.isin(self._incident, distinct))
        reports = reports[np.argsort(self._incident[reports], kind="stable")]
        owner = self._incident[reports]
        latest = np.maximum.accumulate(owner << 32 | self._at_s[reports])
        number = len(self._each)
        before = np.searchsorted(owner * number + reports, incidents * number + of)
        last = np.concatenate([[NOTHING], latest])[before]
        own = last >> 32 == incidents
        last_s[own] = np.maximum(last_s[own], last[own] & 0xFFFFFFFF)
        return last_s

    def _settle(self) -> None:
        """The incidents of the reports, and what they bring, if they join as was decided."""
        held = len(self._rows)
        joins = self._joins != NOTHING
        by = np.arange(len(self._first))
        by[held:][joins] = self._joins[joins]
        while (further := by[by]).tobytes() != by.tobytes():  # by way of others that join
            by = further
        self._owner = self._first[by]
        brings = self._new.copy()
        # An incident has MENTIONS at most; but a case is always remembered.
        number = np.bincount(self._incident[joins], minlength=len(self._held) + len(joins))
        before = self._mentions
        unknown = np.flatnonzero((number > 0) & (before < 0))
        before[unknown] = [self._held_mentions(incident) for incident in unknown.tolist()]
        full = number + before >= MENTIONS
        if full.any():
            makes = np.bincount(self._of_key[self._new], minlength=len(joins)) > 0
            rows = np.flatnonzero(full[self._incident] & (makes | ~joins))
            rows = rows[np.argsort(self._incident[rows], kind="stable")]
            incident = self._incident[rows]
            rank = np.arange(len(rows)) - np.searchsorted(incident, incident)
            over = np.zeros(len(joins), np.bool_)
            over[rows[rank + before[incident] >= MENTIONS]] = True
            brings[over[self._of_key] & (self._kinds != CASE)] = False
        # Of several that bring a key to an incident anew the first one does for now: it will
        # lead there for the others. Who sees that is asked again, so that this is not the last.
        anew = np.flatnonzero(brings & ~self._brings)
        leads = self._bearers.like[anew] * len(self._first) + self._incident[self._of_key[anew]]
        brings[np.delete(anew, np.unique(leads, return_index=True)[1])] = False
        self._brings = brings

    def _linked(self, incident: int) -> Incident | None:
        """An incident by its number, if it is held and has several reports."""
        if incident >= len(self._held):
            return None
        return self._incidents.linked.get(int(self._held[incident]))

    def _held_last_s(self, incident: int) -> int:
        """When it was last reported before this batch; 0 if it was not."""
        if incident >= len(self._held):
            return 0
        linked = self._linked(incident)
        return linked.last_s if linked else int(self._told_s[self._row_of[incident]])

    def _held_mentions(self, incident: int) -> int:
        """How many an incident has that is held."""
        linked = self._linked(incident)
        return linked.mentions if linked else int(incident < len(self._held))

    def _targets(self) -> list[Target]:
        number = len(self._held)
        is_joined = np.zeros(number + len(self._each), np.bool_)
        is_joined[self._incident[self._joins != NOTHING]] = True
        reports = np.flatnonzero(is_joined[self._incident])
        reports = reports[np.argsort(self._incident[reports], kind="stable")]
        incidents, starts = np.unique(self._incident[reports], return_index=True)
        if not len(incidents):
            return []
        at_s = self._at_s[reports]
        return [
            self._target(incident, own, *span_s)
            for incident, own, *span_s in zip(
                incidents.tolist(),
                np.split(reports, starts[1:]),
                np.minimum.reduceat(at_s, starts).tolist(),
                np.maximum.reduceat(at_s, starts).tolist(),
                strict=True,
            )
        ]

    def _target(self, incident: int, reports: Places, first_s: int, last_s: int) -> Target:
        """first_s, last_s: of these reports alone."""
        opens, name = incident >= len(self._held), ""
        if not opens:
            known = self._linked(incident)
            row = self._row_of[incident]
            name = known.name if known else self._incidents.name(int(self._bearers.rows[row]))
            first_s = min(first_s, known.first_s if known else int(self._told_s[row]))
            last_s = max(last_s, known.last_s if known else int(self._told_s[row]))
        if not name:
            names = map(self._all.names.get, reports.tolist())
            name = next((each for each in names if each), "")
        return Target(int(self._ids[incident]), name, first_s, last_s, opens, reports)

    def matters(self) -> Matters:
        """What is to be journaled."""
        arrivals = self._all
        opens = self._joins == NOTHING
        counts = np.bincount(self._of_key[self._brings], minlength=len(opens))
        makes_row = opens | (counts > 0)
        makes = np.flatnonzero(makes_row)
        case = np.zeros(len(opens), np.uint64)
        by_case = np.flatnonzero(self._brings & (self._kinds == CASE))
        case[self._of_key[by_case]] = self._keys[by_case]
        owner = self._ids[self._incident]
        rows = np.zeros(len(makes), ROW)
        rows["owner"] = owner[makes]
        rows["report"] = arrivals.records[makes]
        rows["county"] = arrivals.county[makes]
        for column, values in zip(Sides._fields, self._sides, strict=True):
            rows[column] = values[makes]
        rows["case"] = case[makes]
        rows["opens"] = opens[makes]
        rows["keys"] = (counts - (case != 0))[makes]
        place_of = np.where(makes_row, np.cumsum(makes_row) - 1, NOTHING).tolist()
        return Matters(
            rows.tobytes(),
            arrivals.keys[self._brings[: len(arrivals.keys)]].tobytes(),
            {place_of[at]: name for at, name in arrivals.names.items() if place_of[at] >= 0},
            [
                (target.id, target.name, arrivals.records[further].tobytes())
                for target in self.targets.values()
                if len(further := target.reports[int(target.opens) :])
            ],
            [
                (int(owner[at]), int(arrivals.records["identity"][at]), text)
                for at, text in arrivals.excerpts.items()
            ],
        )
