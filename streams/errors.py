"""The one error tree.

HuishangError
├── InvalidEvent   an event breaks its contract       → dead letter, go on
├── Retryable      a service is away or busy          → wait, try again
│   └── SinkBusy   the store asks to be left alone
└── Fatal          going on would be wrong            → stop, exit non-zero
    ├── AccessRefused    password, certificate or permission → one sentence, exit 77
    └── UserError  a command was given something wrong → one sentence, exit 2
        └── SettingsError  a setting cannot be used    → one sentence, exit 78

Every message says what was got, what was expected, and what to do.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why an event became a dead letter."""

    MALFORMED = "malformed"
    IDENTITY_FIELD = "identity_field"
    UNKNOWN_COUNTY = "unknown_county"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    UNKNOWN_INCIDENT = "unknown_incident"  # a correction names what is not held (any more)
    UNKNOWN_ALERT = "unknown_alert"  # an action names what the county has not, or no more
    POISON = "poison"  # nothing is known to be wrong with it, but it kills the stage


class HuishangError(Exception):
    """Root of everything this project raises on purpose."""


class InvalidEvent(HuishangError):
    """An event that cannot be accepted.

    reason: the dead letter's reason.
    path: JSON path of the offending part, `$` for the whole event.
    expected: what the contract asks for there. Never holds a value of the event.
    """

    def __init__(self, reason: Reason, path: str, expected: str) -> None:
        super().__init__(f"{reason} at {path}: expected {expected}")
        self.reason = reason
        self.path = path
        self.expected = expected


class Retryable(HuishangError):
    """A service is away or busy; the same work is tried again after a wait."""


class SinkBusy(Retryable):
    """The store asks to be left alone.

    retry_after_s: seconds before the same rows are offered again.
    """

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Fatal(HuishangError):
    """Going on would lose or double something; the process stops and says why."""


class AccessRefused(Fatal):
    """A service does not let us in, or not do what is needed: for a person to mend."""


class UserError(Fatal):
    """A command was given something it cannot use."""


class SettingsError(UserError):
    """A setting cannot be used."""
