"""A state as changes that make it from nothing, so that recovery is `State.apply` and nothing else."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from agents import change as changes
from agents.change import Change
from agents.counts import HOURS_PER_DAY
from agents.state import State
from streams.totals import CountRow, DeclaredRow, LedgerRow, PresenceRow

_ROWS: Final = 8_000  # some 400 KB: a broker's limit of 1 MB is far
_BULKY_ROWS: Final = 500  # alerts, with their texts
_CASES: Final = 500  # with all their steps, 4 KB at most
_SERIES: Final = 80  # of some 9 KB
_IDS_BYTES: Final = 800_000
_ID_BYTES: Final = 8
_PAST: Final = 1  # a piece: counted for its day, and no live total


def parts_of(state: State) -> Iterator[bytes]:
    """Everything but identities, as encoded changes to apply in order, one after the other.

    The state must not change between two of them.
    """
    yield from pieces_of(state)
    # The clock last: until it is set nothing is forgotten.
    yield changes.encode(clock_of(state))


def clock_of(state: State) -> Change:
    """How far the state is: the part that is of no county."""
    return Change(
        at_ms=state.at_ms,
        marks=list(state.marks.items()),
        read=[(*origin, offset) for origin, offset in state.read.items()],
    )


def pieces_of(state: State) -> Iterator[bytes]:
    """All parts but the clock, every row of them of one county."""
    live = (state.counts.total(key) for key in state.counts.live)
    yield from _cut("counts", live)
    yield from _cut("counts", _days_beyond(state))
    yield from _cut("ledger", (LedgerRow(*key, *sums) for key, sums in state.ledger.items()))
    yield from _cut("presence", (PresenceRow(*key, *n) for key, n in state.presence.items()))
    yield from _cut("declared", (DeclaredRow(*by, n) for by, n in state.declared.items()))
    yield from _cut("cases", state.cases.held.values(), _CASES)
    yield from _cut("case_days", state.cases.rows())
    for matters in state.incidents.parts():
        yield changes.encode(Change(0, matters=matters))
    yield from _cut("issued", state.issues.rows(), _BULKY_ROWS)
    yield from _cut("series", state.baselines.rows(), _SERIES)
    lives = state.lives
    yield from _cut("alerts", lives.alerts.values(), _BULKY_ROWS)
    steps = (step for of_alert in lives.steps.values() for step in of_alert.values())
    yield from _cut("actions", steps, _BULKY_ROWS)
    yield from _cut("silences", lives.silences.values(), _BULKY_ROWS)


def _days_beyond(state: State) -> Iterator[CountRow]:
    """What the counts per day hold beyond the live totals, as rows of the past."""
    live: dict[tuple[str, str, int], int] = {}
    for (county, category, _, hour), measures in state.counts.live.items():
        key = (county, category, hour // HOURS_PER_DAY)
        live[key] = live.get(key, 0) + measures[0]
    for county, category, day, n in state.counts.days():
        beyond = n - live.get((county, category, day), 0)
        if beyond:
            yield CountRow(county, category, "", day * HOURS_PER_DAY, _PAST, beyond)


def _cut(field: str, rows: Iterable[Any], at: int = _ROWS) -> Iterator[bytes]:
    part: list[Any] = []
    for row in rows:
        part.append(row)
        if len(part) == at:
            yield changes.encode(replace(Change(0), **{field: part}))
            part = []
    if part:
        yield changes.encode(replace(Change(0), **{field: part}))


class Fresh:
    """Identities that no snapshot holds yet.

    >>> fresh = Fresh()
    >>> fresh.note([(10, b"........"), (11, b"~~~~~~~~")])
    >>> [until for until, _ in fresh.chunks()]
    [11]
    """

    def __init__(self) -> None:
        self._hours: dict[int, list[bytes]] = {}

    def note(self, identities: Iterable[tuple[int, bytes]]) -> None:
        """As Change.identities has them."""
        for hour, ids in identities:
            self._hours.setdefault(hour, []).append(ids)

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """See chunks_of."""
        return chunks_of((hour, b"".join(self._hours[hour])) for hour in sorted(self._hours))

    def __len__(self) -> int:
        """Identities."""
        return sum(len(ids) for hour in self._hours.values() for ids in hour) // _ID_BYTES

    def forget(self, before_hour: int) -> None:
        """Drop what arrived in earlier hours."""
        for hour in [hour for hour in self._hours if hour < before_hour]:
            del self._hours[hour]

    def clear(self) -> None:
        self._hours.clear()


def chunks_of(identities: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """(last hour in it, encoded change) of bounded size, of identities hour after hour."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for hour, of_hour in identities:
        ids = of_hour
        while ids:
            taken, ids = ids[: _IDS_BYTES - size], ids[_IDS_BYTES - size :]
            chunk.append((hour, taken))
            size += len(taken)
            if size >= _IDS_BYTES:
                yield hour, changes.encode(Change(0, identities=chunk))
                chunk, size = [], 0
    if chunk:
        yield chunk[-1][0], changes.encode(Change(0, identities=chunk))
