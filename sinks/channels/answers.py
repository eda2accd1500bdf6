"""What a service said to a message: taken, later, not this message, or not at this address.

The chat services answer HTTP 200 to whatever they read; whether they took it stands in
the body, which Apprise 2.2 does not look at.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

DEADLINE_S: Final = 30.0  # for one message, whatever the service does
LONGEST_WAIT_S: Final = 3_600.0
_SAID_LIMIT: Final = 200  # characters of what a service said


class Outcome(StrEnum):
    """What becomes of a message.

    LATER: the service is away or busy: the same again after a wait, however often.
    MISPLACED: nothing is wrong with the message, but the address, key or permission is
    not right: as LATER, and somebody has to mend the channel.
    REFUSED: the service does not want this message: after some tries it is put aside.
    """

    ACCEPTED = "accepted"
    LATER = "later"
    MISPLACED = "misplaced"
    REFUSED = "refused"


class Answer(NamedTuple):
    """retry_after_s: as the service asks; 0 if it does not. said: for people, without secrets."""

    outcome: Outcome
    said: str = ""
    retry_after_s: float = 0.0


ACCEPTED: Final = Answer(Outcome.ACCEPTED)

# Of the address: to log in, to pay, to have permission, to be there, to go elsewhere.
_MISPLACED_STATUS: Final = frozenset({401, 402, 403, 404, 405, 407, 410, 421, 451, 511})
_LATER_STATUS: Final = frozenset({408, 423, 425, 429})
# SMTP: must log in, or may not send from here (RFC 4954, RFC 3463 classes 5.7).
_MISPLACED_SMTP: Final = frozenset({530, 534, 535, 538})


class Codes(NamedTuple):
    """Answer codes of a chat service: the field they stand in, busy ones, those of the address."""

    field: str
    said: str
    busy: frozenset[int]
    misplaced: frozenset[int]


WECOM: Final = Codes(
    "errcode", "errmsg", frozenset({-1, 45009, 45033}), frozenset({93000, 93004, 60020})
)
DINGTALK: Final = Codes(
    "errcode",
    "errmsg",
    frozenset({-1, 90018, 90030, 130101, 410100}),
    frozenset({88, 300001, 310000, 400013, 400101, 400102, 400106}),
)
FEISHU: Final = Codes(
    "code", "msg", frozenset({11232, 99991400}), frozenset({19001, 19021, 19022, 19024})
)


def of_status(status: int, retry_after: str | None) -> Answer:
    """What an HTTP status means. retry_after: the header.

    >>> [of_status(status, None).outcome.value for status in (204, 302, 400, 404, 429, 502)]
    ['accepted', 'misplaced', 'refused', 'misplaced', 'later', 'later']
    >>> of_status(429, "30").retry_after_s
    30.0
    """
    if 200 <= status < 300:
        return ACCEPTED
    said = f"HTTP {status}"
    if status in _MISPLACED_STATUS or 300 <= status < 400:
        return Answer(Outcome.MISPLACED, said)
    if status in _LATER_STATUS or status >= 500 or status < 200:
        return Answer(Outcome.LATER, said, _seconds(retry_after))
    return Answer(Outcome.REFUSED, said)


def of_code(codes: Codes, body: Any) -> Answer:
    """What a chat service says in the JSON of an HTTP 200.

    A body that is not its own, such as a proxy's page, is no acceptance.

    >>> of_code(WECOM, {"errcode": 0, "errmsg": "ok"}).outcome.value
    'accepted'
    >>> of_code(WECOM, {"errcode": 45009, "errmsg": "api freq out of limit"}).outcome.value
    'later'
    >>> of_code(FEISHU, "<html>").outcome.value
    'misplaced'
    """
    # Feishu says StatusCode and code, older ones of them StatusCode alone.
    code = body.get(codes.field, body.get("StatusCode")) if isinstance(body, Mapping) else None
    if not isinstance(code, int):
        return Answer(Outcome.MISPLACED, f"an answer without {codes.field}")
    if code == 0:
        return ACCEPTED
    said = f"{codes.field} {code} {body.get(codes.said, '')}".strip()[:_SAID_LIMIT]
    if code in codes.busy:
        return Answer(Outcome.LATER, said)
    return Answer(Outcome.MISPLACED if code in codes.misplaced else Outcome.REFUSED, said)


def of_log(lines: Iterable[str]) -> Answer:
    """What Apprise's log of a failed message tells: an HTTP status, an SMTP code, or neither.

    >>> of_log(["Failed to send JSON POST notification: error=413."]).outcome.value
    'refused'
    >>> of_log(["Socket Exception: {'a@b.cn': (550, b'no such user')}"]).said
    'SMTP 550'
    >>> of_log(["A Connection error occurred."]).outcome.value
    'later'
    """
    text = "\n".join(lines)
    if found := re.search(r"error=(\d{3})\b", text):
        status = int(found[1])
        if status >= 400:
            return of_status(status, None)
    if found := re.search(r"\(([45]\d\d), b['\"]", text):
        code = int(found[1])
        if code in _MISPLACED_SMTP:
            return Answer(Outcome.MISPLACED, f"SMTP {code}")
        return Answer(Outcome.REFUSED if code >= 500 else Outcome.LATER, f"SMTP {code}")
    return Answer(Outcome.LATER, "no connection, or no answer")


def _seconds(retry_after: str | None) -> float:
    """Of a Retry-After header; a date in it, which no chat service sends, says nothing."""
    if not retry_after or not retry_after.strip().isdecimal():
        return 0.0
    return min(float(retry_after), LONGEST_WAIT_S)
