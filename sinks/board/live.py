"""Asks the store while somebody looks at the board, once for all who do, and tells them what is new.

The store is the only source: whichever of several sinks wrote a row, all boards show it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sinks.board import reading
from sinks.board.access import Scope
from sinks.board.feeds import Feed
from sinks.board.shapes import Shape
from sinks.board.view import Known, Setup, View, view
from sinks.store import Store
from streams.clock import Clock
from streams.errors import HuishangError

NEWS_EVERY_S: Final = 0.5
FIGURES_EVERY_S: Final = 2.0
_GAP_S: Final = 0.1
# Asking takes a tenth of the time at most, however large the tables grow.
SHARE: Final = 10
LINGER_S: Final = 60.0  # a scope nobody looks at is kept so long: pages reload and reconnect

Health = Callable[[reading.Figures, str], Shape]
log = logging.getLogger(__name__)


class Live:
    """Feeds of those who look. health: how the pipeline does, by figures and the store's trouble ('' for none)."""

    def __init__(self, store: Store, setup: Setup, health: Health, clock: Clock) -> None:
        self.setup = setup
        self._store = store
        self._health = health
        self._clock = clock
        self._feeds: dict[Scope, Feed] = {}
        self._known: Known | None = None
        self._asking: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._woken = asyncio.Event()

    def use(self, setup: Setup) -> None:
        """From now on; rules may change."""
        self.setup = setup

    def wake(self) -> None:
        """There is news in the store: ask sooner."""
        self._woken.set()

    async def feed(self, scope: Scope) -> Feed:
        """The feed of a scope, up to date. Raises HuishangError when the store is away."""
        known = await self._up_to_date()
        feed = self._feeds.get(scope)
        if feed is None:
            feed = self._feeds[scope] = Feed(view(known, scope, self.setup), self._now_s())
        feed.used_at = self._now_s()
        return feed

    async def view(self, scope: Scope) -> View:
        """What a scope sees now, for one who does not stay. Raises HuishangError."""
        return view(await self._up_to_date(), scope, self.setup)

    async def _up_to_date(self) -> Known:
        async with self._starting:
            if self._known is None:
                self._known = await asyncio.to_thread(self._ask_all)
                self._asking = asyncio.create_task(self._ask_regularly(), name="board")
            return self._known

    @property
    def at(self) -> datetime | None:
        """Of when what is known is; None while nobody looks."""
        return self._known.at if self._known else None

    async def close(self) -> None:
        """End all listeners and stop asking."""
        if self._asking:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def _ask_all(self) -> Known:
        now = self._clock.now()
        news = reading.news(self._store, now)
        figures = reading.figures(self._store, now, self.setup.zone)
        return Known(now, news, figures, self._health(figures, ""))

    async def _ask_regularly(self) -> None:
        figures_at = self._now_s()
        took_s = 0.0
        try:
            while self._wanted():
                await self._pause(SHARE * took_s)
                began = self._now_s()
                figures_too = began >= figures_at
                await self._ask(figures=figures_too)
                took_s = self._now_s() - began
                if figures_too:
                    figures_at = began + max(FIGURES_EVERY_S, SHARE * took_s)
                    took_s = 0.0
        finally:
            self._known = None
            for feed in self._feeds.values():
                feed.close()
            self._feeds.clear()

    async def _pause(self, least_s: float) -> None:
        """Until it is time to ask again; less when this process has just inserted something."""
        least_s = max(_GAP_S, least_s)
        await asyncio.sleep(least_s)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), max(0.0, NEWS_EVERY_S - least_s))
        self._woken.clear()

    async def _ask(self, *, figures: bool) -> None:
        known = self._known
        if known is None:
            return
        now = self._clock.now()
        try:
            known = known._replace(news=await asyncio.to_thread(reading.news, self._store, now))
            if figures:
                found = await asyncio.to_thread(reading.figures, self._store, now, self.setup.zone)
                known = known._replace(figures=found)
            trouble = ""
        except HuishangError as error:
            trouble = str(error)
            log.warning("the board cannot read the store: %s", trouble)
        known = known._replace(at=now)
        if figures or trouble:
            known = known._replace(health=self._health(known.figures, trouble))
        before, self._known = self._known, known
        if before is None or not _same(before, known, self.setup.zone):
            for scope, feed in list(self._feeds.items()):
                feed.update(await asyncio.to_thread(view, known, scope, self.setup))

    def _wanted(self) -> bool:
        """Whether anybody looks, or did just now; lets go of scopes that nobody does."""
        now = self._now_s()
        for scope, feed in list(self._feeds.items()):
            if feed.listeners:
                feed.used_at = now
            elif now - feed.used_at > LINGER_S:
                del self._feeds[scope]
        return bool(self._feeds)

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()


def _same(before: Known, after: Known, zone: ZoneInfo) -> bool:
    """Whether both look alike: the same said, on the same day."""
    days = {known.at.astimezone(zone).date() for known in (before, after)}
    return len(days) == 1 and before._replace(at=after.at) == after
