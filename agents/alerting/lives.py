"""The alerts of a partition with their steps and silences, as tally holds them."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from agents.alerting.life import Verdict
from streams.alert_ways import SILENCE_DAYS
from streams.answers import Alert
from streams.totals import ActionRow

DAYS_HELD: Final = 14  # after the end of what an alert's rule looked at

Series = tuple[str, str, str]  # rule, county, category


class Silence(Struct, array_like=True, gc=False):
    """Alerts of a rule, county and category are not told until then. by, note: who owns it, and why."""

    rule: str
    county: str
    category: str
    until_s: int
    at_s: int
    identity: int
    by: str
    note: str

    @property
    def series(self) -> Series:
        return (self.rule, self.county, self.category)


class Told(NamedTuple):
    """When an alert was told, seconds since 1970, and its level."""

    at_s: int
    level: int


class Lives:
    """Changed by `apply` and `forget` only.

    What can be told from the alerts alone (open, told, latest) is worked out as they come,
    so that a journal and a snapshot end in the same.
    """

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.steps: dict[str, dict[int, ActionRow]] = {}  # alert → identity → step
        self.silences: dict[Series, Silence] = {}
        self.open: dict[str, Alert] = {}
        # (rule, county) → ids of those open
        self.open_of: dict[tuple[str, str], set[str]] = {}
        self.told: dict[str, dict[str, Told]] = {}  # county → alert → when it was told
        self.latest: dict[Series, Alert] = {}  # the one that looked furthest ahead

    def apply(
        self, alerts: Iterable[Alert], steps: Iterable[ActionRow], silences: Iterable[Silence]
    ) -> None:
        """Alerts and steps as they stand; steps of alerts that are not held go."""
        for alert in alerts:
            self._put(alert)
        for step in steps:
            if step.alert_id in self.alerts and step.verdict != Verdict.BEYOND:
                self.steps.setdefault(step.alert_id, {})[step.identity] = step
        for silence in silences:
            held = self.silences.get(silence.series)
            if held is None or (held.at_s, held.identity) < (silence.at_s, silence.identity):
                self.silences[silence.series] = silence

    def _put(self, alert: Alert) -> None:
        self.alerts[alert.id] = alert
        if alert.status == "closed":
            self._close(alert)
        else:
            self.open[alert.id] = alert
            self.open_of.setdefault((alert.rule, alert.county_code), set()).add(alert.id)
        if alert.told_at is not None:
            told = Told(int(alert.told_at.timestamp()), alert.level)
            self.told.setdefault(alert.county_code, {})[alert.id] = told
        series = series_of(alert)
        latest = self.latest.get(series)
        if latest is None or _ahead(latest) <= _ahead(alert):
            self.latest[series] = alert
        elif latest.id == alert.id:  # it looks less far ahead than it did
            self._look_for_latest({series})

    def _close(self, alert: Alert) -> None:
        self.open.pop(alert.id, None)
        of = (alert.rule, alert.county_code)
        ids = self.open_of.get(of, set())
        ids.discard(alert.id)
        if not ids:
            self.open_of.pop(of, None)

    def opened(self, rule: str, county: str) -> Iterator[Alert]:
        """Open alerts of a rule in a county, by id."""
        for identifier in sorted(self.open_of.get((rule, county), ())):
            yield self.open[identifier]

    def silence_of(self, alert: Alert, at_s: int) -> Silence | None:
        """The silence that an alert falls under at this time."""
        silence = self.silences.get(series_of(alert))
        return silence if silence is not None and at_s < silence.until_s else None

    def forget(self, at_s: int) -> None:
        """Let go of what is past its days."""
        oldest_s = at_s - DAYS_HELD * 86_400
        for alert in [a for a in self.alerts.values() if a.window_end.timestamp() < oldest_s]:
            del self.alerts[alert.id]
            self.steps.pop(alert.id, None)
            self._close(alert)
            self.told.get(alert.county_code, {}).pop(alert.id, None)
        self._look_for_latest(
            {series for series, one in self.latest.items() if one.id not in self.alerts}
        )
        for county in [county for county, told in self.told.items() if not told]:
            del self.told[county]
        # Not when it ends: an older one that comes late must not take its place.
        last_s = at_s - SILENCE_DAYS * 86_400
        for series in [one for one, silence in self.silences.items() if silence.at_s < last_s]:
            del self.silences[series]

    def _look_for_latest(self, of: set[Series]) -> None:
        for series in of:
            self.latest.pop(series, None)
        for alert in self.alerts.values() if of else ():
            series = series_of(alert)
            if series in of and (
                series not in self.latest or _ahead(self.latest[series]) <= _ahead(alert)
            ):
                self.latest[series] = alert


def series_of(alert: Alert) -> Series:
    """What a silence holds for, and what a count goes on in."""
    return (alert.rule, alert.county_code, alert.category)


def _ahead(alert: Alert) -> tuple[float, str]:
    return (alert.window_end.timestamp(), alert.id)
