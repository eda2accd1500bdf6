"""What changed, for whoever listens: one feed for each scope of counties.

A feed numbers its events and remembers the latest, so that a listener who comes back with the
number it saw last gets what it missed; where that is no longer known it is told to start anew.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import secrets
from collections import deque
from typing import Any, Final, NamedTuple

import orjson

from sinks.board.view import Event, View, changes

REMEMBERED: Final = 2_000  # events of a feed
_WAITING: Final = 2_000  # events that a slow listener may lag behind


class Told(NamedTuple):
    """One event as it goes over the wire. number: 0 for those that are not remembered."""

    number: int
    name: str
    data: bytes


class Listener:
    """Someone who listens. closed: nothing more will come."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Told | None] = asyncio.Queue()
        self.closed = False

    def tell(self, told: Told) -> None:
        """Or, where it does not keep up, end: it comes back and is told what it missed."""
        if self._waiting.qsize() >= _WAITING:
            self.close()
        if not self.closed:
            self._waiting.put_nowait(told)

    def close(self) -> None:
        self.closed = True
        self._waiting.put_nowait(None)

    async def next(self, within_s: float) -> Told | None:
        """The next event; None after within_s without one, or at the end."""
        try:
            return await asyncio.wait_for(self._waiting.get(), within_s)
        except TimeoutError:
            return None


class Feed:
    """One scope: what it sees, and what was told of it."""

    def __init__(self, view: View, at: float) -> None:
        """at: of the loop's clock."""
        self.view = view
        self.used_at = at
        self.listeners: set[Listener] = set()
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._remembered: deque[Told] = deque(maxlen=REMEMBERED)

    @property
    def cursor(self) -> str:
        """Of everything that was told so far."""
        return self.cursor_of(self._number)

    def cursor_of(self, number: int) -> str:
        return f"{self._epoch}.{number}"

    def update(self, view: View) -> None:
        """Tell what is new."""
        for event in changes(self.view, view):
            self._number += 1
            told = Told(self._number, event[0], dumped(event))
            self._remembered.append(told)
            for listener in self.listeners:
                listener.tell(told)
        self.view = view

    def close(self) -> None:
        """End what is open."""
        for listener in self.listeners:
            listener.close()

    def since(self, cursor: str) -> list[Told] | None:
        """What was told after this cursor; None if that is not known any more."""
        epoch, _, number = cursor.partition(".")
        if epoch != self._epoch or not number.isascii() or not number.isdigit():
            return None
        seen = int(number)
        if not self._number - len(self._remembered) <= seen <= self._number:
            return None
        return [told for told in self._remembered if told.number > seen]

    def listen(self, cursor: str) -> Listener:
        """A listener who has seen what this cursor says ('': the board just now)."""
        listener = Listener()
        missed = self.since(cursor) if cursor else []
        # Not yet that of the end: what was missed is still on its way.
        known = cursor if missed else self.cursor
        listener.tell(Told(0, "hello", orjson.dumps({"cursor": known})))
        if missed is None:
            listener.tell(Told(0, "reset", orjson.dumps({"cursor": self.cursor})))
        for told in missed or ():
            listener.tell(told)
        self.listeners.add(listener)
        return listener


def dumped(event: Event) -> bytes:
    return dumps(event[1])


def dumps(value: Any) -> bytes:
    """JSON as the page gets it, times in UTC with a Z."""
    return orjson.dumps(
        value, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS | orjson.OPT_NON_STR_KEYS
    )
