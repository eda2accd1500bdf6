"""Decides which incident each report of a batch belongs to.

Pure: incidents are only read. Reports that share no key with anything are dealt with
a column at a time; the others one by one, in order.

What decides is `linking.joined`, and the incidents are those of `linking.Linker`: the
answer follows from the order of reports alone, not from how they are cut into batches.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents import candidates
from agents.arrivals import Arrivals
from agents.incidents import Incidents, incident_ids, mixed
from agents.linking import LIFE_S, MENTIONS, PER_KEY, Bearer, joined
from agents.matter import ROW, Matters
from agents.mention import Mention

Numbers = NDArray[np.uint64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
Records = NDArray[np.void]

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class Target:
    """An incident that reports of this batch may join.

    reports: places of those that did. opens: whether the first of them opens it. first_s,
    last_s, name, mentions: with them.
    """

    __slots__ = ("first_s", "id", "last_s", "mentions", "name", "opens", "reports")

    def __init__(
        self, id_: int, first_s: int, last_s: int, name: str, mentions: int, *, opens: bool
    ) -> None:
        self.id = id_
        self.first_s = first_s
        self.last_s = last_s
        self.name = name
        self.mentions = mentions
        self.opens = opens
        self.reports: list[int] = []


_Bearer = Bearer[Target]  # its number: of the row; those of the batch count on


class Joining:
    """One batch of reports, decided. targets: by id, those that reports came one by one to."""

    def __init__(self, incidents: Incidents, arrivals: Arrivals) -> None:
        self._incidents = incidents
        self._all = arrivals
        self._held = len(incidents.rows)
        number = len(arrivals)
        self._owner = incident_ids(arrivals.records["identity"].astype(np.uint64), arrivals.county)
        self._case = np.zeros(number, np.uint64)
        self._opens: Mask = np.ones(number, np.bool_)
        self._makes_row: Mask = np.ones(number, np.bool_)
        self._brings: Mask = np.ones(len(arrivals.keys), np.bool_)
        self._known: dict[int, Target] = {}
        # Who bear a key, the latest first; how many of them came in this batch; what
        # became of a mention.
        self._bearers: dict[int, list[_Bearer]] = {}
        self._added: dict[int, int] = {}
        self._held_bearers: dict[int, _Bearer] = {}
        self._before: dict[Mention, tuple[Target, int]] = {}
        self._join()
        self.targets = {target.id: target for target in self._known.values() if target.reports}

    def _join(self) -> None:
        arrivals = self._all
        case_of = list(arrivals.cases)
        looked_up = np.concatenate(
            [arrivals.keys, np.array(list(arrivals.cases.values()), np.uint64)]
        )
        asked_by = np.concatenate([arrivals.of_key, np.array(case_of, np.int64)])
        places, rows = self._incidents.find(looked_up)
        leader = self._leaders()
        follows = leader != np.arange(len(arrivals))
        one_by_one = np.zeros(len(arrivals), np.bool_)
        asks = np.flatnonzero(~follows[asked_by])
        one_by_one[asked_by[asks[repeated(looked_up[asks])]]] = True
        one_by_one[case_of] = True
        one_by_one |= one_by_one[leader]
        follows &= ~one_by_one
        self._opens[follows] = self._makes_row[follows] = False
        self._brings[follows[arrivals.of_key]] = False
        kept = ~follows[asked_by[places]]
        places, rows = places[kept], rows[kept]
        alone = ~one_by_one[asked_by[places]]
        joining = self._join_at_once(places[alone], rows[alone])
        held: dict[int, list[int]] = {}
        for place, row in zip(places[~alone].tolist(), rows[~alone].tolist(), strict=True):
            held.setdefault(place, []).append(row)
        starts = arrivals.starts.tolist()
        place_of_case = {at: len(arrivals.keys) + n for n, at in enumerate(case_of)}
        led = np.zeros(len(arrivals), np.bool_)
        led[leader[follows]] = True
        for at in np.flatnonzero(one_by_one | joining | led | follows).tolist():
            if not one_by_one[at]:
                first = int(leader[at])
                if joining[first]:
                    self._follow(at, self._target_of(int(self._row[first])))
                else:
                    self._follow(at, self._opened_by(first))
                continue
            start = starts[at]
            end = start + int(arrivals.counts[at])
            asked = [*range(start, end)]
            if at in place_of_case:
                asked.append(place_of_case[at])
            keys = looked_up[asked].tolist()
            self._place(at, start, end - start, keys, [held.get(place, []) for place in asked])

    def _join_at_once(self, keys: Places, rows: Places) -> Mask:
        """Find the incidents of reports that share no key with others here; those that join one."""
        arrivals = self._all
        asking = candidates.Asking(
            arrivals.records["at_s"].astype(np.int64),
            arrivals.fingerprint,
            arrivals.problem,
            arrivals.named,
            arrivals.counts,
            arrivals.of_key,
        )
        found = candidates.found(self._incidents, asking, keys, rows)
        self._row = found.row
        joins: Mask = found.row >= 0
        self._owner[joins] = self._incidents.rows["owner"][found.row[joins]]
        self._opens[joins] = False
        self._brings[joins[arrivals.of_key]] = ~found.leads[joins[arrivals.of_key]]
        brings = np.bincount(arrivals.of_key[self._brings], minlength=len(arrivals)) > 0
        self._makes_row[joins] = brings[joins]
        return joins

    def _leaders(self) -> Places:
        """For each report the first one that brings exactly the same; mostly itself."""
        arrivals = self._all
        leader = np.arange(len(arrivals))
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(arrivals.keys * _SPREAD)])
        told = sums[arrivals.starts + arrivals.counts] - sums[arrivals.starts]
        for column in (arrivals.fingerprint, arrivals.problem, arrivals.named):
            told = mixed(told ^ column, arrivals.county)
        same_again = repeated(told)
        _, first, of = np.unique(told[same_again], return_index=True, return_inverse=True)
        leader[same_again] = same_again[first][of]
        # A case may link what nothing else does; without a key nothing can be found; and what
        # has no fingerprint need not be the same as itself.
        leader[list(arrivals.cases)] = list(arrivals.cases)
        alone = (arrivals.counts == 0) | (arrivals.fingerprint == 0)
        leader[alone] = np.flatnonzero(alone)
        return leader

    def _opened_by(self, at: int) -> Target:
        """The incident that a report opens which was not looked at one by one."""
        incident = int(self._owner[at])
        target = self._known.get(incident)
        if target is None:
            at_s = int(self._all.records["at_s"][at])
            target = Target(incident, at_s, at_s, "", 0, opens=True)
            self._known[incident] = target
        return target

    def _follow(self, at: int, target: Target) -> None:
        """Note a report whose incident was found already."""
        self._owner[at] = target.id
        at_s = int(self._all.records["at_s"][at])
        target.reports.append(at)
        target.first_s = min(target.first_s, at_s)
        target.last_s = max(target.last_s, at_s)
        target.name = target.name or self._all.names.get(at, "")
        if self._makes_row[at]:
            if target.mentions < MENTIONS:
                target.mentions += 1
            else:
                start = int(self._all.starts[at])
                self._brings[start : start + int(self._all.counts[at])] = False
                self._makes_row[at] = False

    def _place(
        self, at: int, start: int, count: int, keys: list[int], rows: list[list[int]]
    ) -> None:
        """One report. keys: its own, `count` of them, then its case. rows: that bear each."""
        at_s = int(self._all.records["at_s"][at])
        mention = self._all.mention(at)
        busy = sum(self._added.get(key, 0) for key in keys)
        target, then = self._before.get(mention, (None, -1))
        new: list[int] = []
        if target is None or then != busy or len(keys) > count or not _is_open(target, at_s):
            bearers = list(map(self._who_bear, keys, rows))
            oldest = at_s - LIFE_S
            stand = [[one for one in some if one.incident.last_s >= oldest] for some in bearers]
            # A case alone links, whatever is said.
            target = next((each.incident for some in stand[count:] for each in some), None)
            target = target or joined(mention, stand[:count])
            if target is None:
                target = Target(int(self._owner[at]), at_s, at_s, "", 0, opens=True)
                self._known[target.id] = target
            new = [
                place
                for place, some in enumerate(bearers)
                if not any(bearer.incident is target for bearer in some)
            ]
            if target.mentions >= MENTIONS:
                new = [place for place in new if place >= count]  # a case is always remembered
        self._opens[at] = target.opens and not target.reports
        target.reports.append(at)
        target.first_s = min(target.first_s, at_s)
        target.last_s = max(target.last_s, at_s)
        target.name = target.name or mention.name
        self._owner[at] = target.id
        self._makes_row[at] = self._opens[at] or bool(new)
        self._brings[start : start + count] = False
        self._brings[[start + place for place in new if place < count]] = True
        if new and new[-1] >= count:
            self._case[at] = keys[count]
        if self._makes_row[at]:
            target.mentions += 1
        for place in new:
            bearer = Bearer(self._held + at, target, mention)
            some = self._bearers.setdefault(keys[place], [])
            some.insert(0, bearer)
            del some[PER_KEY:]
            self._added[keys[place]] = self._added.get(keys[place], 0) + 1
        self._before[mention] = target, busy + len(new)

    def _who_bear(self, key: int, rows: list[int]) -> list[_Bearer]:
        """The latest first."""
        some = self._bearers.get(key)
        if some is None:
            some = self._bearers[key] = list(map(self._held_bearer, rows))
        return some

    def _held_bearer(self, row: int) -> _Bearer:
        bearer = self._held_bearers.get(row)
        if bearer is None:
            mention = self._incidents.mention(row)
            bearer = self._held_bearers[row] = Bearer(row, self._target_of(row), mention)
        return bearer

    def _target_of(self, row: int) -> Target:
        owner = int(self._incidents.rows["owner"][row])
        target = self._known.get(owner)
        if target is None:
            linked = self._incidents.linked.get(owner)
            name = linked.name if linked else self._incidents.name(row)
            mentions = linked.mentions if linked else 1
            last_s = self._incidents.last_s(row)
            first_s = linked.first_s if linked else last_s
            target = Target(owner, first_s, last_s, name, mentions, opens=False)
            self._known[owner] = target
        return target

    def matters(self) -> Matters:
        """What is to be journaled."""
        arrivals = self._all
        makes = np.flatnonzero(self._makes_row)
        rows = np.zeros(len(makes), ROW)
        rows["owner"] = self._owner[makes]
        rows["report"] = arrivals.records[makes]
        rows["county"] = arrivals.county[makes]
        rows["fingerprint"] = arrivals.fingerprint[makes]
        rows["problem"] = arrivals.problem[makes]
        rows["named"] = arrivals.named[makes]
        rows["case"] = self._case[makes]
        rows["opens"] = self._opens[makes]
        counts = np.bincount(arrivals.of_key[self._brings], minlength=len(arrivals))
        rows["keys"] = counts[makes]
        place_of = np.cumsum(self._makes_row) - 1
        makes_row = self._makes_row
        return Matters(
            rows.tobytes(),
            arrivals.keys[self._brings].tobytes(),
            {int(place_of[at]): name for at, name in arrivals.names.items() if makes_row[at]},
            [
                (target.id, target.name, arrivals.records[joined].tobytes())
                for target in self.targets.values()
                if (joined := target.reports[target.opens :])
            ],
            [
                (int(self._owner[at]), int(arrivals.records["identity"][at]), text)
                for at, text in arrivals.excerpts.items()
            ],
        )


def _is_open(target: Target, at_s: int) -> bool:
    return at_s - target.last_s <= LIFE_S


def repeated(keys: Numbers) -> Places:
    """Places of the keys that are there more than once.

    A table of the last place of each key's slot tells most of them apart in one look;
    those that share a slot with another key are looked at again with another hash.

    >>> repeated(np.array([5, 7, 5, 9], np.uint64)).tolist()
    [0, 2]
    """
    found = [np.empty(0, np.int64)]
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
        found += [places[twice], other[twice]]
        places, hashes = places[~twice], hashes[~twice]
    return np.unique(np.concatenate(found))
