"""Which actions can follow on which status of an alert: the ways of its life, docs/alerts.md."""

from collections.abc import Mapping
from typing import Final

from streams.answers import AlertStatus
from streams.contracts import WHOLE

# action → status before → status after
WAYS: Final[Mapping[str, Mapping[AlertStatus, AlertStatus]]] = {
    "acknowledge": {"firing": "acknowledged", "escalated": "acknowledged"},
    "assign": {
        "firing": "assigned",
        "acknowledged": "assigned",
        "escalated": "assigned",
        "assigned": "assigned",
    },
    "escalate": {"firing": "escalated", "acknowledged": "escalated", "assigned": "escalated"},
    "close": {
        "firing": "closed",
        "acknowledged": "closed",
        "assigned": "closed",
        "escalated": "closed",
    },
    "reopen": {"closed": "firing"},
}
SILENCE_DAYS: Final = 31  # the longest one
ANYTIME: Final = ("silence", "useful", "not_useful")


def legal_actions(status: AlertStatus, county: str) -> list[str]:
    """What a post may do with an alert as it stands; nothing where it belongs to no county.

    >>> legal_actions("closed", "620702")
    ['reopen', 'silence', 'useful', 'not_useful']
    >>> legal_actions("firing", "000000")
    []
    """
    if county == WHOLE:
        return []
    return [*(action for action, ways in WAYS.items() if status in ways), *ANYTIME]
