"""Alerts as the store has them: many at a glance, one with its steps, and how useful a rule's were."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sinks.asking import IN_COUNTIES, where
from sinks.store import Store

COLUMNS: Final = (
    "id, rule, level, county, category, window_start, window_end, observed, `limit`, expected, "
    "p_value, title, reason, history, excerpt, status, status_at, `by`, note, assigned_to, label, "
    "notify, muted, told_at, `group`, incident, raised_at"
)
_STEPS: Final = "action, `by`, `at`, note, `until`, assigned_to, verdict"


class Asked(NamedTuple):
    """Which alerts. counties: codes or prefixes. Empty: all. limit: the latest."""

    counties: Sequence[str] = ()
    since: datetime | None = None
    rules: Sequence[str] = ()
    statuses: Sequence[str] = ()
    limit: int = 100


def alerts(store: Store, asked: Asked) -> list[dict[str, Any]]:
    """Alerts, the latest raised first, a dict with every column each. Raises SinkBusy or Fatal."""
    chosen, parameters = _chosen(asked)
    return store.query(
        f"SELECT {COLUMNS} FROM alerts FINAL WHERE {chosen} "  # noqa: S608
        f"ORDER BY raised_at DESC, county, id LIMIT {int(asked.limit)}",
        parameters,
    )


def _chosen(asked: Asked) -> tuple[str, dict[str, Any]]:
    return where(
        [
            (IN_COUNTIES, "counties", list(asked.counties)),
            ("raised_at >= {since:DateTime}", "since", asked.since),
            ("has({rules:Array(String)}, toString(rule))", "rules", list(asked.rules)),
            ("has({statuses:Array(String)}, toString(status))", "statuses", list(asked.statuses)),
        ]
    )


def alert(store: Store, identifier: str) -> dict[str, Any] | None:
    """One alert with every column, and `steps`, oldest first; None if there is none."""
    found = store.query(
        f"SELECT {COLUMNS} FROM alerts FINAL WHERE id = {{id:String}}",  # noqa: S608
        {"id": identifier},
    )
    if not found:
        return None
    steps = store.query(
        f"SELECT {_STEPS} FROM alert_actions FINAL "  # noqa: S608
        "WHERE alert_id = {id:String} ORDER BY `at`, identity",
        {"id": identifier},
    )
    return {**found[0], "steps": steps}


def notices(store: Store, identifier: str) -> list[dict[str, Any]]:
    """Who was told of an alert, by which channel and when, oldest first."""
    return store.query(
        "SELECT channel, status, outcome, `at`, tries, reason FROM notices FINAL "
        "WHERE alert_id = {id:String} ORDER BY `at`, channel",
        {"id": identifier},
    )


def labels(store: Store, asked: Asked) -> list[dict[str, Any]]:
    """Per rule: alerts raised, and how many of them duty staff called useful, and not useful."""
    chosen, parameters = _chosen(asked)
    return store.query(
        "SELECT toString(rule) AS rule, toUInt32(count()) AS alerts, "  # noqa: S608
        "toUInt32(countIf(label = 'useful')) AS useful, "
        "toUInt32(countIf(label = 'not_useful')) AS not_useful "
        f"FROM alerts FINAL WHERE {chosen} GROUP BY rule ORDER BY rule",
        parameters,
    )
