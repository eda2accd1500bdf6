"""Alerts that rules raise: of single events, of counts per county and category, of a report that is missing."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.alerting.lives import Lives
from agents.counts import Counts
from agents.rules import CountRule, Rules, UnreceivedDispatch, alert_id, names_of
from agents.seasons import cut_off
from streams.answers import Alert
from streams.categories import OUTSIDE
from streams.names import LEVEL_NAMES
from streams.packs import Report
from streams.totals import CountRow


def of_event(rules: Rules, report: Report, at: datetime) -> Iterable[Alert]:
    """Alerts that one event raises by itself: its severity, its band of people."""
    for severity in rules.severity:
        if report.severity == severity.severity:
            yield _event_alert(
                severity.id,
                severity.level,
                report,
                at,
                _why_so_grave(report),
            )
    for people in rules.people_band:
        if report.people_band == people.band:
            yield _event_alert(
                people.id, people.level, report, at, f"涉及人数{report.people_band}人"
            )


def _why_so_grave(report: Report) -> str:
    level = LEVEL_NAMES[report.severity]
    return f"来文提到“{report.cue}”，研判为{level}" if report.cue else f"上报事项定级为{level}"


def _event_alert(rule: str, level: int, report: Report, at: datetime, why: str) -> Alert:
    start = datetime.fromtimestamp(report.reported_s, UTC)
    place, matter = names_of(report.county, report.category)
    return Alert(
        id=alert_id(rule, report.county, report.category, f"{report.identity:016x}"),
        rule=rule,
        level=level,
        county_code=report.county,
        category=report.category,
        window_start=start,
        window_end=start,
        observed=1,
        limit=1,
        title=f"{place}：{matter}，{why}",
        reason=f"{why}，按规则 {rule} 逐件提醒。",
        raised_at=at,
        excerpt=report.excerpt,
    )


def of_counts(
    rules: Rules,
    counts: Counts,
    increments: list[CountRow],
    lives: Lives,
    at: datetime,
    zone: ZoneInfo,
) -> Iterable[Alert]:
    """Alerts that the live totals give once these increments are added to them.

    Only hours that were touched are looked at; what is outside the taxonomy, and
    history, raises nothing. A later window of a series whose alert is open goes on in
    that one, which is given again, under its id; what a closed one looked at is done with.
    """
    added: dict[tuple[str, str], dict[int, int]] = {}
    for row in increments:
        if not row.piece and row.category != OUTSIDE:
            hours = added.setdefault((row.county, row.category), {})
            hours[row.hour] = hours.get(row.hour, 0) + row.n
    for (county, category), hours in added.items():
        most = counts.held(county, category) + sum(hours.values())
        for rule in rules.count:
            if most >= rule.limit:  # the usual case, told by one look
                yield from _of_series(rule, (county, category), hours, counts, lives, at, zone)


def _of_series(
    rule: CountRule,
    series: tuple[str, str],
    added: dict[int, int],
    counts: Counts,
    lives: Lives,
    at: datetime,
    zone: ZoneInfo,
) -> Iterable[Alert]:
    ring = counts.ring(*series)
    latest = lives.latest.get((rule.id, *series))
    for hour in sorted(added):
        if rule.hours == 1 and added[hour] + ring.get(hour, 0) < rule.limit:
            continue
        window = _count_window(rule, hour, zone)
        if latest is not None and _covers(latest, window):
            continue
        if alert_id(rule.id, *series, window.name) in lives.alerts:
            continue
        fresh = sum(n for other, n in added.items() if hour - rule.hours < other <= hour)
        observed = counts.rolling(*series, hour, rule.hours) + fresh
        if observed < rule.limit:
            continue
        alert = _count_alert(rule, series, window, observed, at)
        alert.history = counts.per_day(*series, hour // 24, 14)
        if latest is None or latest.window_end < window.end:
            if latest is not None and latest.status != "closed":
                alert = _gone_on(latest, alert)
            latest = alert
        yield alert


def _covers(alert: Alert, window: "_CountWindow") -> bool:
    return alert.window_start <= window.start and window.end <= alert.window_end


def _gone_on(alert: Alert, later: Alert) -> Alert:
    """The open alert with what its series came to since."""
    return replace(
        alert,
        window_end=later.window_end,
        observed=later.observed,
        title=later.title,
        reason=f"{later.reason}自{alert.window_start:%m月%d日%H时}起持续。",
        history=later.history,
    )


class _CountWindow(NamedTuple):
    """The hour buckets that a count rule looks at, local times; named by hour or day."""

    start: datetime
    end: datetime
    name: str


@lru_cache(maxsize=4096)
def _count_window(rule: CountRule, hour: int, zone: ZoneInfo) -> _CountWindow:
    end = datetime.fromtimestamp((hour + 1) * 3600, zone)
    last_day = (end - timedelta(hours=1)).date().isoformat()
    return _CountWindow(
        end - timedelta(hours=rule.hours), end, str(hour) if rule.hours == 1 else last_day
    )


def _count_alert(
    rule: CountRule, series: tuple[str, str], window: _CountWindow, observed: int, at: datetime
) -> Alert:
    county, category = series
    place, matter = names_of(county, category)
    return Alert(
        id=alert_id(rule.id, county, category, window.name),
        rule=rule.id,
        level=rule.level,
        county_code=county,
        category=category,
        window_start=window.start,
        window_end=window.end,
        observed=observed,
        limit=rule.limit,
        title=f"{place}：{matter}{rule.hours}小时内{observed}件",
        reason=(
            f"{window.start:%m月%d日%H时}起{rule.hours}小时内，"
            f"{matter}类事项{observed}件，达到规则 {rule.id} 的上限{rule.limit}件。"
        ),
        raised_at=at,
    )


def missing_report(
    rules: Rules, county: str, window_start: datetime, window_end: datetime, at: datetime
) -> Alert:
    """The alert for a county that sent neither a grid report nor a zero report."""
    place, _ = names_of(county, OUTSIDE)
    rule = rules.missing_report
    until = cut_off(rules.seasons, window_end.date(), rules.cycle.cut_off)
    return Alert(
        id=alert_id(rule.id, county, "", window_end.date().isoformat()),
        rule=rule.id,
        level=rule.level,
        county_code=county,
        category="",
        window_start=window_start,
        window_end=window_end,
        observed=0,
        limit=1,
        title=f"{place}：未按时日报告",
        reason=(
            f"{window_start:%m月%d日%H时}至{window_end:%m月%d日%H时}没有网格上报，"
            f"也没有零报告（规则 {rule.id}，截止时间{until}）。"
        ),
        raised_at=at,
    )


def unreceived_dispatch(
    rule: UnreceivedDispatch,
    county: str,
    window: tuple[datetime, datetime],
    dispatched: int,
    waiting: Sequence[Alert],
    at: datetime,
) -> Alert:
    """The alert for matters of yesterday's dispatch list that nobody took on. window: of today."""
    start, end = window
    place, _ = names_of(county, OUTSIDE)
    told = "；".join(alert.title for alert in waiting[:5])
    return Alert(
        id=alert_id(rule.id, county, "", end.date().isoformat()),
        rule=rule.id,
        level=rule.level,
        county_code=county,
        category="",
        window_start=start,
        window_end=end,
        observed=len(waiting),
        limit=1,
        title=f"{place}：昨日调度{len(waiting)}项未签收",
        reason=f"昨日调度{dispatched}项，{len(waiting)}项至今没有确认或交办（规则 {rule.id}）：{told}。",
        raised_at=at,
    )
