"""Alerts about single incidents: many reports of one within hours, or reports week after week."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from agents.channel_names import CHANNEL_NAMES
from agents.matter import REPORT, Incident
from agents.rules import IncidentRule, LastingRule, Rules, alert_id, names_of
from streams.categories import OUTSIDE
from streams.contracts import Alert
from streams.incidents import CHANNELS

Times = NDArray[np.int64]

_WEEK_S: Final = 7 * 86_400


def may_raise(rules: Rules, reports: int, span_s: int) -> bool:
    """Whether so many reports over such a time may be enough for a rule: most are not."""
    return any(reports >= rule.limit for rule in rules.incident) or any(
        reports >= rule.limit and span_s > (rule.limit - 2) * _WEEK_S for rule in rules.lasting
    )


def of_incident(
    rules: Rules,
    incident: Incident,
    since_s: int,
    raised: Mapping[str, Alert],
    excerpt: str,
    at: datetime,
    zone: ZoneInfo,
) -> Iterable[Alert]:
    """Alerts that an incident gives as it stands now.

    since_s: its earliest report that is new. What is outside the taxonomy raises nothing.
    """
    if incident.category == OUTSIDE:
        return
    times = np.sort(np.frombuffer(incident.records, REPORT)["at_s"].astype(np.int64))
    for rule in rules.incident:
        yield from _within_hours(rule, incident, times, since_s, raised, excerpt, at, zone)
    for lasting in rules.lasting:
        yield from _over_weeks(lasting, incident, times, raised, excerpt, at, zone)


def _within_hours(
    rule: IncidentRule,
    incident: Incident,
    times: Times,
    since_s: int,
    raised: Mapping[str, Alert],
    excerpt: str,
    at: datetime,
    zone: ZoneInfo,
) -> Iterable[Alert]:
    """One for each day on which a span of the rule's hours ends that has too many."""
    span_s = rule.hours * 3_600
    ends = times[times >= since_s]
    numbers = np.searchsorted(times, ends, "right") - np.searchsorted(times, ends - span_s, "right")
    fullest: dict[str, tuple[int, int]] = {}
    for end_s, n in zip(ends.tolist(), numbers.tolist(), strict=True):
        if n >= rule.limit:
            day = datetime.fromtimestamp(end_s, zone).date().isoformat()
            fullest[day] = max(fullest.get(day, (0, 0)), (n, end_s))
    until_s = 0
    for day, (n, end_s) in sorted(fullest.items()):
        before = datetime.fromtimestamp(end_s - 86_400, zone).date().isoformat()
        earlier = raised.get(_id(rule.id, incident, before))
        if earlier is not None:
            until_s = int(earlier.window_end.timestamp()) + span_s
        name = _id(rule.id, incident, day)
        if name in raised or end_s < until_s:
            continue  # staff know of this run
        until_s = end_s + span_s
        why = f"{rule.hours}小时内{n}件"
        yield _alert(
            rule.id,
            rule.level,
            incident,
            name,
            (end_s - span_s, end_s),
            (n, rule.limit),
            (why, f"{why}，达到规则 {rule.id} 的上限{rule.limit}件"),
            excerpt,
            at,
            zone,
        )


def _over_weeks(
    rule: LastingRule,
    incident: Incident,
    times: Times,
    raised: Mapping[str, Alert],
    excerpt: str,
    at: datetime,
    zone: ZoneInfo,
) -> Iterable[Alert]:
    """One for each calendar week in which reports come of what came in earlier weeks, too."""
    last_s = int(times[-1])
    weeks_ago = np.unique((last_s - times) // _WEEK_S)
    n = int(np.count_nonzero(weeks_ago < rule.weeks))
    year, week, _ = datetime.fromtimestamp(last_s, zone).isocalendar()
    name = _id(rule.id, incident, f"{year}-W{week:02}")
    if n < rule.limit or name in raised:
        return
    why = f"{rule.weeks}周内有{n}周反映"
    yield _alert(
        rule.id,
        rule.level,
        incident,
        name,
        (last_s - rule.weeks * _WEEK_S, last_s),
        (n, rule.limit),
        (why, f"最近{rule.weeks}周里有{n}周接到反映，达到规则 {rule.id} 的上限{rule.limit}周"),
        excerpt,
        at,
        zone,
    )


def _id(rule: str, incident: Incident, window: str) -> str:
    return alert_id(rule, incident.county, "", f"{incident.id:016x}|{window}")


def _alert(
    rule: str,
    level: int,
    incident: Incident,
    name: str,
    window_s: tuple[int, int],
    seen: tuple[int, int],
    why: tuple[str, str],
    excerpt: str,
    at: datetime,
    zone: ZoneInfo,
) -> Alert:
    place, matter = names_of(incident.county, incident.category)
    called = f"“{incident.name}”" if incident.name else ""
    first = datetime.fromtimestamp(incident.first_s, zone)
    opened = CHANNEL_NAMES[CHANNELS[incident.first_channel]]
    start, end = (datetime.fromtimestamp(instant, UTC) for instant in window_s)
    return Alert(
        id=name,
        rule=rule,
        level=level,
        county_code=incident.county,
        category=incident.category,
        window_start=start,
        window_end=end,
        observed=seen[0],
        limit=seen[1],
        title=f"{place}：{matter}{called}同一事项{why[0]}",
        reason=(
            f"{matter}类同一事项{called}{why[1]}。共{incident.reports}件："
            f"{_by_channel(incident)}；{first:%m月%d日%H:%M}由{opened}首次反映。"
        ),
        raised_at=at,
        excerpt=excerpt,
        incident=f"{incident.id:016x}",
    )


def _by_channel(incident: Incident) -> str:
    ordered = sorted(incident.channels.items(), key=lambda pair: (-pair[1], pair[0]))
    return "、".join(f"{CHANNEL_NAMES[CHANNELS[channel]]}{n}件" for channel, n in ordered)


def earliest(records: bytes) -> int:
    """When the first of packed reports came."""
    return int(np.frombuffer(records, REPORT)["at_s"].min())
