"""The doors of the board: which requests come from whom, by the access file or by this machine.

Against names of other sites that lead to this machine (DNS rebinding): without an access
file, only this machine's own names are answered.
"""

import contextlib
import hmac
import logging
import secrets
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from sinks.board import access
from sinks.board.access import Access, Seat
from sinks.board.replies import Denied
from streams.errors import UserError

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


def closed_on(host: str) -> str:
    """Why a board without an access file lets nobody in; empty if it listens to this machine alone."""
    if is_loopback(host):
        return ""
    return (
        f"the board listens on {host}, where others reach it, and has no access file; "
        "set HUISHANG_BOARD_ACCESS to one (docs/board.md), or HUISHANG_HOST to 127.0.0.1"
    )


class Doors:
    """The access file, read anew when it changes; without one, whoever reaches this machine.

    Raises UserError when the file cannot be used.
    """

    def __init__(self, path: Path | None, host: str, data: Path) -> None:
        """host: where the board listens. data: folder of a secret that outlives a restart."""
        self._path = path
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
        return "" if self.access is not None else closed_on(self._host)

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
