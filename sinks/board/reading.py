"""What the board asks of the store: everything that a duty room sees, of all counties. Blocks.

Two kinds of questions: what is rare and has to be there at once (alerts, digests, the duty
log), and figures. Every question is bounded by time or by number.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sinks import alerts, digests, duty_log, health
from sinks.standing import rolling
from sinks.store import Store

Row = dict[str, Any]

DAYS_OF_ALERTS: Final = 14  # tally holds them so long
DAYS_OF_DIGESTS: Final = 3
CLOSED_FOR: Final = timedelta(hours=24)  # a closed alert stays on the board
ANSWERS_FOR: Final = timedelta(minutes=10)
SPARK_DAYS: Final = 14
_AT_MOST: Final = 5_000

# raised_at never changes, so it may be looked at before FINAL.
_ALERTS: Final = """
FROM alerts FINAL PREWHERE raised_at >= {since:DateTime}
WHERE status != 'closed' OR coalesce(status_at, raised_at) >= {closed_since:DateTime}
ORDER BY raised_at DESC, id LIMIT {limit:UInt32}
"""
_LISTS: Final = """
SELECT id, kind, county, window_start, window_end, issued_at, body FROM digests FINAL
WHERE issued_at >= {since:DateTime} AND kind IN ('daily_consult', 'daily_dispatch')
ORDER BY window_end DESC, edition DESC LIMIT 1 BY county, kind
"""
_ANSWERS: Final = """
SELECT county, alert_id, identity, action, `by`, `at`, note, `until`, assigned_to, verdict
FROM alert_actions FINAL WHERE `at` >= {since:DateTime} AND `by` != ''
ORDER BY `at` DESC, identity LIMIT {limit:UInt32}
"""
_SPARKS: Final = """
SELECT county, day, sum(n) AS n FROM count_days FINAL WHERE day >= {since:Date}
GROUP BY county, day
"""
_PRESENCE: Final = "SELECT county, day FROM presence FINAL WHERE day >= {since:Date}"
_CASES: Final = """
SELECT county, count() AS open, countIf(due_at <= {now:DateTime}) AS overdue
FROM cases FINAL WHERE closed_at IS NULL GROUP BY county
"""


class News(NamedTuple):
    """What is rare.

    lists: the latest consult and dispatch list of each county, with bodies. answers: what
    became of the actions of the last minutes.
    """

    alerts: list[Row]
    digests: list[Row]
    lists: list[Row]
    log: list[Row]
    answers: list[Row]


class Figures(NamedTuple):
    """Rolling totals, daily counts, open cases per county; who reported on which day.

    stages, quiet_since: see sinks.health.
    """

    rolling: list[Row]
    sparks: list[Row]
    presence: list[Row]
    cases: list[Row]
    stages: list[Row]
    quiet_since: datetime | None


def news(store: Store, now: datetime) -> News:
    """Raises SinkBusy or Fatal."""
    now = now.replace(microsecond=0)
    since = now - timedelta(days=DAYS_OF_DIGESTS)
    return News(
        store.query(
            f"SELECT {alerts.COLUMNS} {_ALERTS}",
            {
                "since": now - timedelta(days=DAYS_OF_ALERTS),
                "closed_since": now - CLOSED_FOR,
                "limit": _AT_MOST,
            },
        ),
        digests.digests(store, digests.Asked(since=since, limit=_AT_MOST)),
        store.query(_LISTS, {"since": since}),
        duty_log.entries(store, duty_log.Asked(since=since, limit=_AT_MOST)),
        store.query(_ANSWERS, {"since": now - ANSWERS_FOR, "limit": _AT_MOST}),
    )


def figures(store: Store, now: datetime, zone: ZoneInfo) -> Figures:
    """Raises SinkBusy or Fatal."""
    now = now.replace(microsecond=0)
    today = now.astimezone(zone).date()
    return Figures(
        rolling(store, now),
        store.query(_SPARKS, {"since": today - timedelta(days=SPARK_DAYS - 1)}),
        store.query(_PRESENCE, {"since": (now - timedelta(days=8)).date()}),
        store.query(_CASES, {"now": now}),
        health.latest(store),
        health.quiet_since(store),
    )
