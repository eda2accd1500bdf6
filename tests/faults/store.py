"""The store of a round: embedded on a disk of its own, or an endpoint behind a proxy."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal

from aiohttp import web

from sinks import migrate
from sinks.store import Store, embedded_dsn
from tests.faults import traffic
from tests.faults.disk import Disk, mounted, why_not
from tests.faults.proxy import Mode, Proxy
from tests.stores import Server, serving

StoreKind = Literal["embedded", "endpoint"]
# How ClickHouse, or a load balancer before it, says that it is in trouble: status, code, text.
_ERRORS: Final = (
    (500, 241, "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)"),
    (500, 202, "Code: 202. DB::Exception: Too many simultaneous queries. Maximum: 100."),
    (
        500,
        252,
        "Code: 252. DB::Exception: Too many parts (300). Merges are slower. (TOO_MANY_PARTS)",
    ),
    (500, 243, "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space."),
    (503, 0, "<html><body>upstream connect error or disconnect/reset before headers</body></html>"),
)


class Embedded:
    """chDB in the sink's process; disk: what it lies on, None where none can be mounted."""

    def __init__(self, dsn: str, disk: Disk | None) -> None:
        self.dsn = dsn
        self.disk = disk

    def heal(self) -> None:
        if self.disk:
            self.disk.free()


class Endpoint:
    """A ClickHouse server as far as the sink can see, and a way to it that can fail."""

    def __init__(self, server: Server, proxy: Proxy, errors_port: int) -> None:
        self.server = server
        self.proxy = proxy
        self._errors_port = errors_port

    @property
    def dsn(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}/default"

    def answer_errors(self) -> None:
        """Every request gets an error until it heals."""
        self.proxy.lead_to(self._errors_port)

    def heal(self) -> None:
        if not (self.server.process and self.server.process.running):
            self.server.start()
        self.proxy.set(Mode.PASS)
        if self.proxy.target != self.server.port:
            self.proxy.lead_to(self.server.port)


@contextmanager
def embedded(folder: Path) -> Iterator[Embedded]:
    if why_not():
        yield Embedded(embedded_dsn(folder / "store"), None)
        return
    with mounted(folder / "disk") as disk:
        yield Embedded(embedded_dsn(disk.folder / "store"), disk)


@contextmanager
def endpoint(folder: Path, proxy: Proxy, draw: random.Random) -> Iterator[Endpoint]:
    """draw: which error a request gets."""
    with ExitStack() as children, serving(lambda: _in_trouble(draw)) as errors_port:
        store = Endpoint(Server(folder, children), proxy, errors_port)
        store.heal()
        with Store.open(store.dsn) as direct:
            migrate.apply(direct, traffic.now())
        yield store


def _in_trouble(draw: random.Random) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        status, code, text = draw.choice(_ERRORS)
        headers = {"X-ClickHouse-Exception-Code": str(code)} if code else {}
        return web.Response(status=status, text=text + "\n", headers=headers)

    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", answer)
    return app
