"""Tally's state out of its journals, and into those of another number of partitions.

Pure but for the file it is read from. A county's partition is murmur2(county) modulo
their number, so the counties of partition q of n were, with m of them, on partitions
that are q modulo gcd(m, n): of 24 and 48 that is one, of 24 and 25 all of them.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from math import gcd
from operator import itemgetter
from typing import Final, NamedTuple

from agents import change as changes
from agents.change import Change
from agents.share import Share
from agents.snapshot import Fresh, chunks_of, clock_of, pieces_of
from agents.state import State
from streams.errors import Fatal
from streams.journal import Position, Recovered
from streams.savepoint import Savepoint, Standing
from streams.topics import partition_of

# Claims, and so epochs, that may have come after a savepoint and be lost: what is
# counted on from it must have higher versions than all that was sent in them.
EPOCHS_AHEAD: Final = 1 << 14


class Saved(NamedTuple):
    """One partition, for a savepoint."""

    standing: Standing
    ids: Iterator[bytes]
    pieces: Iterator[bytes]


def saved(partition: int, position: Position, recovered: Recovered, state: State) -> Saved:
    """What a journal gave back, folded. state: an empty one, which takes all but the identities."""
    fresh = Fresh()
    for body in (*recovered.chunks, *recovered.parts, *recovered.entries):
        change = changes.decode(body)
        fresh.note(change.identities)
        change.identities = []
        state.apply(change)
    fresh.forget(state.oldest_identity_hour)
    day = state.baselines.day
    standing = Standing(
        partition,
        position.epoch,
        position.log,
        position.applied,
        position.mark,
        len(fresh),
        -1 if day is None else day,
        changes.encode(clock_of(state)),
    )
    return Saved(standing, (body for _, body in fresh.chunks()), pieces_of(state))


class Moving:
    """A savepoint on its way to so many partitions.

    An identity does not say its county: it goes to every partition that its county may be
    on. That takes memory until it is forgotten, and changes nothing else, for an identity
    is one event's wherever it is.
    """

    def __init__(
        self,
        savepoint: Savepoint,
        partitions: int,
        empty: Callable[[], State],
        *,
        inputs: Mapping[tuple[str, int], int],
        new_log: bool = False,
    ) -> None:
        """empty: makes a state. inputs: where each (stream, partition) ends now; one that ends before
        what was read of it was made anew. new_log: offsets of `reports` start again at 0.
        """
        self._savepoint = savepoint
        self._partitions = partitions
        self._empty = empty
        self._inputs = inputs
        self._new_log = new_log
        self._learnt = max((one.learnt for one in savepoint.standings), default=-1)

    @property
    def _same_number(self) -> bool:
        return self._partitions == self._savepoint.partitions

    def stand(self, partition: int, position: Position, epoch: int) -> None:
        """Set a position as the partition is to stand. epoch: the highest that its journal knows.

        Rows of history are named by log and offset (agents/decide.py), for which counties
        must not come to offsets that were another one's: so that is a log of its own too.
        """
        standings = self._savepoint.standings
        position.epoch = max(epoch, *(one.epoch for one in standings)) + EPOCHS_AHEAD
        position.log = max(one.log for one in standings) + 1
        if partition < len(standings) and not self._new_log:
            one = standings[partition]
            position.applied, position.mark = one.applied, one.mark
            if self._same_number:
                position.log = one.log

    def ids(self, partition: int) -> Iterator[tuple[int, bytes]]:
        """(last hour in it, encoded change) of all identities, hour after hour."""
        hours = [self._hours(one) for one in self._sources(partition)]
        return chunks_of(heapq.merge(*hours, key=itemgetter(0)))

    def parts(self, partition: int) -> Iterator[bytes]:
        """All else as changes to apply in order."""
        for one in self._sources(partition):
            share = Share(self._has(one, partition))
            for body in self._pieces(one):
                if self._same_number:
                    yield body
                elif (piece := share.of(changes.decode(body))) is not None:
                    yield changes.encode(piece)
        clock = self._clock(partition)
        clock.read = [one for one in clock.read if one[2] < self._inputs.get(one[:2], 0)]
        yield changes.encode(clock)

    def _sources(self, partition: int) -> list[Standing]:
        standings = self._savepoint.standings
        step = gcd(len(standings), self._partitions)
        return [one for one in standings if one.partition % step == partition % step]

    def _hours(self, one: Standing) -> Iterator[tuple[int, bytes]]:
        for body in self._savepoint.ids(one.partition):
            yield from changes.decode(body).identities

    def _has(self, one: Standing, partition: int) -> Callable[[str], bool]:
        """Whether a county of that partition is one of this partition now."""
        before, after = self._savepoint.partitions, self._partitions

        @cache
        def has(county: str) -> bool:
            if partition_of(county, before) != one.partition:
                raise Fatal(
                    f"county {county} is in the state of partition {one.partition}, but belongs to "
                    f"{partition_of(county, before)} of {before}: its counts are not whole in either"
                )
            return partition_of(county, after) == partition

        return has

    def _pieces(self, one: Standing) -> Iterable[bytes]:
        """Baselines of one partition learn on the same day: those that are behind learn first."""
        pieces = self._savepoint.pieces(one.partition)
        if self._same_number or one.learnt == self._learnt:
            return pieces
        state = self._empty()
        for body in (*pieces, one.clock):
            state.apply(changes.decode(body))
        state.apply(Change(0, learnt_until=self._learnt))
        return pieces_of(state)

    def _clock(self, partition: int) -> Change:
        """As late as the latest. Points of the daily cycle are done when they are for all."""
        if self._same_number:
            return changes.decode(self._savepoint.standings[partition].clock)
        clocks = [changes.decode(one.clock) for one in self._savepoint.standings]
        marks: dict[str, int] = {}
        read: dict[tuple[str, int], int] = {}
        for clock in clocks:
            for kind, day in clock.marks:
                marks[kind] = min(day, marks.get(kind, day))
            for stream, number, offset in clock.read:
                read[stream, number] = max(offset, read.get((stream, number), offset))
        return Change(
            max(clock.at_ms for clock in clocks),
            marks=list(marks.items()),
            read=[(*origin, offset) for origin, offset in read.items()],
        )
