"""Groups reports of one county into incidents, in the order in which they come."""

from typing import Final, NamedTuple

from agents.mention import Mention, same

DAY_S: Final = 86_400
LIFE_S: Final = 30 * DAY_S  # an incident is open so long after its last report
_PER_KEY: Final = 4  # incidents remembered by one key, the latest


class _Incident:
    """What is known of an incident. first: identity of its first report, which names it."""

    __slots__ = ("first", "last_s", "reports")

    def __init__(self, first: int, last_s: int | None) -> None:
        self.first = first
        self.last_s = last_s
        self.reports = 0


class _Bearer(NamedTuple):
    """The latest report of an incident that brought a key."""

    incident: _Incident
    mention: Mention


class Linker:
    """Which incident each report belongs to: one look-up a key, then `same` decides.

    An incident is named by the identity of its first report. It is found by the keys
    that its reports brought, each with the mention that brought it last; a key
    remembers its latest four incidents. The answer depends on the order of reports
    alone, not on how they are cut into batches.

    >>> from agents.mention import mention
    >>> linker = Linker()
    >>> one = mention("", "阳光花园小区从昨天起停水，没有人来修，请有关部门处理", "S01")
    >>> other = mention("", "请问阳光花园为什么又停水了？孩子洗澡都不行", "S01")
    >>> [linker.link("430100", each, identity, 0) for identity, each in ((7, one), (8, other))]
    [7, 7]
    """

    def __init__(self, life_s: int = LIFE_S) -> None:
        self._life_s = life_s
        self._by_key: dict[tuple[str, int], dict[int, _Bearer]] = {}

    def link(self, county: str, mention: Mention, identity: int, at_s: int | None) -> int:
        """The incident of a report, which is from now on one of its reports.

        identity: of the report, unique. at_s: seconds since 1970 UTC; None: not known, and
        then it is as if it came in time for every incident.
        Returns the identity of the incident's first report, its own if it opens one.
        """
        places = [(county, key) for key in mention.keys]
        found: dict[int, _Incident] = {}
        for place in places:
            for bearer in self._by_key.get(place, {}).values():
                incident = bearer.incident
                known = incident.first in found or not self._open(incident, at_s)
                if not known and same(mention, bearer.mention):
                    found[incident.first] = incident
        if found:
            # The largest, so that a burst stays together; of equal ones the first found.
            incident = max(found.values(), key=lambda each: each.reports)
        else:
            incident = _Incident(identity, at_s)
        incident.reports += 1
        if at_s is not None:
            incident.last_s = at_s if incident.last_s is None else max(incident.last_s, at_s)
        for place in places:
            bearers = self._by_key.setdefault(place, {})
            bearers.pop(incident.first, None)
            bearers[incident.first] = _Bearer(incident, mention)
            if len(bearers) > _PER_KEY:
                del bearers[next(iter(bearers))]
        return incident.first

    def _open(self, incident: _Incident, at_s: int | None) -> bool:
        return at_s is None or incident.last_s is None or at_s - incident.last_s <= self._life_s

    def forget(self, now_s: int) -> None:
        """Drop incidents whose life is over at this time, seconds since 1970 UTC."""
        for place, bearers in list(self._by_key.items()):
            for first, bearer in list(bearers.items()):
                if not self._open(bearer.incident, now_s):
                    del bearers[first]
            if not bearers:
                del self._by_key[place]
