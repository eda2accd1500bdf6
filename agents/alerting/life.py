"""The life of one alert: its steps, in whatever order they came, and how it stands after them.

Pure. The steps are put in the order of their times, so that any order of arrival, and
repeats, end the same. A step that cannot follow is kept, and flagged, and changes nothing.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Literal, NamedTuple

import xxhash
from msgspec.structs import replace

from streams.alert_ways import WAYS
from streams.answers import Alert, AlertStatus
from streams.totals import ActionRow

Label = Literal["", "useful", "not_useful"]

STEPS_HELD: Final = 100  # per alert; what comes after goes to the audit trail alone

_ENDS: Final[dict[str, AlertStatus]] = {
    "acknowledge": "acknowledged",
    "escalate": "escalated",
    "close": "closed",
    "reopen": "firing",
}
_LABELS: Final[dict[str, Label]] = {"useful": "useful", "not_useful": "not_useful"}


class Verdict(StrEnum):
    """What came of a step."""

    DONE = "done"
    UNCHANGED = "unchanged"  # it was so already
    ILLEGAL = "illegal"  # no way leads there from where the alert stood
    BEYOND = "beyond"  # the alert has as many steps as are held


class Standing(NamedTuple):
    """An alert as it stands, and its steps in the order of their times, each with its verdict."""

    alert: Alert
    steps: list[ActionRow]


def own_step(alert: Alert, action: Literal["escalate", "close"], at_s: int, note: str) -> ActionRow:
    """A step that an alert takes by itself: no post did it."""
    identity = xxhash.xxh3_64_intdigest(f"{alert.id}|{action}|{at_s}".encode())
    return ActionRow(alert.county_code, alert.id, identity, action, "", at_s, note)


def standing(alert: Alert, steps: Iterable[ActionRow]) -> Standing:
    """How an alert stands after these steps, which are all it ever had.

    What the steps do not say (whether it is muted, its numbers) is left as it is. An alert
    that a post escalates or reopens is told, whatever had muted it.
    """
    status: AlertStatus = "firing"
    last: ActionRow | None = None
    assigned_to: str = ""
    label: Label = ""
    asked_for = False
    judged = []
    for step in sorted(steps, key=lambda step: (step.at_s, step.identity)):
        verdict = Verdict.DONE
        if step.action in _LABELS:
            label = _LABELS[step.action]
        elif step.action in WAYS:
            after = _after(status, step)
            if after is None:
                same = _ENDS.get(step.action) == status
                verdict = Verdict.UNCHANGED if same else Verdict.ILLEGAL
            else:
                status, last = after, step
                if step.action == "assign":
                    assigned_to = step.assigned_to
                asked_for |= bool(step.by) and step.action in ("escalate", "reopen")
        judged.append(replace(step, verdict=verdict))
    after_all = replace(
        alert,
        status=status,
        status_at=datetime.fromtimestamp(last.at_s, UTC) if last else None,
        by=last.by if last else "",
        note=last.note if last else "",
        assigned_to=assigned_to,
        label=label,
        notify=not alert.muted or asked_for,
    )
    return Standing(after_all, judged)


def _after(status: AlertStatus, step: ActionRow) -> AlertStatus | None:
    # By itself an alert escalates only while nobody took it up: an earlier step that comes
    # later undoes it.
    if step.action == "escalate" and not step.by and status != "firing":
        return None
    return WAYS[step.action].get(status)


def open_since_s(alert: Alert) -> int:
    """Since when it waits as it stands: for someone to take it up, or to end."""
    instants = (alert.raised_at, alert.status_at, alert.told_at)
    return max(int(instant.timestamp()) for instant in instants if instant)
