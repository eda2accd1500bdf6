"""Identities already seen, kept with their hour of arrival, forgotten past the horizon."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint64]

_SLOTS: Final = 8  # per bucket: one cache line
_FIRST_BUCKETS: Final = 128
_MAX_LOAD: Final = 0.8
_SPARE_LOAD: Final = 0.68  # of a new table: 10 bytes a slot are 12.5 to 14.7 bytes an identity
_SMALL: Final = 1 << 19  # identities, some 10 MB: below, time matters more than bytes
_AT_ONCE: Final = 4_096  # identities put in per step; the step's arrays stay in the cache
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)
_ONE: Final = np.uint64(1)
_FREE: Final = np.uint64(0)
_HOURS: Final = 1 << 16  # that a slot can tell apart


class SeenIds:
    """xxh3-64 of (source, id), each with its hour of arrival: 10 bytes a slot.

    Buckets of eight slots; an identity is in one of two, put into the emptier
    ("the power of two choices", Mitzenmacher 2001), so that a table can be 80 %
    full while a look-up reads two cache lines, and forgetting empties slots
    where they are. One in some thousands finds both full and is kept aside.

    Two identities collide with probability n**2 / 2**65: 1e-5 at 20 million held.

    >>> seen = SeenIds()
    >>> seen.add(hour=10, ids=np.array([1, 2], np.uint64))
    >>> seen.holds(np.array([2, 3], np.uint64)).tolist(), len(seen)
    ([True, False], 2)
    >>> seen.forget(before_hour=11)
    >>> seen.holds(np.array([2, 3], np.uint64)).any()
    np.False_
    """

    def __init__(self) -> None:
        self._aside: dict[int, int] = {}
        self._by_hour: Counter[int] = Counter()
        self._latest_hour = 0
        self._new_table(_FIRST_BUCKETS)

    def _new_table(self, buckets: int) -> None:
        # Buckets are numbered by 32 bits: the most that 64 bits of identity give twice.
        self._buckets = np.uint64(buckets)
        self._ids: Ids = np.zeros((buckets, _SLOTS), np.uint64)
        self._hours: NDArray[np.uint16] = np.zeros(buckets * _SLOTS, np.uint16)

    def __len__(self) -> int:
        return self._by_hour.total()

    @property
    def hours(self) -> int:
        """How many hours of arrival are held."""
        return len(self._by_hour)

    @property
    def size_bytes(self) -> int:
        """Memory of the table."""
        return self._ids.nbytes + self._hours.nbytes

    def holds(self, identities: Ids) -> NDArray[np.bool_]:
        """For each of these identities whether it is held."""
        found = np.zeros(len(identities), np.bool_)
        for start in range(0, len(identities), _AT_ONCE):
            part = identities[start : start + _AT_ONCE]
            first, second = self._two_buckets(part)
            wanted = part[:, None]
            hits = _mask(self._ids.take(first, 0) == wanted)
            hits |= _mask(self._ids.take(second, 0) == wanted)
            found[start : start + _AT_ONCE] = (hits != 0) & (part != _FREE)
        if self._aside:
            aside = map(self._aside.__contains__, identities.tolist())
            found |= np.fromiter(aside, np.bool_, len(identities))
        return found

    def has_room(self, more: int) -> bool:
        """Whether so many more identities can be added without a larger table."""
        return len(self) + more <= self._ids.size * _MAX_LOAD

    def reserve(self, more: int) -> None:
        """Make room for so many more identities at once, and some to spare.

        Takes some 0.2 s per million held. Nothing else may use the table meanwhile.
        """
        if not self.has_room(more):
            needed = len(self) + more
            load = _SPARE_LOAD if needed > _SMALL else _MAX_LOAD / 2
            self._rebuild(int(needed / load / _SLOTS) + 1)

    def add(self, hour: int, ids: Ids) -> None:
        """hour: hours since 1970 UTC, none before the latest. ids: identities, none of them held."""
        if hour - self._latest_hour >= _HOURS:
            self.forget(hour)
        self._latest_hour = max(self._latest_hour, hour)
        if not len(ids):
            return
        self.reserve(len(ids))
        self._by_hour[hour] += len(ids)
        if not ids.all():  # the identity 0 looks like a free slot
            self._aside[0] = hour
            ids = ids[ids != _FREE]
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            self._put(part, np.full(len(part), hour % _HOURS, np.uint16))

    def forget(self, before_hour: int) -> None:
        """Drop what arrived in earlier hours."""
        gone = [hour for hour in self._by_hour if hour < before_hour]
        if not gone:
            return
        for hour in gone:
            del self._by_hour[hour]
        # Ages, not hours, so that the 16 bits may wrap.
        oldest_kept = self._latest_hour - before_hour
        latest = np.uint16(self._latest_hour % _HOURS)
        for start in range(0, len(self._ids), _AT_ONCE):
            ids = self._ids[start : start + _AT_ONCE].reshape(-1)
            hours = self._hours[start * _SLOTS :][: len(ids)]
            ids[(latest - hours).astype(np.int64) > oldest_kept] = 0
        self._aside = {one: hour for one, hour in self._aside.items() if hour >= before_hour}

    def _two_buckets(self, ids: Ids) -> tuple[Ids, Ids]:
        high = ((ids >> _HALF) * self._buckets) >> _HALF
        low = ((ids & _LOW) * self._buckets) >> _HALF
        return high, low

    def _put(self, ids: Ids, hours: NDArray[np.uint16]) -> None:
        slots = self._ids.reshape(-1)
        while len(ids):
            first, second = self._two_buckets(ids)
            free = _mask(self._ids.take(first, 0) == _FREE)
            free_second = _mask(self._ids.take(second, 0) == _FREE)
            other = np.bitwise_count(free_second) > np.bitwise_count(free)
            bucket = np.where(other, second, first)
            free = np.where(other, free_second, free)
            if not free.all():
                full = free == _FREE
                self._put_aside(ids[full], hours[full])
                ids, hours, bucket, free = (each[~full] for each in (ids, hours, bucket, free))
            # Each byte of `free` is a slot; trailing zero bits / 8 number the first free one.
            slot = bucket * np.uint64(_SLOTS) + (
                np.bitwise_count((free & (~free + _ONE)) - _ONE) >> np.uint8(3)
            )
            slots[slot] = ids
            # Of several that chose the same slot the last one has it.
            lost = slots.take(slot) != ids
            self._hours[slot[~lost]] = hours[~lost]
            ids, hours = ids[lost], hours[lost]

    def _put_aside(self, ids: Ids, hours: NDArray[np.uint16]) -> None:
        ages = (np.uint16(self._latest_hour % _HOURS) - hours).tolist()
        for identity, age in zip(ids.tolist(), ages, strict=True):
            self._aside[identity] = self._latest_hour - age

    def _rebuild(self, buckets: int) -> None:
        ids, hours = self._ids.reshape(-1), self._hours
        aside, self._aside = self._aside, {}
        self._new_table(buckets)
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            held = part != _FREE
            self._put(part[held], hours[start : start + _AT_ONCE][held])
        if 0 in aside:
            self._aside[0] = aside.pop(0)
        if aside:
            told = np.array(list(aside.values()), np.int64) % _HOURS
            self._put(np.array(list(aside), np.uint64), told.astype(np.uint16))


def _mask(equal: NDArray[np.bool_]) -> Ids:
    """Rows of eight truth values as one integer each, a byte a value."""
    return equal.view(np.uint64).ravel()
