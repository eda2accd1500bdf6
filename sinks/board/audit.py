"""What was done at the board, and what was refused: a row of `audit` for each, by post.

A row is written before the answer goes out. While the store is away rows wait in memory, and
each stands in the log of the process at once.
"""

import asyncio
import logging
import uuid
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiohttp import web

from sinks.asking import IN_COUNTIES, where
from sinks.board.access import Scope, Seat
from sinks.rows import Row, milliseconds
from sinks.store import Store
from streams.errors import HuishangError, SinkBusy

AT_MOST: Final = 10_000  # rows that wait
_AGAIN_S: Final = 5.0
_OUTCOMES: Final = {
    200: "done",
    202: "published",
    204: "done",
    303: "done",
    400: "malformed",
    401: "unknown",
    403: "forbidden",
    404: "not_found",
    409: "illegal",
    413: "malformed",
    415: "malformed",
    429: "limited",
    500: "failed",
    503: "away",
}
log = logging.getLogger(__name__)


class Note(NamedTuple):
    """What a request was about, as far as its handler got."""

    what: str
    target: str = ""
    county: str = ""
    event: str = ""


NOTE: Final = web.RequestKey("note", Note)


def noted(request: web.Request, what: str = "", **known: str) -> None:
    """Say what a request is about; the guard writes the row."""
    before = request.get(NOTE) or Note(_path(request))
    request[NOTE] = before._replace(**({"what": what} if what else {}), **known)


def _path(request: web.Request) -> str:
    """As the routes have it: what a request itself says could be anything."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def row_of(at: datetime, seat: Seat | None, note: Note, status: int, why: str) -> Row:
    """Row of `audit`. seat: None where nobody was let in. why: of a refusal."""
    return (
        *(milliseconds(at), uuid.uuid4().hex, seat.post if seat else "", seat.role if seat else ""),
        *(note.what, note.target[:64], note.county, _OUTCOMES.get(status, str(status))),
        *(why[:200], note.event, milliseconds(at)),
    )


class Audit:
    """Writes the rows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Row] = []
        self._writing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None

    async def write(self, row: Row) -> None:
        """Write a row; if the store is away, as soon as it is back."""
        log.info("board: %s", dict(zip(_SHOWN, row[2:10], strict=True)))
        self._waiting.append(row)
        busy_s = await self._flush()
        if busy_s and (self._later is None or self._later.done()):
            self._later = asyncio.create_task(self._keep_trying(busy_s), name="audit")

    async def close(self) -> None:
        """Write what waits, if the store takes it."""
        if self._later:
            self._later.cancel()
            await asyncio.wait([self._later])
        if await self._flush():
            log.error("%d audit rows were not stored; they stand in this log", len(self._waiting))

    async def _keep_trying(self, wait_s: float) -> None:
        while wait_s:
            await asyncio.sleep(wait_s)
            wait_s = await self._flush()

    async def _flush(self) -> float:
        """0, or how long the store asks to be left alone."""
        async with self._writing:
            rows, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._store.insert, "audit", rows)
            except HuishangError as error:
                self._waiting = [*rows, *self._waiting][-AT_MOST:]
                log.warning("the audit waits for the store: %s", error)
                return error.retry_after_s if isinstance(error, SinkBusy) else _AGAIN_S
            return 0.0


_SHOWN: Final = ("post", "role", "what", "target", "county", "outcome", "why", "event")


def latest(store: Store, scope: Scope, limit: int) -> list[dict[str, Any]]:
    """The latest rows of these counties. Raises SinkBusy or Fatal."""
    chosen, parameters = where([(IN_COUNTIES, "counties", list(scope))])
    return store.query(
        f"SELECT `at`, {', '.join(_SHOWN)} FROM audit FINAL WHERE {chosen} "  # noqa: S608
        f"ORDER BY `at` DESC, entry LIMIT {int(limit)}",
        parameters,
    )
