"""How long rows are kept: as a TTL of each table, brought to what is set when the schema is applied.

Text leaves after 30 days by a TTL of its column, whatever is set here. Counts, cases and digests
are kept: they are aggregates or records, and none of them names a person.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from streams.settings import Settings

# Table → from when on its rows are kept, and which setting says how long.
KEPT: Final[Mapping[str, tuple[str, str]]] = {
    "alerts": ("toDateTime(raised_at)", "keep_alerts_days"),
    "alert_actions": ("at", "keep_alerts_days"),
    "notices": ("toDateTime(at)", "keep_alerts_days"),
    "incidents": ("last_at", "keep_alerts_days"),
    "incident_actions": ("at", "keep_alerts_days"),
    "dead_letters": ("toDateTime(at)", "keep_letters_days"),
    "ledger": ("day", "keep_letters_days"),
    "expectations": ("day", "keep_letters_days"),
}


def changes(engines: Mapping[str, str], settings: Settings) -> Iterator[str]:
    """Statements for the tables whose TTL is not as it is set.

    engines: table → engine_full of system.tables. What is as it should be is left alone: a new
    TTL makes the engine go through all parts.
    """
    for table, (since, setting) in KEPT.items():
        wanted = f"{since} + toIntervalDay({getattr(settings, setting)})"
        if table in engines and f"TTL {wanted}" not in engines[table].replace("`", ""):
            yield f"ALTER TABLE {table} MODIFY TTL {wanted}"
