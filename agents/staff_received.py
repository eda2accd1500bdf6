"""What duty staff do, as it comes in: alert actions, corrections of incidents, the duty log.

Posts and offices are redacted as labels, notes as texts. Each function raises InvalidEvent
(malformed) for what the contract alone cannot ask for.
"""

from collections.abc import Callable
from typing import NamedTuple

from agents.decode import identity, malformed
from streams.duty import DutyEntry
from streams.events import AlertActionEvent, DutyLogEntryEvent, IncidentActionEvent
from streams.incidents import Correction
from streams.packs import Action

Redact = Callable[[str], str]


class Came(NamedTuple):
    """How an event came. origin: index into the pack's. offset: in its input partition."""

    origin: int
    county: str
    reported_s: int
    offset: int


def action_received(
    event: AlertActionEvent,
    came: Came,
    redact_label: Redact,
    redact: Redact,
) -> Action:
    data = event.data
    return Action(
        identity(event),
        came.origin,
        came.county,
        data.alert_id,
        data.action,
        redact_label(data.by),
        came.reported_s,
        redact(data.note) if data.note else "",
        int(data.until.timestamp()) if data.until else 0,
        came.offset,
        redact_label(data.assigned_to) if data.assigned_to else "",
    )


def correction_received(
    event: IncidentActionEvent,
    came: Came,
    redact_label: Redact,
    redact: Redact,
) -> Correction:
    data = event.data
    if data.action == "merge" and not data.into:
        raise malformed("$.data.into", "the incident to merge into; it is missing")
    if data.action == "split" and not data.reports:
        raise malformed("$.data.reports", "identities of the reports to split off; it is missing")
    return Correction(
        identity(event),
        came.origin,
        came.county,
        int(data.incident_id, 16),
        data.action,
        redact_label(data.by),
        came.reported_s,
        int(data.into, 16) if data.into else 0,
        [int(report, 16) for report in data.reports or ()],
        redact(data.note) if data.note else "",
        came.offset,
    )


def duty_received(
    event: DutyLogEntryEvent,
    came: Came,
    redact_label: Redact,
    redact: Redact,
) -> DutyEntry:
    data = event.data
    if data.kind != "handover" and not data.digest_id:
        raise malformed("$.data.digest_id", f"the digest to {data.kind}; it is missing")
    if data.kind != "sign" and not (data.note and data.note.strip()):
        raise malformed("$.data.note", f"what the {data.kind} says; it is missing")
    return DutyEntry(
        identity(event),
        came.origin,
        came.county,
        data.kind,
        redact_label(data.by),
        came.reported_s,
        data.digest_id or "",
        redact(data.note) if data.note else "",
        came.offset,
    )
