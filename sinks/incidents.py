"""Incidents as the store has them: many at a glance, or one with what was put right about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sinks.asking import IN_COUNTIES, where
from sinks.store import Store

_COLUMNS: Final = (
    "incident, county, category, name, opened_at, last_at, reports, channels, "
    "first_channel, severity, merged_into, excerpt, report_ids"
)


class Asked(NamedTuple):
    """Which incidents. counties: codes or prefixes; empty: all. limit: the latest."""

    counties: Sequence[str] = ()
    since: datetime | None = None
    least: int = 1
    merged: bool = False
    limit: int = 100


def incidents(store: Store, asked: Asked) -> list[dict[str, Any]]:
    """Incidents, the latest reported first, a dict with every column each. Raises SinkBusy or Fatal."""
    least = "reports >= {least:UInt32}"
    chosen, parameters = where(
        [
            (f"{least} OR merged_into != ''" if asked.merged else least, "least", asked.least),
            (IN_COUNTIES, "counties", list(asked.counties)),
            ("last_at >= {since:DateTime}", "since", asked.since),
        ]
    )
    return store.query(
        f"SELECT {_COLUMNS} FROM incidents FINAL WHERE {chosen} "  # noqa: S608
        f"ORDER BY last_at DESC, county, incident LIMIT {int(asked.limit)}",
        parameters,
    )


def incident(store: Store, identifier: str) -> dict[str, Any] | None:
    """One incident with every column, and `actions`: corrections it was part of, oldest first."""
    found = store.query(
        f"SELECT {_COLUMNS} FROM incidents FINAL WHERE incident = {{incident:String}}",  # noqa: S608
        {"incident": identifier},
    )
    if not found:
        return None
    actions = store.query(
        "SELECT incident, action, `into`, `by`, `at`, note FROM incident_actions FINAL "
        "WHERE incident = {incident:String} OR `into` = {incident:String} ORDER BY `at`, identity",
        {"incident": identifier},
    )
    return {**found[0], "actions": actions}
