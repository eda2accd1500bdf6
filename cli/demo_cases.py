"""Cases of the demo's day: many that are in time, and one that is overdue."""

import random
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

# Each in several versions, sent out of order.
STEPS: Final = ("registered", "accepted", "dispatched", "in_mediation", "resolved", "verified")
_OWNER: Final = "综治中心"
_OPEN_DAYS: Final = 30  # none of them is old enough for 80 % of it


class Update(NamedTuple):
    """One update: when, and the fields of its contract that are its own."""

    at: datetime
    data: dict[str, Any]


def in_time(dice: random.Random, end: datetime, case_id: str, most: int) -> list[Update]:
    """A case of at most so many updates, an hour to a day apart, all of them before `end`."""
    steps = STEPS[: min(most, dice.randint(1, len(STEPS)))]
    at = end - timedelta(hours=dice.randint(len(steps) * 20, 480))
    due = at + timedelta(days=_OPEN_DAYS)
    updates = []
    for version, status in enumerate(steps, 1):
        at += timedelta(hours=dice.randint(1, 19))
        updates.append(_update(at, case_id, version, status, dice.randint(1, 4), due))
    return updates


def overdue(end: datetime, case_id: str) -> list[Update]:
    """A case whose 48 hours were over six hours before `end`: at 80 and 100 percent by then."""
    found, due = end - timedelta(hours=54), end - timedelta(hours=6)
    return [
        _update(found, case_id, 1, "registered", 1, due),
        _update(found + timedelta(hours=2), case_id, 2, "accepted", 1, due),
    ]


def _update(
    at: datetime, case_id: str, version: int, status: str, level: int, due: datetime
) -> Update:
    return Update(
        at,
        {
            "case_id": case_id,
            "version": version,
            "status": status,
            "level": level,
            "owner_org": _OWNER,
            "deadline_at": due.isoformat(),
        },
    )
