"""What rules would have raised: counts of the past, hour by hour, through the code that raises alerts.

Rules of counts, of surprising counts and of silent sources: those of single reports and of incidents need what is not
kept. Pure; nothing is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from agents import raising
from agents.alerting.batch import BatchAlerts
from agents.alerting.moment import decide_moment
from agents.change import Change
from agents.counts import HOURS_PER_DAY
from agents.matter import Matters
from agents.rules import Rules
from agents.state import State
from agents.statistical import decide_statistics
from streams.answers import Alert
from streams.totals import CountRow

WARM_UP: Final = timedelta(days=84)  # before what is asked for: baselines learn for weeks
_DAYS: Final = 7
_AFTER: Final = timedelta(minutes=11)  # an hour's end, when it is complete


def replayable(rules: Rules) -> frozenset[str]:
    """Ids of the rules that a replay says something about."""
    silent = [rules.silent_source.id] if rules.silent_source else []
    of_counts = [*(rule.id for rule in rules.count), *(rule.id for rule in rules.statistical)]
    return frozenset([*of_counts, *silent])


def replay(
    rules: Rules, rows: Iterable[CountRow], start: datetime, end: datetime, zone: ZoneInfo
) -> list[Alert]:
    """Alerts raised from start until end, in that order, each as it stood in the end.

    rows: totals per county, category, channel and hour, from WARM_UP before the start on.
    """
    found: dict[str, Alert] = {}
    for alert in _raised(rules, rows, start, end, zone):
        if alert.raised_at >= start:
            found[alert.id] = alert
    return list(found.values())


def _raised(
    rules: Rules, rows: Iterable[CountRow], start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[Alert]:
    by_hour: defaultdict[int, list[CountRow]] = defaultdict(list)
    for row in rows:
        by_hour[row.hour].append(row)
    state = State(_DAYS, _DAYS)
    state.apply(Change(0, marks=[("replay", 0)]))  # the daily cycle has begun
    for hour in range(_hour(start - WARM_UP), _hour(end)):
        at = datetime.fromtimestamp((hour + 1) * 3_600, UTC) + _AFTER
        counts = by_hour.get(hour, [])
        batch = BatchAlerts(state.lives, rules, zone)
        batch.take(raising.of_counts(rules, state.counts, counts, state.lives, at, zone))
        batch.settle(Matters(), at)
        change = Change(int(at.timestamp()) * 1_000, counts=counts, alerts=batch.alerts)
        state.apply(change)
        yield from change.alerts
        deciding = [decide_moment]
        if at >= start or hour % HOURS_PER_DAY == 0:  # days before it are learnt, and no more
            deciding.append(decide_statistics)
        for decide in deciding:
            moment = decide(state, at, rules, zone)
            if moment is not None:
                state.apply(moment)
                yield from moment.alerts


def _hour(instant: datetime) -> int:
    return int(instant.timestamp()) // 3_600
