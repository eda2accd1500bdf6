"""Who is let in. Every request passes here; what is not said to be public asks for a seat.

Against requests that other sites make a browser send: a SameSite=Strict cookie, the browser's own word
(Sec-Fetch-Site, Origin), and a header that only the page can know (X-Huishang-CSRF). Against
names of other sites that lead to this machine (DNS rebinding): without an access file, only
this machine's own names are answered.
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import contextlib
import hmac
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from sinks.board import access
from sinks.board.access import Access, Seat
from sinks.board.limits import ACT, READ, Limits
from sinks.board.replies import Denied, denial, harden
from streams.errors import UserError
from streams.health import LIVE, METRICS, READY

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SEAT: Final = web.RequestKey("seat", Seat)
CSRF_HEADER: Final = "X-Huishang-CSRF"
LOGIN: Final = "/login"
STATIC: Final = "/page/"
_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
_PUBLIC: Final = frozenset({LIVE, READY, METRICS, LOGIN})
_OWN_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOK_EVERY_S: Final = 2.0
_KEY_FILE: Final = "board.key"

log = logging.getLogger(__name__)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost")
    (True, True, True)
    >>> is_loopback("0.0.0.0"), is_loopback("board.example.cn")
    (False, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Doors:
    """The access file, read anew when it changes; without one, whoever reaches this machine.

    Raises UserError when the file cannot be used.
    """

    def __init__(self, path: Path | None, host: str, data: Path) -> None:
        """host: where the board listens. data: folder of a secret that outlives a restart."""
        self._path = path
        self._local = is_loopback(host)
        self._host = host
        self._looked_at_s = 0.0
        self._changed_at_ns = 0
        self.access: Access | None = None
        if path is None:
            self._key = _own_key(data / _KEY_FILE)
        else:
            self._read(path)

    @property
    def anonymous(self) -> bool:
        return self.access is None

    @property
    def closed(self) -> str:
        """Why nobody is let in; empty if somebody may be."""
        if self.access is not None or self._local:
            return ""
        return (
            f"the board listens on {self._host}, where others reach it, and has no access file; "
            "set HUISHANG_BOARD_ACCESS to one (docs/board.md), or HUISHANG_HOST to 127.0.0.1"
        )

    def look(self, now_s: float) -> None:
        """Read the file if it changed; one with a mistake is left alone."""
        if self._path is None or now_s - self._looked_at_s < _LOOK_EVERY_S:
            return
        self._looked_at_s = now_s
        try:
            if self._path.stat().st_mtime_ns != self._changed_at_ns:
                self._read(self._path)
                log.info("access file %s loaded", self._path)
        except (OSError, UserError) as mistake:
            log.warning("access file not loaded, the old one stays: %s", mistake)

    def _read(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            self._changed_at_ns = path.stat().st_mtime_ns
        self.access = access.load(path)
        # Every sink has the file, nobody outside does: the same for all of them.
        self._key = sha256(path.read_bytes()).digest()

    def seat(self, request: web.Request) -> Seat | None:
        """Who asks. Raises Denied where nobody is let in, or under a name that is not ours."""
        if self.closed:
            raise Denied(HTTPStatus.FORBIDDEN, self.closed, "an access file", "see docs/board.md")
        peer = request.remote or ""
        if self.access is not None:
            return access.admitted(self.access, peer, request.headers, request.cookies)
        if (urlsplit(f"//{request.host}").hostname or "") not in _OWN_NAMES:
            raise Denied(
                HTTPStatus.FORBIDDEN,
                f"the host name {request.host[:80]!r}",
                "127.0.0.1 or localhost",
                "open http://127.0.0.1, or set HUISHANG_BOARD_ACCESS to an access file",
            )
        return access.anonymous(peer)

    def csrf(self, seat: Seat) -> str:
        """What a request that acts has to carry."""
        return hmac.new(self._key, seat.credential.encode(), sha256).hexdigest()

    def secure(self, request: web.Request) -> bool:
        """Whether the browser came over https, to us or to the trusted proxy."""
        if self.access and access.from_proxy(self.access, request.remote or ""):
            return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        return request.scheme == "https"


def _own_key(path: Path) -> bytes:
    """A secret of this machine, so that an open page goes on after a restart."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(secrets.token_bytes(32))
        if len(key := path.read_bytes()) == 32:
            return key
    return secrets.token_bytes(32)


def same_site(request: web.Request) -> bool:
    """Whether the browser says that our own page sent this; programs say nothing."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def guard(doors: Doors) -> Middleware:
    """The middleware."""
    reads, acts = Limits(READ), Limits(ACT)

    @web.middleware
    async def passing(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = await _let_in(request, handler)
        except Denied as denied:
            answer = denial(denied)
        except web.HTTPException as error:
            answer = denial(
                Denied(
                    HTTPStatus(error.status),
                    request.path[:120],
                    "a route of the board",
                    "see docs/board.md",
                )
            )
        if not answer.prepared:
            harden(answer)
        return answer

    async def _let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path
        if path in _PUBLIC or path.startswith(STATIC):
            return await handler(request)
        now_s = time.monotonic()
        doors.look(now_s)
        seat = doors.seat(request)
        if seat is None:
            return _sign_in(request)
        request[SEAT] = seat
        wait_s = (reads if request.method in _READS else acts).wait_s(seat.credential, now_s)
        if wait_s > 0:
            raise too_many(wait_s)
        if request.method not in _READS:
            _check_sent_by_page(request, doors.csrf(seat))
        return await handler(request)

    return passing


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
