"""What a channel says next: waiting messages, what is held back, what goes together, what is done.

Pure: records go in by partition and offset, notices come out one at a time, answers go in.
A notice stays the one to send until it is accepted or put aside, so messages keep their order.
"""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import xxhash

from sinks.channels.answers import Answer, Outcome
from sinks.channels.book import Book, Held, Told
from sinks.channels.config import Channel
from sinks.channels.messages import Key, Message, held_back_never, timely, wanted

AT_MOST: Final = 10  # messages in one notice: more would not fit, or not be read
FULL: Final = 1_000  # messages waiting, above which no more are read
TRIES_BEFORE_ASIDE: Final = 6  # of a message that the service does not want: about a minute
LONGEST_WAIT_S: Final = 300.0

Place = tuple[str, int]  # topic, partition


class Notice(NamedTuple):
    """What is sent as one: messages of one group, or a summary of those held back; neither: a test."""

    id: str
    messages: tuple[Message, ...] = ()
    summary: tuple[tuple[Key, Held], ...] = ()


class _Waiting(NamedTuple):
    place: Place
    offset: int
    message: Message


class Desk:
    """One channel's work. book: what it told before. jitter: gives 0 to 1, spreads the tries."""

    def __init__(
        self, channel: Channel, book: Book, zone: ZoneInfo, jitter: Callable[[], float] = random
    ) -> None:
        self.book = book
        self.tries = 0
        self._channel = channel
        self._zone = zone
        self._jitter = jitter
        self._waiting: deque[_Waiting] = deque()
        self._current: Notice | None = None
        self._in_hand: list[_Waiting] = []  # what the current notice carries
        self._unwanted = 0  # tries of the current notice that the service did not want
        self._open: dict[Place, dict[int, None]] = {}  # offsets read and not done
        self._next: dict[Place, int] = {}  # offset after the last one read

    @property
    def waiting(self) -> int:
        """Messages that are to be told and are not."""
        return len(self._waiting) + len(self._in_hand)

    @property
    def full(self) -> bool:
        return len(self._waiting) >= FULL

    def take(self, place: Place, offset: int, message: Message | None, now: datetime) -> bool:
        """A record was read; None: nothing to tell. Says whether it waits to be told."""
        self._next[place] = offset + 1
        if message is None or not wanted(self._channel, message):
            return False
        if not timely(message, self.book.opened, now) or self._known(message.key):
            return False
        self._open.setdefault(place, {})[offset] = None
        self._waiting.append(_Waiting(place, offset, message))
        return True

    def next(self, now: datetime) -> Notice | None:
        """What to send now: the one being tried, else what waits, else a summary that is due."""
        while self._current is None and self._waiting:
            first = self._waiting[0]
            if why := self._held_back(first.message, now):
                self._waiting.popleft()
                self.book.suppressed(first.message, why, now)
                self._done(first)
            else:
                self._current = self._together(first, now)
        if self._current is None:
            self._current = self._summary(now)
        return self._current

    def settle(self, answer: Answer, now: datetime) -> float:
        """The answer to the current notice; seconds to wait before the next thing is sent."""
        notice = self._current
        if notice is None:
            return 0.0
        self.tries += 1
        match answer.outcome:
            case Outcome.ACCEPTED:
                self._accepted(notice, now)
                return 0.0
            case Outcome.REFUSED:
                self._unwanted += 1
                if self._unwanted >= TRIES_BEFORE_ASIDE:
                    self._put_aside(notice, answer.said, now)
                    return 0.0
        wait_s = min(LONGEST_WAIT_S, 2.0 ** min(self.tries - 1, 16))
        return max(wait_s * (0.5 + self._jitter() / 2), answer.retry_after_s)

    def is_aside(self, answer: Answer) -> bool:
        """Whether this answer to the current notice puts it aside."""
        return answer.outcome is Outcome.REFUSED and self._unwanted + 1 >= TRIES_BEFORE_ASIDE

    def offsets(self) -> dict[Place, int]:
        """Per partition, up to where everything is done."""
        return {
            place: min(self._open.get(place) or (after,)) for place, after in self._next.items()
        }

    def _known(self, key: Key) -> bool:
        waiting = (*self._in_hand, *self._waiting)
        return self.book.knows(key) or any(one.message.key == key for one in waiting)

    def _held_back(self, message: Message, now: datetime) -> str:
        if held_back_never(message):
            return ""
        quiet = self._channel.quiet
        if quiet and quiet.covers(now.astimezone(self._zone), message.level):
            return "quiet"
        limit = self._channel.limit
        sent = self.book.sent_since(now - timedelta(minutes=limit.minutes))
        return "limit" if sent >= limit.messages else ""

    def _together(self, first: _Waiting, now: datetime) -> Notice:
        """The first message with what waits of its group and is told alike."""
        taken = [
            one
            for one in self._waiting
            if one.message.group == first.message.group
            and one.message.key.status == first.message.key.status
            and not self._held_back(one.message, now)
        ][:AT_MOST]
        self._in_hand = taken
        kept = {id(one) for one in taken}
        self._waiting = deque(one for one in self._waiting if id(one) not in kept)
        messages = tuple(one.message for one in taken)
        return Notice(_id(self._channel.name, [message.key for message in messages]), messages)

    def _summary(self, now: datetime) -> Notice | None:
        """Of what was held back, an interval after the first; at night of what is told then."""
        held = self.book.held
        if not held:
            return None
        quiet, local = self._channel.quiet, now.astimezone(self._zone)
        due = tuple(
            (key, one)
            for key, one in held.items()
            if not (quiet and quiet.covers(local, one.level))
        )
        interval = timedelta(minutes=self._channel.limit.minutes)
        if not due or now < min(one.at for _, one in due) + interval:
            return None
        return Notice(_id(self._channel.name, [key for key, _ in due]), summary=due)

    def _accepted(self, notice: Notice, now: datetime) -> None:
        if notice.summary:
            self.book.summed([key for key, _ in notice.summary], Told.SUMMED, notice.id, now)
        else:
            self.book.sent(notice.messages, notice.id, self.tries, now)
        self._finished()

    def _put_aside(self, notice: Notice, why: str, now: datetime) -> None:
        if notice.summary:
            keys = [key for key, _ in notice.summary]
            self.book.summed(keys, Told.REFUSED, notice.id, now, why)
        else:
            self.book.refused(notice.messages, why, notice.id, self.tries, now)
        self._finished()

    def _finished(self) -> None:
        for one in self._in_hand:
            self._done(one)
        self._in_hand = []
        self._current = None
        self.tries = self._unwanted = 0

    def _done(self, one: _Waiting) -> None:
        self._open[one.place].pop(one.offset, None)


def _id(channel: str, keys: Iterable[Key]) -> str:
    text = "|".join([channel, *(f"{key.id} {key.status} {key.since_s}" for key in keys)])
    return xxhash.xxh3_64_hexdigest(text.encode())
