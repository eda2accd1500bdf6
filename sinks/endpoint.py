"""ClickHouse's HTTP protocol over the embedded store, so that others can read it.

Only one process can hold an embedded store; boards, commands and drivers read
through here. Every request runs on an engine connection of its own that is set
to readonly = 1 after it got its limits, so no request can change another's.
Protocol: https://clickhouse.com/docs/interfaces/http. Not served: external data
in forms, ClickHouse's own block compression (compress=1), sessions with state.
"""

import asyncio
import gzip
import io
import json
import re
import zlib
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from aiohttp import hdrs, web

from sinks.engine import Answered, Asked, Engine, EngineError
from sinks.store import Store

_QUERIES_AT_ONCE: Final = 4
_READ_BODY_LIMIT_BYTES: Final = 1024 * 1024
_WRITE_BODY_LIMIT_BYTES: Final = 1024 * 1024 * 1024

_TRANSPORT: Final = frozenset(
    {"query", "database", "default_format", "query_id", "session_id", "session_timeout"}
    | {"session_check", "user", "password", "quota_key", "compress", "decompress", "role"}
    | {"buffer_size", "wait_end_of_query", "client_protocol_version", "enable_http_compression"}
    | {"http_zlib_compression_level", "send_progress_in_http_headers", "readonly", "log_comment"}
    | {"http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close"}
)
_PLAIN_NAME: Final = re.compile(r"^\w+$")

_CONTENT_TYPES: Final[Mapping[str, str]] = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "Arrow": "application/octet-stream",
}
_STATUS: Final[Mapping[int, int]] = {
    **dict.fromkeys((36, 53, 62, 115, 386, 456, 457), 400),  # syntax, types, parameters
    **dict.fromkeys((164, 497), 403),
    **dict.fromkeys((16, 46, 47, 60, 81), 404),
    159: 408,
}


def application(store: Store, *, writable: bool = False) -> web.Application:
    """The endpoint as an aiohttp application.

    writable: for tests only, where it stands in for a ClickHouse server; no
    command sets it. Raises Fatal for a store that is not embedded.
    """
    endpoint = _Endpoint(Engine(store), writable)
    limit_bytes = _WRITE_BODY_LIMIT_BYTES if writable else _READ_BODY_LIMIT_BYTES
    app = web.Application(client_max_size=limit_bytes)
    app.add_routes(
        [
            web.get("/ping", _alive),
            web.get("/replicas_status", _alive),
            web.get("/", endpoint.answer),
            web.post("/", endpoint.answer),
        ]
    )
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="Ok.\n")


class _Endpoint:
    """The engine behind the routes."""

    def __init__(self, engine: Engine, writable: bool) -> None:
        self._engine = engine
        self._writable = writable
        self._turns = asyncio.Semaphore(_QUERIES_AT_ONCE)

    async def answer(self, request: web.Request) -> web.Response:
        """Run what the request asks and send it back, errors in ClickHouse's form."""
        if request.method == hdrs.METH_GET and not request.query.get("query"):
            return await _alive(request)
        try:
            asked = await _asked(request, self._writable)
            async with self._turns:
                found = await asyncio.to_thread(self._engine.run, asked)
                return await asyncio.to_thread(_response, request, found)
        except EngineError as error:
            return web.Response(
                status=_STATUS.get(error.code, 500),
                text=f"{str(error).strip()} (version {self._engine.version})\n",
                headers={"X-ClickHouse-Exception-Code": str(error.code)},
            )


async def _asked(request: web.Request, writable: bool) -> Asked:
    """Put a request together, from address, headers, form and body."""
    given: dict[str, str] = dict(request.query)
    headers = request.headers
    body = b""
    if request.method == hdrs.METH_POST:
        # curl calls every body urlencoded; like a server, only multipart is taken for a form.
        if request.content_type == "multipart/form-data":
            given |= await _form(request)
        else:
            body = _decompressed(await request.read(), headers.get("Content-Encoding", ""))
    if given.get("compress") == "1" or given.get("decompress") == "1":
        raise EngineError(
            "Code: 48. DB::Exception: compress=1 and decompress=1 are not served; "
            "use enable_http_compression=1. (NOT_IMPLEMENTED)"
        )
    database = given.get("database") or headers.get("X-ClickHouse-Database") or ""
    if database and (not _PLAIN_NAME.match(database) or database.lower() == "system"):
        raise EngineError("Code: 81. DB::Exception: No such database to read. (UNKNOWN_DATABASE)")
    query = given.get("query", "").encode()
    return Asked(
        statement=b"\n".join(part for part in (query, body) if part),
        parameters={name[6:]: value for name, value in given.items() if name.startswith("param_")},
        settings={
            name: value
            for name, value in given.items()
            if name not in _TRANSPORT and not name.startswith("param_")
        },
        database=database,
        default_format=given.get("default_format") or headers.get("X-ClickHouse-Format") or "",
        # A server, too, lets nobody write with GET.
        may_write=writable and request.method == hdrs.METH_POST,
    )


async def _form(request: web.Request) -> dict[str, str]:
    form = await request.post()
    files = [name for name, value in form.items() if not isinstance(value, str)]
    if files:
        raise EngineError(
            f"Code: 48. DB::Exception: external data {files[0]!r} is not served. (NOT_IMPLEMENTED)"
        )
    return {name: str(value) for name, value in form.items()}


def _decompressed(body: bytes, encoding: str) -> bytes:
    """The body in the clear; aiohttp has undone gzip and deflate already."""
    if encoding == "lz4":
        # Drivers send a frame for each block of rows; `decompress` would stop at the first.
        with import_module("lz4.frame").open(io.BytesIO(body)) as frames:
            return bytes(frames.read())
    if encoding not in ("", "identity", "gzip", "deflate"):
        raise EngineError(
            f"Code: 48. DB::Exception: Content-Encoding {encoding[:16]!r} is not served; "
            "use gzip, deflate or lz4. (NOT_IMPLEMENTED)"
        )
    return body


def _response(request: web.Request, found: Answered) -> web.Response:
    headers = {
        "X-ClickHouse-Summary": json.dumps(found.summary),
        "X-ClickHouse-Format": found.format,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Server-Display-Name": "huishang",
        "X-ClickHouse-Query-Id": request.query.get("query_id", "")[:64].replace("\n", ""),
        "Content-Type": _CONTENT_TYPES.get(found.format, "text/plain; charset=UTF-8"),
    }
    body = found.body
    accepted = request.headers.get("Accept-Encoding", "")
    if request.query.get("enable_http_compression") == "1" and body:
        if "gzip" in accepted:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=3)
        elif "deflate" in accepted:
            headers["Content-Encoding"] = "deflate"
            body = zlib.compress(body, level=3)
    return web.Response(body=body, headers=headers)
