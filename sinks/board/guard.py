"""Who is let in. Every request passes here; what is not said to be public asks for a seat.

Against requests that other sites make a browser send: a SameSite=Strict cookie, the browser's own word
(Sec-Fetch-Site, Origin), and a header that only the page can know (X-Huishang-CSRF).
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac
import logging
import math
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from sinks.board.access import Seat
from sinks.board.audit import NOTE, Audit, noted, row_of
from sinks.board.doors import Doors, same_site
from sinks.board.limits import ACT, READ, Limits
from sinks.board.replies import Denied, denial, harden
from streams.clock import Clock
from streams.health import LIVE, METRICS, READY

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SEAT: Final = web.RequestKey("seat", Seat)
CSRF_HEADER: Final = "X-Huishang-CSRF"
LOGIN: Final = "/login"
STATIC: Final = "/page/"
_PUBLIC: Final = frozenset({LIVE, READY, METRICS, LOGIN})
_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})

log = logging.getLogger(__name__)


def guard(doors: Doors, audit: Audit, clock: Clock) -> Middleware:
    """The middleware. clock: of the audit's times."""
    entrance = _Entrance(doors)

    @web.middleware
    async def passing(request: web.Request, handler: Handler) -> web.StreamResponse:
        why = ""
        try:
            answer = await entrance.let_in(request, handler)
        except Denied as denied:
            answer, why = denial(denied), str(denied)
        except web.HTTPException as error:
            wrong = _no_route(request, error)
            answer, why = denial(wrong), str(wrong)
        except Exception as error:  # its answer, too, has to have our headers
            log.exception("the board failed at %s", request.path[:120])
            wrong = _failed(error)
            answer, why = denial(wrong), str(wrong)
        # Of those who are nobody, and too many, there is no end.
        flood = answer.status == HTTPStatus.TOO_MANY_REQUESTS and SEAT not in request
        if request.method not in _READS and not flood:
            noted(request)
            row = row_of(clock.now(), request.get(SEAT), request[NOTE], answer.status, why)
            await audit.write(row)
        if not answer.prepared:
            harden(answer)
        return answer

    return passing


class _Entrance:
    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._reads = Limits(READ)
        self._acts = Limits(ACT)

    async def let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Its answer. Raises Denied."""
        path = request.path
        if path in _PUBLIC or path.startswith(STATIC):
            return await handler(request)
        now_s = time.monotonic()
        self._doors.look(now_s)
        reads = request.method in _READS
        limits = self._reads if reads else self._acts
        seat = self._doors.seat(request)
        who = seat.credential if seat else f"address {request.remote}"
        if (wait_s := limits.wait_s(who, now_s)) > 0:
            raise too_many(wait_s)
        if seat is None:
            return _sign_in(request)
        request[SEAT] = seat
        if not reads:
            _check_sent_by_page(request, self._doors.csrf(seat))
        return await handler(request)


def _failed(error: Exception) -> Denied:
    return Denied(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"an error of the board's own ({type(error).__name__})",
        "none",
        "tell whoever runs it: the log of the sink has the rest",
    )


def _no_route(request: web.Request, error: web.HTTPException) -> Denied:
    return Denied(
        HTTPStatus(error.status),
        f"{request.method} {request.path[:120]}",
        "a route of the board",
        "see docs/board.md",
    )


def too_many(wait_s: float) -> Denied:
    """429. wait_s: until the next one is let in."""
    return Denied(
        HTTPStatus.TOO_MANY_REQUESTS,
        "more requests than are let in",
        "fewer of them",
        f"wait {math.ceil(wait_s)} s",
        {"Retry-After": str(math.ceil(wait_s))},
    )


def _check_sent_by_page(request: web.Request, csrf: str) -> None:
    if not same_site(request):
        raise Denied(
            HTTPStatus.FORBIDDEN,
            "a request of another site",
            "one of the board's own page",
            "open the board itself",
        )
    if not hmac.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), csrf.encode()):
        raise Denied(
            HTTPStatus.FORBIDDEN,
            f"another {CSRF_HEADER} than this session's",
            "`csrf` of /api/v1/me",
            "read /api/v1/me again and send what it says",
        )
    if request.content_type != "application/json":
        raise Denied(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            request.content_type[:80],
            "application/json",
            "send JSON with that content type",
        )


def _sign_in(request: web.Request) -> web.Response:
    """To the sign-in page for people, a word for programs."""
    if request.method in _READS and "text/html" in request.headers.get("Accept", ""):
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": LOGIN})
    raise Denied(
        HTTPStatus.UNAUTHORIZED,
        "no token, or one that is not known",
        "Authorization: Bearer <token>, or a session",
        f"sign in at {LOGIN}",
        {"WWW-Authenticate": 'Bearer realm="huishang"'},
    )
