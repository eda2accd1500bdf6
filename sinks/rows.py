"""Rows of the store: which columns a table has, and what fills them.

Pure. Times are integers, which are UTC wherever they are read: seconds for
DateTime, milliseconds for DateTime64(3), days for Date.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from streams.answers import Alert, DeadLetter, Digest
from streams.cases import MEASURES
from streams.incidents import IncidentRow
from streams.totals import Totals

Row = tuple[object, ...]

_HOUR_S: Final = 3_600

# Column names in the order of the rows below; sinks/schema/ has types and definitions.
COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "counts": (
        *("county", "category", "channel", "hour", "piece"),
        *("n", "red", "orange", "yellow", "blue"),
        *("sentiments", "negative", "positive", "sentiment_sum", "version"),
    ),
    "ledger": (
        *("county", "stream", "source", "runid", "day"),
        *("counted", "duplicates", "version"),
    ),
    "declared": ("county", "declared", "category", "day", "n", "version"),
    "presence": ("county", "day", "grid_reports", "zero_reports", "version"),
    "cases": (
        *("county", "case_id", "case_version", "status", "level"),
        *("updated_at", "owner_org", "deadline_at", "merged_into", "found_at", "closed_at"),
        *("due_at", "deadline_class", "stars", "flagged", "reopened", "whistle_step", "version"),
    ),
    "case_steps": (
        *("county", "case_id", "case_version", "step", "status", "level"),
        *("reported_at", "owner_org", "verdict", "stars", "version"),
    ),
    "case_days": ("county", "level", "owner_org", "day", *MEASURES, "version"),
    "alert_actions": (
        *("county", "alert_id", "identity", "action", "by"),
        *("at", "note", "until", "assigned_to", "verdict", "version"),
    ),
    "incidents": (
        *("county", "incident", "category", "name", "opened_at", "last_at"),
        *("reports", "channels", "first_channel", "severity", "merged_into"),
        *("excerpt", "report_ids", "version"),
    ),
    "incident_actions": (
        *("county", "incident", "identity", "action", "into"),
        *("by", "at", "note", "version"),
    ),
    "duty_log": ("county", "digest_id", "identity", "kind", "by", "at", "note", "version"),
    "alerts": (
        *("id", "rule", "level", "county", "category", "window_start", "window_end"),
        *("observed", "limit", "expected", "p_value", "title", "reason", "history"),
        *("excerpt", "status", "status_at", "by", "note", "assigned_to"),
        *("label", "notify", "muted", "told_at", "group", "incident"),
        *("raised_at", "version"),
    ),
    "digests": (
        *("id", "kind", "county", "window_start", "window_end"),
        *("issued_at", "title", "body", "figures"),
        *("edition", "replaces", "changes", "version"),
    ),
    "dead_letters": (
        *("topic", "partition", "offset", "reason", "path", "expected"),
        *("county", "source", "runid", "at", "size_bytes", "sha256", "preview", "version"),
    ),
    "counties": (
        *("code", "name", "city", "province"),
        *("longitude", "latitude", "population_2020", "version"),
    ),
    "categories": ("code", "name", "english", "version"),
    "notices": (
        *("channel", "alert_id", "status", "since", "county", "kind", "rule", "level"),
        *("outcome", "at", "notice", "tries", "reason", "version"),
    ),
    "count_days": (
        *("county", "category", "day", "n", "red", "orange", "yellow", "blue"),
        *("sentiments", "negative", "positive", "sentiment_sum", "version"),
    ),
    "expectations": ("county", "category", "day", "expected", "low", "high", "version"),
    "pipeline_health": (
        *("stage", "at", "state", "members", "partitions"),
        *("committed", "end", "lag", "late_s", "version"),
    ),
    "audit": (
        *("at", "entry", "post", "role", "what", "target", "county", "outcome"),
        *("why", "event", "version"),
    ),
    "migrations": ("number", "name", "sha256", "applied_at"),
}


def rows_of_totals(totals: Totals) -> dict[str, list[Row]]:
    """Rows per table, of the tables that these totals touch, in the order of the totals.

    Every row carries the version of the totals, so inserting them again, or
    after newer ones, changes nothing that a reader with FINAL sees.
    """
    version = totals.version
    rows: dict[str, list[Row]] = {
        "counts": [
            (
                *(row.county, row.category, row.channel, row.hour * _HOUR_S, row.piece),
                *(row.n, row.red, row.orange, row.yellow, row.blue),
                *(row.sentiments, row.negative, row.positive, row.sentiment_sum, version),
            )
            for row in totals.counts
        ],
        "ledger": [
            (
                *(row.county, row.stream, row.source, row.runid, row.day),
                *(row.counted, row.duplicates, version),
            )
            for row in totals.ledger
        ],
        "expectations": [
            (row.county, row.category, row.day, row.expected, row.low, row.high, version)
            for row in totals.expectations
        ],
        "declared": [
            (row.county, row.declared, row.category, row.day, row.n, version)
            for row in totals.declared
        ],
        "presence": [
            (row.county, row.day, row.grid_reports, row.zero_reports, version)
            for row in totals.presence
        ],
        "cases": [
            (
                *(row.county, row.case_id, row.case_version, row.status, row.level),
                *(row.updated_s, row.owner_org, row.deadline_s or None, row.merged_into),
                *(row.found_s, row.closed_s or None, row.due_s or None, row.deadline_class),
                *(row.stars, row.flagged, row.reopened, row.whistle_step, version),
            )
            for row in totals.cases
        ],
        "case_steps": [
            (
                *(row.county, row.case_id, row.case_version, _hex(row.step), row.status),
                *(row.level, row.reported_s, row.owner_org, row.verdict, row.stars, version),
            )
            for row in totals.case_steps
        ],
        "case_days": [
            (row.county, row.level, row.owner_org, row.day, *row.measures, version)
            for row in totals.case_days
        ],
        "alert_actions": [
            (
                *(row.county, row.alert_id, row.identity, row.action, row.by),
                *(row.at_s, row.note, row.until_s or None, row.assigned_to, row.verdict, version),
            )
            for row in totals.actions
        ],
        "incidents": [
            _row_of_incident(row, version) for row in (*totals.singles.rows(), *totals.incidents)
        ],
        "incident_actions": [
            (
                *(row.county, _hex(row.incident), row.identity, row.action, _hex(row.into)),
                *(row.by, row.at_s, row.note, version),
            )
            for row in totals.corrections
        ],
        "duty_log": [
            (
                *(row.county, row.digest_id, row.identity, row.kind),
                *(row.by, row.at_s, row.note, version),
            )
            for row in totals.duty
        ],
    }
    return {table: filled for table, filled in rows.items() if filled}


def _row_of_incident(row: IncidentRow, version: int) -> Row:
    return (
        *(row.county, _hex(row.incident), row.category, row.name, row.opened_s, row.last_s),
        *(row.reports, row.channels, row.first_channel, row.severity),
        _hex(row.merged_into) if row.merged_into else "",
        *(row.excerpt, list(map(_hex, row.identities)), version),
    )


def _hex(number: int) -> str:
    return f"{number:016x}"


def row_of_alert(alert: Alert) -> Row:
    """Row of `alerts`. Its version grows with the alert's, from the moment it was raised on."""
    return (
        *(alert.id, alert.rule, alert.level, alert.county_code, alert.category),
        *(_seconds(alert.window_start), _seconds(alert.window_end)),
        *(alert.observed, alert.limit, alert.expected, alert.p_value),
        *(alert.title, alert.reason, alert.history, alert.excerpt, alert.status),
        *(_or_none(alert.status_at), alert.by, alert.note, alert.assigned_to),
        *(alert.label, alert.notify, alert.muted, _or_none(alert.told_at)),
        *(alert.group, alert.incident, milliseconds(alert.raised_at)),
        milliseconds(alert.raised_at) + alert.version,
    )


def row_of_digest(digest: Digest, version: int) -> Row:
    """Row of `digests`; version must grow when the same digest is issued again with news."""
    return (
        *(digest.id, digest.kind, digest.county_code),
        *(_seconds(digest.window_start), _seconds(digest.window_end)),
        *(milliseconds(digest.issued_at), digest.title, digest.body, digest.figures),
        *(digest.edition, digest.replaces, digest.changes, version),
    )


def row_of_dead_letter(letter: DeadLetter) -> Row:
    """Row of `dead_letters`. Its version is the time of the answer: a later answer stands."""
    at_ms = milliseconds(letter.at)
    return (
        *(letter.topic, letter.partition, letter.offset),
        *(letter.reason, letter.path, letter.expected),
        *(letter.county_code, letter.source, letter.runid, at_ms),
        *(letter.size_bytes, letter.sha256, letter.preview, at_ms),
    )


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _or_none(instant: datetime | None) -> int | None:
    return None if instant is None else _seconds(instant)


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970 UTC, exact where a float product would be off by one.

    >>> from datetime import UTC
    >>> milliseconds(datetime(2026, 3, 1, 0, 0, 0, 1_000, tzinfo=UTC))
    1772323200001
    """
    return _seconds(instant) * 1_000 + instant.microsecond // 1_000
