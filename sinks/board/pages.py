"""What people open: the board's page and its files, signing in and out."""

import asyncio
from html import escape
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

from aiohttp import web

from sinks import paper
from sinks.board import access
from sinks.board.audit import noted
from sinks.board.doors import Doors, same_site
from sinks.board.guard import LOGIN, SEAT, too_many
from sinks.board.limits import SIGN_IN, Limits
from sinks.board.replies import Denied

FOLDER: Final = Path(str(files("sinks.board"))) / "page"
_STAYS_S: Final = 30 * 86_400
_TOKEN_LIMIT: Final = 200
_TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
    ".md": "text/plain",
}
# The page needs style only, which paper.page writes into it.
_LOGIN_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{paper.STYLE_HASH}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def file_of(name: str) -> web.FileResponse:
    """A file of the page's folder. Raises Denied when there is none of that name."""
    path = (FOLDER / name).resolve()
    kind = _TYPES.get(path.suffix)
    if kind is None or not path.is_relative_to(FOLDER.resolve()) or not path.is_file():
        raise Denied(HTTPStatus.NOT_FOUND, name[:80], "a file of the board's page", "open /")
    text = kind.startswith("text/") or kind.endswith(("json", "xml"))
    # Asked for each time, and not sent again unless it changed (ETag).
    headers = {"Cache-Control": "no-cache"}
    headers["Content-Type"] = f"{kind}; charset=utf-8" if text else kind
    return web.FileResponse(path, headers=headers)


async def index(_: web.Request) -> web.StreamResponse:
    return file_of("index.html")


async def static(request: web.Request) -> web.StreamResponse:
    return file_of(request.match_info["name"])


class SigningIn:
    """The sign-in page: takes a token, and keeps it in a cookie that no script can read."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._limits = Limits(SIGN_IN)

    async def page(self, _: web.Request) -> web.Response:
        if self._doors.closed:
            return _login(self._doors.closed, HTTPStatus.FORBIDDEN, form=False)
        if self._doors.anonymous:
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
        return _login("")

    async def enter(self, request: web.Request) -> web.Response:
        noted(request, "sign_in")
        if self._doors.access is None or not same_site(request):
            raise Denied(HTTPStatus.FORBIDDEN, "a sign-in", "none here", "open the board itself")
        wait_s = self._limits.wait_s(request.remote or "", asyncio.get_running_loop().time())
        if wait_s > 0:
            raise too_many(wait_s)
        token = str((await request.post()).get("token", ""))[:_TOKEN_LIMIT]
        seat = access.by_token(self._doors.access, token)
        if seat is None:
            return _login("口令不对。This token is not known.", HTTPStatus.UNAUTHORIZED)
        request[SEAT] = seat
        answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
        answer.set_cookie(
            access.COOKIE,
            token.strip(),
            max_age=_STAYS_S,
            httponly=True,
            samesite="Strict",
            secure=self._doors.secure(request),
        )
        return answer

    async def leave(self, request: web.Request) -> web.Response:
        noted(request, "sign_out")
        answer = web.Response(status=HTTPStatus.NO_CONTENT)
        answer.del_cookie(access.COOKIE)
        return answer


def _login(message: str, status: HTTPStatus = HTTPStatus.OK, *, form: bool = True) -> web.Response:
    told = f'<p class="trouble" role="alert">{escape(message)}</p>' if message else ""
    asked = (
        f'<form method="post" action="{LOGIN}"><p><label for="token">岗位口令 token</label></p>'
        '<p><input id="token" name="token" type="password" autocomplete="current-password" '
        "required autofocus></p><p><button>登录 sign in</button></p></form>"
    )
    body = f"<main><h1>会商值班台 <small>Huishang</small></h1>{told}{asked if form else ''}</main>"
    return web.Response(
        text=paper.page("会商值班台", body),
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": _LOGIN_POLICY},
    )
