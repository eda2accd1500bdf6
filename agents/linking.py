"""Groups reports of one county into incidents, in the order in which they come: the plain reference."""

from collections import Counter
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np

from agents.mention import MANY, TOLD_BY_MANY, Mention, Sides, kinds_of, same_each, worth
from agents.naming import Word

DAY_S: Final = 86_400
LIFE_S: Final = 30 * DAY_S  # an incident is open so long after its last report
PER_KEY: Final = 8  # mentions that one key leads to, the latest
MENTIONS: Final = 32  # of one incident; more of them bring nothing new


class _Incident:
    """What is known of an incident. first: identity of its first report, which names it."""

    __slots__ = ("first", "last_s", "mentions")

    def __init__(self, first: int, last_s: int | None) -> None:
        self.first = first
        self.last_s = last_s
        self.mentions = 0


Known = TypeVar("Known")


class Bearer(NamedTuple, Generic[Known]):
    """A mention that bears a key. number: its place among all mentions; incident: its own."""

    number: int
    incident: Known
    mention: Mention


class Linker:
    """Which incident each report belongs to.

    A report's keys lead to the mentions that bear them, of each key the latest eight, and so
    to incidents; a key that leads to several counts less. The report joins the incident
    to which keys of the most points lead among those that `same` says are the same matter
    as one of these mentions; of equal ones the one whose mention came first. It then adds
    those of its keys that do not lead there yet, or to nobody who complains of as much. An
    incident with several mentions to which a report's keys lead is likely what it is of too.
    So the answer follows from the order of reports alone, not from how they are cut into
    batches.

    An incident is named by the identity of its first report.

    >>> from agents.mention import mention
    >>> linker = Linker()
    >>> one = mention("", "丽景花园小区从昨天起停水，没有人来修，请有关部门处理")
    >>> other = mention("", "请问丽景花园为什么又停水了？孩子洗澡都不行")
    >>> [linker.link("430100", each, identity, 0) for identity, each in ((7, one), (8, other))]
    [7, 7]
    """

    def __init__(self, life_s: int = LIFE_S) -> None:
        self._life_s = life_s
        self._number = 0
        self._by_key: dict[tuple[str, int], list[Bearer[_Incident]]] = {}

    def link(self, county: str, mention: Mention, identity: int, at_s: int | None) -> int:
        """The incident of a report, which is from now on one of its reports.

        identity: of the report, unique. at_s: seconds since 1970 UTC; None: not known, and
        then it is as if it came in time for every incident.
        Returns the identity of the incident's first report, its own if it opens one.
        """
        places = [(county, key) for key in mention.keys]
        bearers = [
            [each for each in self._by_key.get(place, ()) if self._open(each.incident, at_s)]
            for place in places
        ]
        incident = joined(mention, bearers)
        if incident is None:
            incident = _Incident(identity, at_s)
        elif at_s is not None:
            incident.last_s = at_s if incident.last_s is None else max(incident.last_s, at_s)
        self._add(incident, mention, places)
        return incident.first

    def _add(self, incident: _Incident, mention: Mention, places: list[tuple[str, int]]) -> None:
        if incident.mentions >= MENTIONS:
            return
        bearer = Bearer(self._number, incident, mention)
        added = False
        for place in places:
            some = self._by_key.setdefault(place, [])
            if not told(some, incident, mention):
                some.insert(0, bearer)
                del some[PER_KEY:]
                added = True
        incident.mentions += added
        self._number += 1

    def _open(self, incident: _Incident, at_s: int | None) -> bool:
        return at_s is None or incident.last_s is None or at_s - incident.last_s <= self._life_s

    def forget(self, now_s: int) -> None:
        """Drop incidents whose life is over at this time, seconds since 1970 UTC."""
        for place, some in list(self._by_key.items()):
            left = [each for each in some if self._open(each.incident, now_s)]
            if left:
                self._by_key[place] = left
            else:
                del self._by_key[place]


def told(some: list[Bearer[Known]], incident: Known, mention: Mention) -> bool:
    """Whether all that a mention complains of is known of an incident. some: bearers of a key."""
    return any(
        each.incident is incident and not mention.problem & ~each.mention.problem for each in some
    )


def joined(mention: Mention, bearers: list[list[Bearer[Known]]]) -> Known | None:
    """The incident that a report joins. bearers: of each of its keys, of open incidents."""
    if not any(bearers):
        return None
    report = Sides.of([mention])
    kinds = kinds_of(report.named, np.array([len(mention.keys)]))
    leads_to = [{id(each.incident) for each in some} for some in bearers]
    numbers = np.array([len(some) for some in leads_to])
    points: dict[int, int] = {}
    by_name: set[int] = set()
    values = zip(leads_to, worth(kinds, numbers).tolist(), kinds.tolist(), strict=True)
    for some, value, kind in values:
        for known in some:
            points[known] = points.get(known, 0) + value
            if kind == Word.NAME:
                by_name.add(known)
    numbered = {each.number: each for some in bearers for each in some}
    candidates = [numbered[number] for number in sorted(numbered)]
    known_by = [id(each.incident) for each in candidates]
    by_many = {known for known, times in Counter(known_by).items() if times >= MANY}
    are_same = same_each(
        report,
        Sides.of([each.mention for each in candidates]),
        np.array([points[known] for known in known_by]),
        np.array([known in by_name for known in known_by]),
        np.array([known in by_many for known in known_by]),
    )
    if not are_same.any():
        return None
    value_of = np.array([points[known] + TOLD_BY_MANY * (known in by_many) for known in known_by])
    return candidates[int(np.argmax(np.where(are_same, value_of, -1)))].incident
