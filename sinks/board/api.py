"""What the page asks: who it is for, the board, one alert, one digest. Every answer keeps to the scope."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final, TypeVar

from aiohttp import web

from sinks import alerts, digests, paper
from sinks.asking import covers
from sinks.board import audit, handover, replies
from sinks.board.access import Seat, scope_of
from sinks.board.definitions import definitions
from sinks.board.doors import Doors
from sinks.board.events import Streams
from sinks.board.exports import SHAPES, disposition
from sinks.board.feeds import Feed
from sinks.board.guard import SEAT
from sinks.board.live import Live
from sinks.board.replies import Denied
from sinks.board.shapes import alert_shape, step_shape
from sinks.standing import name_of
from sinks.store import Store
from streams.clock import Clock
from streams.digests import NAMES
from streams.errors import HuishangError

T = TypeVar("T")
_AUDIT_SHOWN: Final = 200
_VERSION: Final = version("huishang")


class Api:
    """The handlers of GET."""

    def __init__(self, store: Store, live: Live, doors: Doors, clock: Clock) -> None:
        self._store = store
        self._live = live
        self._doors = doors
        self._clock = clock
        self._streams = Streams()

    async def me(self, request: web.Request) -> web.Response:
        seat = request[SEAT]
        return replies.json(
            {
                "post": seat.post,
                "role": seat.role,
                "counties": seat.counties,
                "can_act": seat.can_act,
                "csrf": self._doors.csrf(seat),
                "zone": str(self._live.setup.zone),
                "version": _VERSION,
                "anonymous": seat.anonymous,
                "limits": {"note": 1_000},
            }
        )

    async def board(self, request: web.Request) -> web.Response:
        feed = await self._feed(request[SEAT])
        return replies.json({"at": self._live.at, "cursor": feed.cursor, **feed.view})

    async def events(self, request: web.Request) -> web.StreamResponse:
        seat = request[SEAT]
        feed = await self._feed(seat)

        def still_there() -> bool:
            self._doors.look(asyncio.get_running_loop().time())
            return self._doors.seat(request) == seat

        return await self._streams.serve(request, feed, still_there)

    async def alert(self, request: web.Request) -> web.Response:
        found = await self.alert_of(request)
        shape = alert_shape(found, self._live.setup.rule_names)
        told = await self.ask(lambda: alerts.notices(self._store, found["id"]))
        return replies.json(
            {**shape, "steps": [step_shape(step) for step in found["steps"]], "notices": told}
        )

    async def digest(self, request: web.Request) -> web.Response:
        found = await self.digest_of(request, request.match_info["id"])
        return replies.json(
            {
                **found,
                "kind_name": NAMES.get(found["kind"], found["kind"]),
                "place": name_of(found["county"]),
                "html": paper.fragment(found, self._live.setup.zone),
            }
        )

    async def download(self, request: web.Request) -> web.Response:
        found = await self.digest_of(request, request.match_info["id"])
        ending = request.match_info["ending"]
        kind, made = SHAPES[ending]
        return web.Response(
            body=made(found, self._live.setup.zone),
            content_type=kind,
            charset="utf-8",
            headers={"Content-Disposition": disposition(found, ending)},
        )

    async def handover(self, request: web.Request) -> web.Response:
        seat = request[SEAT]
        scope = scope_of(tuple(county for county in (request.query.get("county"),) if county))
        if not all(one.isascii() and one.isdigit() and covers(seat.counties, one) for one in scope):
            raise Denied(
                HTTPStatus.FORBIDDEN,
                f"county {','.join(scope)[:40]}",
                "one of your counties",
                "read /api/v1/me for these",
            )
        try:
            board = await self._live.view(scope or seat.counties)
        except HuishangError as error:
            raise replies.away(f"no store: {error}") from None
        at = self._clock.now()
        lines = handover.draft(board, at, self._live.setup.zone)
        return replies.json({"at": at, "lines": lines, "html": handover.html(lines)})

    async def definitions(self, _: web.Request) -> web.Response:
        return replies.json(definitions())

    async def audit(self, request: web.Request) -> web.Response:
        seat = request[SEAT]
        if seat.role != "admin":
            raise Denied(HTTPStatus.FORBIDDEN, f"role {seat.role}", "admin", "ask who runs it")
        rows = await self.ask(lambda: audit.latest(self._store, seat.counties, _AUDIT_SHOWN))
        return replies.json({"rows": rows})

    async def alert_of(self, request: web.Request) -> dict[str, Any]:
        """The alert that the address names. Raises Denied unless it is there and seen."""
        identifier = request.match_info["id"]
        found = await self.ask(lambda: alerts.alert(self._store, identifier))
        if found is None or not covers(request[SEAT].counties, found["county"]):
            raise _missing("alert", identifier)
        return found

    async def digest_of(self, request: web.Request, identifier: str) -> dict[str, Any]:
        """A digest. Raises Denied unless it is there and seen."""
        found = await self.ask(lambda: digests.digest(self._store, identifier))
        if found is None or not covers(request[SEAT].counties, found["county"]):
            raise _missing("digest", identifier)
        return found

    async def ask(self, question: Callable[[], T]) -> T:
        """A question to the store, in a thread. Raises Denied when it is away."""
        try:
            return await asyncio.to_thread(question)
        except HuishangError as error:
            raise replies.away(f"no store: {error}") from None

    async def _feed(self, seat: Seat) -> Feed:
        try:
            return await self._live.feed(seat.counties)
        except HuishangError as error:
            raise replies.away(f"no store: {error}") from None


def _missing(what: str, identifier: str) -> Denied:
    """404, also of what is there and not for this seat: it is not told apart."""
    return Denied(
        HTTPStatus.NOT_FOUND,
        f"{what} {identifier[:40]}",
        f"the id of a {what} of your counties",
        "read /api/v1/board for those there are",
    )
