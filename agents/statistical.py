"""Alerts of counts that are surprising for their county, category and kind of day.

Pure: (state, now, rules) in, a Change out, or None. A day is judged while it runs, once an
hour: what has come by then against what the whole day should bring, so that an early alert is
no less sure than a late one.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from agents.alerting.muting import Telling
from agents.baselines import SOURCES, Judged
from agents.change import Change
from agents.counts import HOURS_PER_DAY
from agents.forecast import expectations
from agents.rules import Rules, StatisticalRule, alert_id, names_of
from agents.state import State
from agents.windows import iso_day
from streams.answers import Alert

_MARK: Final = "statistics"
_DAYS_AT_ONCE: Final = 14  # so that a year of history holds up nothing for long
_RUN_DAYS: Final = 7  # the longest span that is looked at: a burst stays in it so long
_YOUNG_DAYS: Final = 28
_DAY_S: Final = 86_400


def decide_statistics(state: State, now: datetime, rules: Rules, zone: ZoneInfo) -> Change | None:
    """What the hour brings: days to learn, and alerts of yesterday and today."""
    hour = int(now.timestamp()) // 3_600
    if not rules.statistical or not state.marks or state.marks.get(_MARK, -1) >= hour:
        return None
    today = hour // HOURS_PER_DAY
    known = state.baselines.copy()
    first = known.next_day(today - 1, state.counts)
    last = min(today - 1, first + _DAYS_AT_ONCE - 1)
    change = Change(at_ms=state.at_ms, learnt_until=last)
    learnt = known.learn_until(last, state.counts)
    if last < today - 1:
        change.expectations = expectations(learnt, today)
        return change
    found: list[Alert] = []
    if learnt:
        found += _alerts(state, rules.statistical, learnt[-1][1], today - 1, now, zone)
    judged = known.learn(today, state.counts)
    if learnt:
        change.expectations = expectations([*learnt, (today, judged)], today)
    found += _alerts(state, rules.statistical, judged, today, now, zone)
    telling = Telling(state.lives, rules.life, rules.inhibit, now.astimezone(UTC), zone)
    change.alerts = telling.first(_gravest(found))
    change.marks.append((_MARK, hour))
    return change


def _gravest(alerts: Iterable[Alert]) -> list[Alert]:
    """One of each series: that of yesterday may say what that of today says."""
    found: dict[tuple[str, str], Alert] = {}
    for alert in alerts:
        series = (alert.county_code, alert.category)
        if series not in found or alert.level < found[series].level:
            found[series] = alert
    return list(found.values())


def _alerts(
    state: State,
    rules: Iterable[StatisticalRule],
    judged: Judged,
    day: int,
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[Alert]:
    """Of each series at most one: of the gravest rule that it meets."""
    graver = sorted(rules, key=lambda rule: rule.p)
    most = max(rule.p for rule in graver)
    total = judged.counts.sum(0)
    for place in np.flatnonzero(judged.heard.p < most).tolist():
        series, p, n = judged.series[place], float(judged.heard.p[place]), int(total[place])
        rule = next((one for one in graver if p < one.p and n >= one.least), None)
        if rule and not _goes_on(state, graver, series, day, rule):
            alert = _alert(rule, judged, place, day, now, zone)
            alert.history = state.counts.per_day(*series, day, 14)
            yield alert


def _goes_on(
    state: State,
    rules: Iterable[StatisticalRule],
    series: tuple[str, str],
    day: int,
    rule: StatisticalRule,
) -> bool:
    """Whether staff know of it: an alert as grave was raised today, or in the days before."""
    for other in rules:
        if other.level > rule.level:
            continue
        latest = state.lives.latest.get((other.id, *series))
        if latest and latest.window_start.timestamp() >= (day - _RUN_DAYS) * _DAY_S:
            return True
    return False


def _alert(
    rule: StatisticalRule, judged: Judged, place: int, day: int, now: datetime, zone: ZoneInfo
) -> Alert:
    county, category = judged.series[place]
    judgement = judged.judgement
    name, matter = names_of(county, category)
    start = datetime.fromtimestamp(day * _DAY_S, zone)
    end = min(datetime.fromtimestamp((day + 1) * _DAY_S, zone), now.astimezone(zone))
    n, p = int(judged.counts[:, place].sum()), float(judged.heard.p[place])
    expected = float(judgement.expected[place])
    low, high = round(float(judgement.low[place])), round(float(judgement.high[place]))
    told = (
        f"{start:%m月%d日%H时}至{end:%d日%H时}{matter}类事项{n}件；按以往同样的日子全天预计{expected:.1f}件"
        f"（95%的日子在{low}至{high}件之间）。"
    )
    if n <= high:
        told += "单看这一天不算多，连同前几天偏高。"
    told += f"如无异常，出现这种情况的概率不超过{_odds(p)}（规则 {rule.id}）。"
    told += _told_sources(judged, place)
    if judged.age[place] < _YOUNG_DAYS:
        told += f"历史数据只有{judged.age[place]}天，预计范围较宽。"
    return Alert(
        id=alert_id(rule.id, county, category, iso_day(day)),
        rule=rule.id,
        level=rule.level,
        county_code=county,
        category=category,
        window_start=start,
        window_end=end,
        observed=n,
        limit=high,
        title=f"{name}：{matter}异常增多，{n}件（预计{expected:.1f}件）",
        reason=told,
        raised_at=now.astimezone(UTC),
        expected=round(expected, 2),
        p_value=p,
    )


def _odds(p: float) -> str:
    """
    >>> _odds(0.0004), _odds(1e-7)
    ('1/2500', '百万分之一')
    """
    return "百万分之一" if p < 1e-6 else f"1/{round(1 / p)}"


def _told_sources(judged: Judged, place: int) -> str:
    voices = int(judged.heard.voices[place])
    if voices >= 2:
        return f"{voices}类来源同时偏高。"
    return f"偏高的只有{SOURCES[int(judged.heard.loudest[place])]}来源。" if voices else ""
