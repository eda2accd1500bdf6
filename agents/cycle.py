"""What the daily cycle (日报告、日会商) brings when one of its points is due.

Points that passed while nothing ran are made up for, up to the days that live
totals cover.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agents import raising
from agents.alerting.muting import Telling
from agents.cases import overdue
from agents.change import Change
from agents.digests import bulletins
from agents.digests.consult import daily_consult
from agents.digests.daily import daily_report, facts, received, within
from agents.digests.dispatch import daily_dispatch
from agents.digests.issued import Issued, Key
from agents.digests.issuing import Draft, issue
from agents.rules import Rules
from agents.state import State
from agents.windows import CATCH_UP_DAYS, due, first_marks, window_of
from streams.answers import Alert, BulletinKind
from streams.digests import changed


def decide_cycle(
    state: State, now: datetime, rules: Rules, zone: ZoneInfo, must_report: Iterable[str]
) -> Change | None:
    """What the moment changes: digests issued, what is missing or overdue alerted; None if nothing is due.

    must_report: the partition's counties that have to report every day.
    """
    if not state.marks:
        return Change(at_ms=state.at_ms, marks=first_marks(now, rules.cycle, zone))
    points = due(state.marks, now, rules.cycle, zone, rules.seasons)
    late = overdue.of_cases(state.cases, rules.overdue, now, zone)
    if not points and not late.cases:
        return None
    round_ = _Round(state, now, rules, zone, sorted(set(must_report)))
    round_.change.cases = late.cases
    round_.raise_(late.alerts)
    for point in points:
        round_.take(point.kind, point.day)
        round_.change.marks.append((point.kind, point.day))
    return round_.change


class _Round:
    """Some points, one after the other; what an earlier one issued, a later one knows."""

    def __init__(
        self, state: State, now: datetime, rules: Rules, zone: ZoneInfo, expected: list[str]
    ) -> None:
        self.change = Change(at_ms=state.at_ms)
        self._state = state
        self._rules = rules
        self._zone = zone
        self._expected = expected
        self._counties = sorted({*expected, *state.counts.counties()})
        self._at = now.astimezone(UTC)
        self._telling = Telling(state.lives, rules.life, rules.inhibit, self._at, zone)
        self._issued: dict[Key, Issued] = {}
        self._alerts: defaultdict[str, list[Alert]] = defaultdict(list)
        for alert in state.alerts.values():
            self._alerts[alert.county_code].append(alert)

    def take(self, kind: str, day: int) -> None:
        points: dict[str, Callable[[int], None]] = {
            "restate": self._restate,
            "bulletins": self._bulletins,
            "daily_report": self._report,
            "missing_report": self._missing,
            "daily_consult": self._consult,
            "daily_dispatch": self._dispatch,
        }
        points[kind](day)

    def _report(self, day: int) -> None:
        for county in self._counties:
            if self._before(("daily_report", county, day)) is None:
                self._issue(self._daily(county, day))

    def _missing(self, day: int) -> None:
        window = window_of(day, self._rules.cycle, self._zone)
        silent = [one for one in self._expected if (one, day) not in self._state.presence]
        alerts = [raising.missing_report(self._rules, one, *window, self._at) for one in silent]
        self.raise_(alerts)

    def _consult(self, day: int) -> None:
        cycle = self._rules.cycle
        window = window_of(day, cycle, self._zone)
        for county in self._counties:
            alerts = self._matters_of(county)
            draft = daily_consult(self._state, county, window, day, alerts, cycle)
            if draft and self._before(("daily_consult", county, day)) is None:
                self._issue(draft)

    def _dispatch(self, day: int) -> None:
        self._ask_for_receipts(day)
        cycle = self._rules.cycle
        window = window_of(day, cycle, self._zone)
        for county in self._counties:
            alerts = self._matters_of(county)
            draft = daily_dispatch(county, window, day, alerts, self._at, cycle)
            if draft and self._before(("daily_dispatch", county, day)) is None:
                self._issue(draft)

    def _ask_for_receipts(self, day: int) -> None:
        """Alert what was on yesterday's dispatch lists and nobody took on."""
        rule = self._rules.unreceived_dispatch
        if rule is None:
            return
        window = window_of(day, self._rules.cycle, self._zone)
        yesterdays = window_of(day - 1, self._rules.cycle, self._zone)
        for county in self._counties:
            if self._before(("daily_dispatch", county, day - 1)) is None:
                continue
            known = within(self._matters_of(county), yesterdays)
            dispatched = [alert for alert in known if alert.rule != rule.id]
            waiting = [alert for alert in dispatched if not received(alert)]
            if waiting:
                alert = raising.unreceived_dispatch(
                    rule, county, window, len(dispatched), waiting, self._at
                )
                self.raise_([alert])

    def raise_(self, alerts: Iterable[Alert]) -> None:
        """Those that were not raised before, each told or muted."""
        new = [alert for alert in alerts if alert.id not in self._state.alerts]
        self.change.alerts += self._telling.first(new)

    def _bulletins(self, day: int) -> None:
        for kind in bulletins.KINDS:
            if period := bulletins.period_ended(kind, day):
                for county in self._counties:
                    self._issue_bulletin(kind, county, period)

    def _restate(self, day: int) -> None:
        """Issue anew what late reports have changed: daily reports, then their bulletins."""
        periods: dict[tuple[BulletinKind, str, bulletins.Period], None] = {}
        for past in range(day - CATCH_UP_DAYS, day):
            window = window_of(past, self._rules.cycle, self._zone)
            for county in self._counties:
                before = self._before(("daily_report", county, past))
                if before and changed(before.figures, facts(self._state, county, window, past)):
                    self._issue(self._daily(county, past), before)
                    for kind in bulletins.KINDS:
                        period = bulletins.period_covering(kind, past)
                        periods[kind, county, period] = None
        for kind, county, period in periods:
            if self._before((kind, county, period.last)):
                self._issue_bulletin(kind, county, period)

    def _issue_bulletin(self, kind: BulletinKind, county: str, period: bulletins.Period) -> None:
        draft = bulletins.bulletin(
            kind, county, period, self._before, self._rules.cycle, self._zone
        )
        before = self._before((kind, county, period.last))
        if draft and (before is None or changed(before.figures, draft.figures)):
            self._issue(draft, before)

    def _daily(self, county: str, day: int) -> Draft:
        window = window_of(day, self._rules.cycle, self._zone)
        return daily_report(
            self._state, county, window, day, alerts=self._alerts_of(county), before=self._before
        )

    def _issue(self, draft: Draft, before: Issued | None = None) -> None:
        digest, issued = issue(draft, self._at, before)
        self.change.digests.append(digest)
        self.change.issued.append(issued)
        self._issued[issued.key] = issued

    def _before(self, key: Key) -> Issued | None:
        return self._issued.get(key) or self._state.issues.get(key)

    def _matters_of(self, county: str) -> list[Alert]:
        """What is to be discussed and dispatched: alerts, but for limits that have not run out."""
        early = {rule.id for rule in self._rules.overdue if rule.pct < 100}
        return [alert for alert in self._alerts_of(county) if alert.rule not in early]

    def _alerts_of(self, county: str) -> list[Alert]:
        new = [alert for alert in self.change.alerts if alert.county_code == county]
        return self._alerts[county] + new


def expected_counties(
    state: State, prefixes: str, partition_counties: Iterable[str], now: datetime
) -> list[str]:
    """Counties that must report: those of the setting, or those that did in the last week."""
    wanted = tuple(prefix for prefix in prefixes.split(",") if prefix)
    if wanted:
        return [county for county in partition_counties if county.startswith(wanted)]
    week_ago = int(now.timestamp()) // 86_400 - 7
    return sorted({county for county, day in state.presence if day >= week_ago})
