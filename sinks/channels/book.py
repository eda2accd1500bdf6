"""What a channel has told, held back and given up: its rows of `notices`, and what they say next time.

Pure. The table is the memory: after a restart, or when another worker takes a channel
over, `Book` is made from its rows.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sinks.channels.messages import Key, Message
from sinks.rows import Row, milliseconds

KEPT: Final = timedelta(days=31)  # a day longer than a message may be late
OPENED: Final = Key("", "opened", 0)


class Told(StrEnum):
    """What became of a message.

    sent: in a message of its own, or with others of its group. suppressed: held back by the
    limit or quiet hours; summed: counted in a message that says how many were. refused:
    put aside, the service does not want it. opened: since when the channel is there.
    """

    SENT = "sent"
    SUPPRESSED = "suppressed"
    SUMMED = "summed"
    REFUSED = "refused"
    OPENED = "opened"


class Held(NamedTuple):
    """One that was held back: enough to count it, and to write its row again."""

    level: int
    rule: str
    kind: str
    county: str
    at: datetime
    why: str


class Book:
    """A channel's memory. `rows` are those not yet written."""

    def __init__(self, channel: str, now: datetime) -> None:
        self.channel = channel
        self.opened = now
        self.held: dict[Key, Held] = {}
        self.rows: list[Row] = []
        self._told: set[Key] = set()
        self._sent_at: list[datetime] = []
        self._version = 0

    @classmethod
    def of_rows(cls, channel: str, rows: Iterable[Mapping[str, Any]], now: datetime) -> "Book":
        """From rows of `notices` of this channel, FINAL; opens it if there are none that say so."""
        book = cls(channel, now)
        opened = None
        sent: dict[str, datetime] = {}
        for row in rows:
            key = Key(row["alert_id"], row["status"], int(row["since"].timestamp()))
            book._version = max(book._version, int(row["version"]))
            outcome = Told(row["outcome"])
            if outcome is Told.OPENED:
                opened = row["at"]
                continue
            book._told.add(key)
            if outcome is Told.SENT:
                sent[row["notice"]] = row["at"]
            elif outcome is Told.SUPPRESSED:
                book.held[key] = Held(
                    *(row["level"], row["rule"], row["kind"], row["county"]),
                    *(row["at"], row["reason"]),
                )
        book._sent_at = sorted(sent.values())
        if opened is None:
            book._row(OPENED, Held(0, "", "", "", now, ""), Told.OPENED, now)
        else:
            book.opened = opened
        return book

    def knows(self, key: Key) -> bool:
        """Whether it was told, held back or put aside."""
        return key in self._told

    def sent_since(self, start: datetime) -> int:
        """How many messages went out from then on."""
        while self._sent_at and self._sent_at[0] < start:
            self._sent_at.pop(0)
        return len(self._sent_at)

    def sent(self, messages: Iterable[Message], notice: str, tries: int, now: datetime) -> None:
        """One message with all of these in it was accepted. notice: its id."""
        self._sent_at.append(now)
        for message in messages:
            self._note(message, Told.SENT, now, notice=notice, tries=tries)

    def suppressed(self, message: Message, why: str, now: datetime) -> None:
        """It is held back, to be counted in the next summary. why: limit or quiet."""
        self.held[message.key] = _held(message, now, why)
        self._note(message, Told.SUPPRESSED, now, why=why)

    def refused(
        self, messages: Iterable[Message], why: str, notice: str, tries: int, now: datetime
    ) -> None:
        """The service does not want them."""
        for message in messages:
            self._note(message, Told.REFUSED, now, notice=notice, tries=tries, why=why)

    def summed(
        self, keys: Iterable[Key], outcome: Told, notice: str, now: datetime, why: str = ""
    ) -> None:
        """These that were held back are told of in a summary, or the summary was refused."""
        for key in keys:
            held = self.held.pop(key)
            self._row(key, held, outcome, now, notice=notice, why=why or held.why)

    def _note(
        self,
        message: Message,
        outcome: Told,
        now: datetime,
        *,
        notice: str = "",
        tries: int = 0,
        why: str = "",
    ) -> None:
        self._told.add(message.key)
        held = _held(message, now, why)
        self._row(message.key, held, outcome, now, notice=notice, tries=tries, why=why)

    def _row(
        self,
        key: Key,
        held: Held,
        outcome: Told,
        now: datetime,
        *,
        notice: str = "",
        tries: int = 0,
        why: str = "",
    ) -> None:
        # A clock that is set back must not make an older row stand.
        self._version = max(self._version + 1, milliseconds(now))
        self.rows.append(
            (
                *(self.channel, key.id, key.status, key.since_s),
                *(held.county, held.kind, held.rule, held.level),
                *(outcome.value, milliseconds(now), notice, tries, why, self._version),
            )
        )


def kept_since(now: datetime) -> datetime:
    """From when on rows have to be read."""
    return now.astimezone(UTC) - KEPT


def _held(message: Message, at: datetime, why: str) -> Held:
    rule = message.alert.rule if message.alert else ""
    return Held(message.level, rule, message.kind, message.county, at, why)
