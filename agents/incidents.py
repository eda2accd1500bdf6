"""All incidents that one partition knows, and the mentions by which reports find them.

Most incidents are one report for ever: such a one is a row of a numpy table and
nothing else. From its second report on it is an Incident as well.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.key_index import KeyIndex
from agents.linking import LIFE_S, PER_KEY
from agents.matter import REPORT, ROW, Incident, Matters
from agents.mention import Mention

_SPARE: Final = 0.9  # of the most that may be held: what is left when some are evicted
_PART_ROWS: Final = 5_000  # some 700 KB of a snapshot

Numbers = NDArray[np.uint64]
Table = NDArray[np.void]

_C1: Final = np.uint64(0xBF58476D1CE4E5B9)
_C2: Final = np.uint64(0x94D049BB133111EB)
_COUNTY: Final = np.uint64(0x9E3779B97F4A7C15)


def incident_ids(identities: Numbers, counties: NDArray[np.uint32]) -> Numbers:
    """The incidents that reports open: the same whenever they are read."""
    return mixed(~identities, counties)


def mixed(numbers: Numbers, counties: NDArray[np.uint32]) -> Numbers:
    """Keys as they are held: those of each county differ.

    The finalizer of splitmix64 (Steele, Lea, Flood 2014): none of a county fall together.
    """
    value: Numbers = numbers ^ counties.astype(np.uint64) * _COUNTY
    value = (value ^ value >> np.uint64(30)) * _C1
    value = (value ^ value >> np.uint64(27)) * _C2
    value ^= value >> np.uint64(31)
    return value


def incident_id(county: str, identity: int) -> int:
    """The incident that an event opens, a report or a correction."""
    return int(incident_ids(np.array([identity], np.uint64), np.array([int(county)], np.uint32))[0])


class Incidents:
    """Changed by `apply`, `forget` and `evict` alone; everything else reads."""

    def __init__(self, most: int) -> None:
        """most: incidents held; beyond it the oldest of one report go first."""
        self._most = most
        self._clear()
        self.linked: dict[int, Incident] = {}
        self.merged: dict[int, int] = {}
        self.excerpts: dict[int, tuple[int, str]] = {}
        self.evicted = 0

    def _clear(self, room: int = 1_024) -> None:
        self._number = 0
        self._rows: Table = np.zeros(room, ROW)
        self._starts = np.zeros(room, np.int64)
        self._names: list[str] = []
        self._index = KeyIndex()

    def __len__(self) -> int:
        return self._number - sum(each.mentions for each in self.linked.values()) + len(self.linked)

    @property
    def size_bytes(self) -> int:
        """Memory of the table and its index; names, and incidents of several reports, come on top."""
        return self._rows.nbytes + self._starts.nbytes + self._index.size_bytes

    # -- reading -----------------------------------------------------------------

    @property
    def rows(self) -> Table:
        """Every mention held, in the order in which they came."""
        return self._rows[: self._number]

    def find(self, keys: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(place in `keys`, row) of the mentions that bear a key, of each key the latest first."""
        return self._index.find(keys, PER_KEY)

    def mention(self, row: int) -> Mention:
        """A mention as `same` takes it, the county mixed into its keys."""
        one = self._rows[row]
        start = int(self._starts[row])
        keys = self._index.keys(start, start + int(one["keys"]))
        return Mention(
            int(one["fingerprint"]),
            tuple(keys.tolist()),
            self._names[row],
            int(one["problem"]),
            int(one["named"]),
            int(one["sketch"]),
        )

    def name(self, row: int) -> str:
        """What a mention names; empty for nothing."""
        return self._names[row]

    def get(self, incident: int) -> Incident | None:
        """An incident, to be changed at will: it shares nothing with what is held."""
        linked = self.linked.get(incident)
        if linked is not None:
            return linked.copy()
        _, rows = self._index.find(_ids([incident]), 1)
        if not len(rows) or int(self._rows[rows[0]]["owner"]) != incident:
            return None
        return next(self._singles(rows))

    def _singles(self, numbers: NDArray[np.int64]) -> Iterator[Incident]:
        """Incidents of one report, by the rows of their mentions."""
        rows = self._rows[numbers]
        records, size = rows["report"].tobytes(), REPORT.itemsize
        for place, (number, owner, county) in enumerate(
            zip(numbers.tolist(), rows["owner"].tolist(), rows["county"].tolist(), strict=True)
        ):
            incident = Incident(owner, f"{county:06}", self._names[number], mentions=1)
            incident.take(records[place * size : (place + 1) * size])
            yield incident

    def excerpt(self, incident: int) -> str:
        """The latest that is held."""
        return self.excerpts.get(incident, (0, ""))[1]

    # -- changing ----------------------------------------------------------------

    def apply(self, matters: Matters) -> None:
        """Fold in what a batch changed."""
        rows = np.frombuffer(matters.rows, ROW)
        if len(rows):
            self._add(rows, np.frombuffer(matters.keys, "<u8"), matters.names)
        self._link([incident for incident, _, _ in matters.joined])
        for incident, name, records in matters.joined:
            linked = self.linked[incident]
            linked.take(records)
            linked.name = linked.name or name
        for owner in rows["owner"][rows["opens"] == 0].tolist():
            # In a snapshot incidents come after their mentions, and know how many they have.
            if owner in self.linked:
                self.linked[owner].mentions += 1
        for incident, identity, text in matters.excerpts:
            self.excerpts[incident] = (identity, text)
        for is_merge, one, other in matters.moves:
            if is_merge:
                self._merge(one, other)
            else:
                self._move(one, other)
        for restated in matters.restated:
            self.linked[restated.id] = restated.copy()

    def _link(self, incidents: list[int]) -> None:
        """Incidents of one report become such of several."""
        new = [incident for incident in incidents if incident not in self.linked]
        if new:
            places, rows = self._index.find(_ids(new), 1)
            for place, single in zip(places.tolist(), self._singles(rows), strict=True):
                self.linked[new[place]] = single

    def _add(self, rows: Table, keys: Numbers, names: dict[int, str]) -> None:
        start, end = self._number, self._number + len(rows)
        if end > len(self._rows):
            room = max(end, len(self._rows) * 3 // 2)
            self._rows = np.concatenate([self.rows, np.zeros(room - start, ROW)])
            self._starts = np.concatenate([self._starts[:start], np.zeros(room - start, np.int64)])
        self._rows[start:end] = rows
        numbers = np.arange(start, end)
        counts = rows["keys"].astype(np.int64)
        self._starts[start:end] = len(self._index) + np.cumsum(counts) - counts
        self._names += map(names.get, range(len(rows)), [""] * len(rows))
        self._number = end
        # A single incident is found by its own id, too, and a case's by its case.
        single = (rows["opens"] == 1) & (
            rows["owner"]
            == incident_ids(rows["report"]["identity"].astype(np.uint64), rows["county"])
        )
        with_case = rows["case"] != 0
        self._index.add(
            np.concatenate([keys, rows["owner"][single], rows["case"][with_case]]),
            np.concatenate([np.repeat(numbers, counts), numbers[single], numbers[with_case]]),
        )

    def _merge(self, incident: int, into: int) -> None:
        owners = self.rows["owner"]
        owners[owners == incident] = into
        self.linked.pop(incident, None)
        for gone, survivor in self.merged.items():
            if survivor == incident:
                self.merged[gone] = into
        self.merged[incident] = into
        self._pass_on_excerpt(incident, into)

    def _move(self, identity: int, owner: int) -> None:
        rows = self.rows
        rows["owner"][rows["report"]["identity"] == identity] = owner
        for incident, (told, _) in list(self.excerpts.items()):
            if told == identity:
                self._pass_on_excerpt(incident, owner)

    def _pass_on_excerpt(self, incident: int, into: int) -> None:
        excerpt = self.excerpts.pop(incident, None)
        if excerpt is not None:
            self.excerpts.setdefault(into, excerpt)

    def forget(self, at_s: int) -> None:
        """Drop incidents whose life is over."""
        over = [each.id for each in self.linked.values() if each.last_s < at_s - LIFE_S]
        for incident in over:
            del self.linked[incident]
        rows = self.rows
        old = rows["report"]["at_s"].astype(np.int64) < at_s - LIFE_S
        if over or old.any():
            self._keep(self._is_linked() | ~old & ~np.isin(rows["owner"], _ids(over)))

    def evict(self) -> None:
        """Make room: the oldest of one report, then those of several that were last reported first."""
        if self._number <= self._most or len(self) <= self._most:
            return
        surplus = len(self) - int(self._most * _SPARE)
        self.evicted += surplus
        linked = self._is_linked()
        singles = np.flatnonzero(~linked)
        oldest = np.argsort(self.rows["report"]["at_s"][singles], kind="stable")
        gone = self.rows["owner"][singles[oldest[:surplus]]].tolist()
        by_age = sorted(self.linked.values(), key=lambda each: (each.last_s, each.id))
        for incident in by_age[: surplus - len(gone)]:
            del self.linked[incident.id]
            gone.append(incident.id)
        self._keep(~np.isin(self.rows["owner"], _ids(gone)))

    def _is_linked(self) -> NDArray[np.bool_]:
        return np.isin(self.rows["owner"], _ids(self.linked))

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        """Build the table anew of these rows; drop what belongs to none of them."""
        chunks = list(self._parts(np.flatnonzero(kept)))
        self._clear(int(kept.sum()))
        for chunk in chunks:
            self._add(np.frombuffer(chunk.rows, ROW), np.frombuffer(chunk.keys, "<u8"), chunk.names)
        known = set(self.rows["owner"].tolist()) | self.linked.keys()
        self.excerpts = {each: text for each, text in self.excerpts.items() if each in known}
        self.merged = {gone: into for gone, into in self.merged.items() if into in known}

    # -- what there is -----------------------------------------------------------

    def parts(self) -> Iterator[Matters]:
        """What makes all this from nothing, in pieces to be applied in order."""
        yield from self._parts(np.arange(self._number))
        linked = list(self.linked.values())
        for start in range(0, len(linked), 50):
            yield Matters(restated=linked[start : start + 50])
        excerpts = [(incident, *said) for incident, said in self.excerpts.items()]
        for start in range(0, len(excerpts), 1_000):
            yield Matters(excerpts=excerpts[start : start + 1_000])
        yield Matters(moves=[(True, *pair) for pair in self.merged.items()])

    def _parts(self, numbers: NDArray[np.int64]) -> Iterator[Matters]:
        for start in range(0, len(numbers), _PART_ROWS):
            part = numbers[start : start + _PART_ROWS]
            rows = self._rows[part]
            counts = rows["keys"].astype(np.int64)
            ends = np.cumsum(counts)
            places = np.repeat(self._starts[part] - (ends - counts), counts) + np.arange(
                counts.sum()
            )
            keys = self._index.keys(0, len(self._index))[places]
            names = ((place, self._names[number]) for place, number in enumerate(part.tolist()))
            yield Matters(
                rows.tobytes(), keys.tobytes(), {place: name for place, name in names if name}
            )


def _ids(incidents: Iterable[int]) -> Numbers:
    return np.array(list(incidents), np.uint64)
