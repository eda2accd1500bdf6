"""Answers of the board: JSON, errors in words, and the headers that each of them has."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from sinks.board.feeds import dumps

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "huishang",
}


class Denied(Exception):
    """A request that is answered with an error. got, expected, do: in plain words."""

    def __init__(
        self,
        status: HTTPStatus,
        got: str,
        expected: str,
        do: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"got {got}; expected {expected}; {do}")
        self.status = status
        self.said = {"got": got, "expected": expected, "do": do}
        self.headers = dict(headers or {})


def bad(got: str, expected: str, do: str = "") -> Denied:
    """400: what was sent cannot be used."""
    return Denied(HTTPStatus.BAD_REQUEST, got, expected, do or "send it again as expected")


def away(what: str) -> Denied:
    """503: the store or the broker does not answer."""
    return Denied(
        HTTPStatus.SERVICE_UNAVAILABLE,
        what,
        "an answer",
        "try again in a moment",
        {"Retry-After": "2"},
    )


def refused(what: str) -> Denied:
    """503: the broker does not let the board in; nothing that whoever asked has done."""
    return Denied(
        HTTPStatus.SERVICE_UNAVAILABLE,
        what,
        "to be let in",
        "trying again does not help: tell who runs this",
    )


def json(value: Any, status: int = HTTPStatus.OK) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=dumps(value), status=status, content_type="application/json", charset="utf-8"
    )


def denial(denied: Denied) -> web.Response:
    """Its JSON answer."""
    answer = json({"error": denied.said}, denied.status)
    answer.headers.update(denied.headers)
    return answer


def harden(answer: web.StreamResponse) -> None:
    """Put the headers on that every answer has; an answer's own go before them."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
