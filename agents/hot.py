"""Alerts about single incidents: many reports of one within hours, or reports week after week."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from agents.channel_names import CHANNEL_NAMES
from agents.matter import REPORT, Incident
from agents.rules import IncidentRule, LastingRule, Rules, alert_id, names_of
from streams.answers import Alert
from streams.categories import OUTSIDE
from streams.incidents import CHANNELS

Times = NDArray[np.int64]

_WEEK_S: Final = 7 * 86_400


class Touched(NamedTuple):
    """An incident as it stands now. since_s: its earliest report that is new; at: now."""

    incident: Incident
    since_s: int
    excerpt: str
    at: datetime
    zone: ZoneInfo

    def id_of(self, rule: str, window: str) -> str:
        """Of the alert that a rule gives for a window."""
        incident = self.incident
        return alert_id(rule, incident.county, "", f"{incident.id:016x}|{window}")

    def alert(
        self,
        rule: IncidentRule | LastingRule,
        window: str,
        window_s: tuple[int, int],
        n: int,
        why: str,
        limit: str,
    ) -> Alert:
        """why: what was seen; limit: that it is enough, in words for duty staff."""
        incident = self.incident
        place, matter = names_of(incident.county, incident.category)
        called = f"“{incident.name}”" if incident.name else ""
        first = datetime.fromtimestamp(incident.first_s, self.zone)
        opened = CHANNEL_NAMES[CHANNELS[incident.first_channel]]
        start, end = (datetime.fromtimestamp(instant, UTC) for instant in window_s)
        return Alert(
            id=self.id_of(rule.id, window),
            rule=rule.id,
            level=rule.level,
            county_code=incident.county,
            category=incident.category,
            window_start=start,
            window_end=end,
            observed=n,
            limit=rule.limit,
            title=f"{place}：{matter}{called}同一事项{why}",
            reason=(
                f"{matter}类同一事项{called}{limit}。共{incident.reports}件："
                f"{_by_channel(incident)}；{first:%m月%d日%H:%M}由{opened}首次反映。"
            ),
            raised_at=self.at,
            excerpt=self.excerpt,
            incident=f"{incident.id:016x}",
        )


def may_raise(rules: Rules, reports: int, span_s: int) -> bool:
    """Whether so many reports over such a time may be enough for a rule: most are not."""
    return any(reports >= rule.limit for rule in rules.incident) or any(
        reports >= rule.limit and span_s > (rule.limit - 2) * _WEEK_S for rule in rules.lasting
    )


def of_incident(rules: Rules, touched: Touched, raised: Mapping[str, Alert]) -> Iterable[Alert]:
    """Alerts that an incident gives. What is outside the taxonomy raises nothing."""
    if touched.incident.category == OUTSIDE:
        return
    times = np.sort(np.frombuffer(touched.incident.records, REPORT)["at_s"].astype(np.int64))
    for rule in rules.incident:
        yield from _within_hours(rule, touched, times, raised)
    for lasting in rules.lasting:
        yield from _over_weeks(lasting, touched, times, raised)


def _within_hours(
    rule: IncidentRule, touched: Touched, times: Times, raised: Mapping[str, Alert]
) -> Iterable[Alert]:
    """One for each day on which a span of the rule's hours ends that has too many."""
    span_s = rule.hours * 3_600
    ends = times[times >= touched.since_s]
    numbers = np.searchsorted(times, ends, "right") - np.searchsorted(times, ends - span_s, "right")
    fullest: dict[str, tuple[int, int]] = {}
    for end_s, n in zip(ends.tolist(), numbers.tolist(), strict=True):
        if n >= rule.limit:
            day = datetime.fromtimestamp(end_s, touched.zone).date().isoformat()
            fullest[day] = max(fullest.get(day, (0, 0)), (n, end_s))
    until_s = 0
    for day, (n, end_s) in sorted(fullest.items()):
        before = datetime.fromtimestamp(end_s - 86_400, touched.zone).date().isoformat()
        earlier = raised.get(touched.id_of(rule.id, before))
        if earlier is not None:
            until_s = int(earlier.window_end.timestamp()) + span_s
        if touched.id_of(rule.id, day) in raised or end_s < until_s:
            continue  # staff know of this run
        until_s = end_s + span_s
        why = f"{rule.hours}小时内{n}件"
        limit = f"{why}，达到规则 {rule.id} 的上限{rule.limit}件"
        yield touched.alert(rule, day, (end_s - span_s, end_s), n, why, limit)


def _over_weeks(
    rule: LastingRule, touched: Touched, times: Times, raised: Mapping[str, Alert]
) -> Iterable[Alert]:
    """One for each calendar week in which reports come of what came in earlier weeks, too."""
    last_s = int(times[-1])
    weeks_ago = np.unique((last_s - times) // _WEEK_S)
    n = int(np.count_nonzero(weeks_ago < rule.weeks))
    year, week, _ = datetime.fromtimestamp(last_s, touched.zone).isocalendar()
    window = f"{year}-W{week:02}"
    if n < rule.limit or touched.id_of(rule.id, window) in raised:
        return
    limit = f"最近{rule.weeks}周里有{n}周接到反映，达到规则 {rule.id} 的上限{rule.limit}周"
    window_s = (last_s - rule.weeks * _WEEK_S, last_s)
    yield touched.alert(rule, window, window_s, n, f"{rule.weeks}周内有{n}周反映", limit)


def _by_channel(incident: Incident) -> str:
    ordered = sorted(incident.channels.items(), key=lambda pair: (-pair[1], pair[0]))
    return "、".join(f"{CHANNEL_NAMES[CHANNELS[channel]]}{n}件" for channel, n in ordered)
