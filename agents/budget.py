"""How many dead letters are too many: then the fault is not in the events."""

from collections import deque
from typing import Final

from streams.errors import Fatal

WINDOW: Final = 1_000  # events


class DeadLetterBudget:
    """Watches the share of dead letters among the last WINDOW events or more.

    >>> budget = DeadLetterBudget(limit_pct=50)
    >>> budget.spend(accepted=400, dead=400)
    >>> budget.spend(accepted=0, dead=400)
    Traceback (most recent call last):
    streams.errors.Fatal: 66 % of the last 1200 events became dead letters, the limit is 50 %; \
see `huishang dead-letters list`, mend the publisher or raise HUISHANG_DEAD_LETTER_LIMIT_PCT
    """

    def __init__(self, limit_pct: int) -> None:
        self._limit_pct = limit_pct
        self._batches: deque[tuple[int, int]] = deque()
        self._events = 0
        self._dead = 0

    def spend(self, accepted: int, dead: int) -> None:
        """Enter one batch. Raises Fatal once the share is above the limit."""
        self._batches.append((accepted + dead, dead))
        self._events += accepted + dead
        self._dead += dead
        while self._events - self._batches[0][0] >= WINDOW:
            events, dead_then = self._batches.popleft()
            self._events -= events
            self._dead -= dead_then
        if self._events >= WINDOW and self._dead * 100 > self._events * self._limit_pct:
            raise Fatal(
                f"{self._dead * 100 // self._events} % of the last {self._events} events became "
                f"dead letters, the limit is {self._limit_pct} %; see `huishang dead-letters list`, "
                "mend the publisher or raise HUISHANG_DEAD_LETTER_LIMIT_PCT"
            )
