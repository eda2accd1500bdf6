"""How often a session may ask, act and sign in: buckets of tokens that fill up again."""

from typing import Final, NamedTuple

_HELD: Final = 10_000  # sessions that are remembered


class Limit(NamedTuple):
    """burst: at once. per_s: and so many a second from then on."""

    burst: float
    per_s: float


READ: Final = Limit(120, 20)
ACT: Final = Limit(30, 1)
SIGN_IN: Final = Limit(5, 1 / 12)


class Limits:
    """The buckets of one kind. Times are seconds of any clock that does not go back."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._buckets: dict[str, tuple[float, float]] = {}  # who → left, as of when

    def wait_s(self, who: str, now_s: float) -> float:
        """0 and one is taken; or how long until there is one.

        >>> limits = Limits(Limit(2, 0.5))
        >>> [limits.wait_s("a", at) for at in (0, 0, 0, 1, 2)]
        [0, 0, 2.0, 1.0, 0]
        >>> limits.wait_s("b", 2)
        0
        """
        left, since_s = self._buckets.pop(who, (self._limit.burst, now_s))
        left = min(self._limit.burst, left + (now_s - since_s) * self._limit.per_s)
        taken = left >= 1
        self._buckets[who] = (left - taken, now_s)
        if len(self._buckets) > _HELD:  # the one that asked longest ago
            del self._buckets[next(iter(self._buckets))]
        return 0 if taken else (1 - left) / self._limit.per_s
