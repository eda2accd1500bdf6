"""A case update as it comes in: its labels redacted, its times checked."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import UnsetType

from agents.decode import identity
from streams.cases import CaseStep
from streams.errors import InvalidEvent, Reason
from streams.events import CaseUpdateEvent

_YEARS: Final = 10
_APART_S: Final = _YEARS * 366 * 86_400


def step_received(
    event: CaseUpdateEvent,
    origin: int,
    county: str,
    reported_s: int,
    offset: int,
    redact_label: Callable[[str], str],
) -> CaseStep:
    """Raises InvalidEvent (time_out_of_range) for a deadline or call back no calendar is meant by.

    A deadline in the year 9999, which some systems write for none, has no place in any store.
    """
    data = event.data
    callback = data.callback or None
    deadline_s = _near(data.deadline_at, "$.data.deadline_at", reported_s)
    contacted_at = callback.contacted_at if callback else None
    contacted_s = _near(contacted_at, "$.data.callback.contacted_at", reported_s)
    return CaseStep(
        identity(event),
        origin,
        county,
        redact_label(data.case_id),
        data.version,
        data.status,
        data.level,
        reported_s,
        redact_label(data.owner_org) if data.owner_org else "",
        deadline_s,
        offset,
        redact_label(data.merged_into) if data.merged_into else "",
        data.deadline_class or "",
        contacted_s,
        bool(callback and callback.solved),
        callback.satisfaction if callback else 0,
        bool(data.plan),
        bool(data.action),
        data.whistle_step or "",
    )


def _near(instant: datetime | UnsetType | None, path: str, reported_s: int) -> int:
    """Seconds since 1970; 0 if it was not said."""
    if not instant:
        return 0
    second = int(instant.timestamp())
    if abs(second - reported_s) > _APART_S:
        raise InvalidEvent(
            Reason.TIME_OUT_OF_RANGE, path, f"a time within {_YEARS} years of reported_at"
        )
    return second
