"""The rules, read from rules.yaml, and the alerts they raise over what was just counted."""

from collections.abc import Container, Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import xxhash
from msgspec import Meta, Struct

from agents.counts import Counts
from streams.categories import CATEGORIES, OUTSIDE
from streams.contracts import Alert
from streams.counties import COUNTIES
from streams.errors import Reason, UserError
from streams.packs import CountRow, Report

RuleId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Level = Annotated[int, Meta(ge=1, le=4)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]

_LEVEL_NAMES = {1: "红色", 2: "橙色", 3: "黄色", 4: "蓝色"}


class SeverityRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised by every event of this severity."""

    id: RuleId
    level: Level
    severity: Level


class PeopleRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised by every event of this band of people."""

    id: RuleId
    level: Level
    band: str


class CountRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when a county × category reaches `limit` within `hours` hour buckets."""

    id: RuleId
    level: Level
    hours: Annotated[int, Meta(ge=1, le=168)]
    limit: Annotated[int, Meta(ge=1)]


class IncidentRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when one incident has `limit` reports within `hours`."""

    id: RuleId
    level: Level
    hours: Annotated[int, Meta(ge=1, le=720)]
    limit: Annotated[int, Meta(ge=2)]


class LastingRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when one incident has reports in `limit` of the last `weeks` weeks."""

    id: RuleId
    level: Level
    weeks: Annotated[int, Meta(ge=2, le=12)]
    limit: Annotated[int, Meta(ge=2, le=12)]


class MissingReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised at the cut-off for a county that has not reported."""

    id: RuleId
    level: Level


class Cycle(Struct, frozen=True, forbid_unknown_fields=True):
    """The daily cycle, local times of day."""

    window_end: TimeOfDay = "16:00"
    cut_off: TimeOfDay = "16:30"
    consult: TimeOfDay = "17:00"
    consult_red: Annotated[int, Meta(ge=1)] = 1
    consult_orange: Annotated[int, Meta(ge=1)] = 3


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of a deployment."""

    missing_report: MissingReport
    severity: tuple[SeverityRule, ...] = ()
    people_band: tuple[PeopleRule, ...] = ()
    count: tuple[CountRule, ...] = ()
    incident: tuple[IncidentRule, ...] = ()
    lasting: tuple[LastingRule, ...] = ()
    cycle: Cycle = Cycle()

    @classmethod
    def load(cls, path: Path | None = None) -> "Rules":
        """Read and check a rules file, or the one shipped. Raises UserError."""
        try:
            text = path.read_bytes() if path else (files("agents") / "rules.yaml").read_bytes()
            rules = msgspec.yaml.decode(text, type=cls)
        except OSError as error:
            raise UserError(f"cannot read the rules file {path}: {error.strerror}") from None
        except msgspec.MsgspecError as error:
            raise UserError(f"{path or 'rules.yaml'}: {error}") from None
        ids: list[str] = [rule.id for rule in rules.severity]
        ids += [rule.id for rule in rules.people_band]
        ids += [rule.id for rule in rules.count]
        ids += [rule.id for rule in rules.incident]
        ids += [rule.id for rule in rules.lasting]
        ids += [rules.missing_report.id, Reason.POISON]
        for rule_id in ids:
            if ids.count(rule_id) > 1:
                raise UserError(f"{path or 'rules.yaml'}: rule id {rule_id!r} is used twice")
        return rules


def of_single_incidents(rules: Rules) -> frozenset[str]:
    """Ids of the rules that look at single incidents."""
    return frozenset(rule.id for rule in rules.incident) | {rule.id for rule in rules.lasting}


def alert_id(rule: str, county: str, category: str, window: str) -> str:
    """The same rule, county, category and window give the same alert, always."""
    return xxhash.xxh3_64_hexdigest(f"{rule}|{county}|{category}|{window}".encode())


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
    level = _LEVEL_NAMES[report.severity]
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
    raised: Container[str],
    at: datetime,
    zone: ZoneInfo,
) -> Iterable[Alert]:
    """Alerts that the live totals give once these increments are added to them.

    Only hours that were touched are looked at; what is outside the taxonomy, and
    history, raises nothing. raised: ids of alerts that were raised before.
    """
    added: dict[tuple[str, str], dict[int, int]] = {}
    for row in increments:
        if not row.piece and row.category != OUTSIDE:
            hours = added.setdefault((row.county, row.category), {})
            hours[row.hour] = hours.get(row.hour, 0) + row.n
    for (county, category), hours in added.items():
        most = counts.held(county, category) + sum(hours.values())
        ring = counts.ring(county, category)
        for rule in rules.count:
            if most < rule.limit:
                continue
            for hour in sorted(hours):
                if rule.hours == 1 and hours[hour] + ring.get(hour, 0) < rule.limit:
                    continue  # the usual case, told by one look
                window = _count_window(rule, hour, zone)
                if alert_id(rule.id, county, category, window.name) in raised:
                    continue
                fresh = sum(n for other, n in hours.items() if hour - rule.hours < other <= hour)
                observed = counts.rolling(county, category, hour, rule.hours) + fresh
                if observed >= rule.limit:
                    alert = _count_alert(rule, (county, category), window, observed, at)
                    alert.history = counts.per_day(county, category, hour // 24, 14)
                    yield alert


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
            f"也没有零报告（规则 {rule.id}，截止时间{rules.cycle.cut_off}）。"
        ),
        raised_at=at,
    )


def names_of(county: str, category: str) -> tuple[str, str]:
    """What staff call a county and a category."""
    place = COUNTIES[county].name if county in COUNTIES else county
    matter = CATEGORIES[category].name if category in CATEGORIES else category
    return place, matter


def time_of_day(text: str) -> time:
    """A rule file's HH:MM.

    >>> time_of_day("16:30")
    datetime.time(16, 30)
    """
    return time.fromisoformat(text)
