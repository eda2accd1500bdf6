"""Watches the digests of counties, and issues those of their cities when they have settled.

Counties are spread over partitions, so no stage but the store has all of a city's. What is
issued goes to the topic `digests`, and comes back as any other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sinks.rollup import city_of, is_city, rolled_up
from sinks.store import Store
from streams.answers import Digest
from streams.clock import Clock
from streams.errors import SinkBusy

# Counties' reports come within seconds of one another.
_SETTLED_S: Final = 3.0
_EVERY_S: Final = 1.0
_LOOK_BACK: Final = timedelta(days=8)  # as far as reports are issued anew
log = logging.getLogger(__name__)

_LATEST: Final = """
SELECT id, kind, county, window_start, window_end, issued_at, figures, edition
FROM digests FINAL
WHERE kind = {kind:String} AND window_end = {window_end:DateTime} AND startsWith(county, {city:String})
ORDER BY county, edition DESC LIMIT 1 BY county
"""
_RECENT: Final = """
SELECT DISTINCT kind, county, window_end FROM digests FINAL WHERE issued_at >= {since:DateTime}
"""


class Due(NamedTuple):
    """A city's digest. window_end: seconds since 1970."""

    city: str
    kind: str
    window_end: int


class Cities:
    """What is to be put together, and when."""

    def __init__(
        self,
        store: Store,
        send: Callable[[Digest], Awaitable[None]],
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._store = store
        self._send = send
        self._clock = clock
        self._zone = zone
        self._touched: dict[Due, float] = {}

    def note(self, digests: Iterable[tuple[str, str, int]]) -> None:
        """(kind, county, end of the window in seconds since 1970) of digests now in the store."""
        now = asyncio.get_running_loop().time()
        for kind, county, window_end in digests:
            if not is_city(county):
                self._touched[Due(city_of(county), kind, window_end)] = now

    async def watch(self) -> None:
        """Loop: issue what has settled. After a start, whatever may have been left undone."""
        await self._patiently(self._recent)
        while True:
            await asyncio.sleep(_EVERY_S)
            now = asyncio.get_running_loop().time()
            for due in [due for due, at in self._touched.items() if now - at >= _SETTLED_S]:
                touched = self._touched[due]
                await self._patiently(partial(self._issue, due))
                if self._touched[due] == touched:
                    del self._touched[due]

    async def _recent(self) -> None:
        since = self._clock.now().astimezone(UTC) - _LOOK_BACK
        rows = await asyncio.to_thread(
            self._store.query, _RECENT, {"since": since.replace(microsecond=0)}
        )
        self.note((row["kind"], row["county"], _second(row["window_end"])) for row in rows)

    async def _issue(self, due: Due) -> None:
        asked = {
            "kind": due.kind,
            "window_end": datetime.fromtimestamp(due.window_end, UTC),
            "city": due.city[:4],
        }
        rows = await asyncio.to_thread(self._store.query, _LATEST, asked)
        parts = [row for row in rows if not is_city(row["county"])]
        before = next((row for row in rows if is_city(row["county"])), None)
        digest = rolled_up(parts, self._zone, before) if parts else None
        if digest:
            await self._send(digest)

    async def _patiently(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask the store, waiting out its absence."""
        while True:
            try:
                await ask()
            except SinkBusy as busy:
                log.warning("%s; trying again in %g s", busy, busy.retry_after_s)
                await asyncio.sleep(busy.retry_after_s)
            else:
                return


def _second(instant: Any) -> int:
    return int(instant.timestamp())
