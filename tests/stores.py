"""A server to write to, an aiohttp application in a thread, and rows to put into a store."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiohttp import web

from streams.answers import Alert, DeadLetter, Digest
from streams.packs import FORMAT
from streams.totals import CountRow, LedgerRow, Totals
from tests.processes import Child, run_command
from tests.waiting import eventually_sync, free_port, listening

NOW: Final = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
HOUR: Final = int(NOW.timestamp()) // 3_600  # the bucket that holds NOW
DAY: Final = HOUR // 24
_SERVER = """\
import sys
from pathlib import Path
from aiohttp import web
from sinks.endpoint import application
from sinks.store import Store, embedded_dsn

with Store.open(embedded_dsn(Path(sys.argv[1])), create=True) as store:
    app = application(store, writable=True)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)
"""


class Server:
    """A ClickHouse server as far as the sink can see, in a process that can be killed."""

    def __init__(self, folder: Path, children: ExitStack) -> None:
        self._folder = folder
        self._children = children
        self.port = free_port()
        self.process: Child | None = None
        self._program: tuple[str, ...] = (sys.executable, "-c", _SERVER)
        self._env: dict[str, str] = {}

    @property
    def dsn(self) -> str:
        return f"http://127.0.0.1:{self.port}/default"

    def start(self) -> None:
        command = (*self._program, str(self._folder / "served"), str(self.port))
        self.process = self._children.enter_context(
            run_command(*command, folder=self._folder, env=self._env, name="server")
        )

        def up() -> bool:
            assert self.process
            if not self.process.running:
                raise RuntimeError(self.process.tail())
            return listening(self.port)

        eventually_sync(up, what="the server")

    def kill(self) -> None:
        assert self.process
        self.process.kill()


@contextmanager
def serving(application: Callable[[], web.Application]) -> Iterator[int]:
    """Serve on 127.0.0.1 until left; gives the port. The application is made in its loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="served-for-tests")
    thread.start()

    async def start() -> tuple[web.AppRunner, int]:
        runner = web.AppRunner(application(), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port: int = runner.addresses[0][1]
        return runner, port

    try:
        runner, port = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        try:
            yield port
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def totals(version: int, *rows: CountRow | LedgerRow) -> Totals:
    return Totals(
        format=FORMAT,
        version=version,
        partition=0,
        counts=[row for row in rows if isinstance(row, CountRow)],
        ledger=[row for row in rows if isinstance(row, LedgerRow)],
    )


def alert(alert_id: str = "00000000000000aa", **given: object) -> Alert:
    fields: dict[str, object] = {
        "id": alert_id,
        "rule": "severity-red",
        "level": 1,
        "county_code": "620702",
        "category": "D01",
        "window_start": NOW,
        "window_end": NOW,
        "observed": 3.0,
        "limit": 1.0,
        "title": "红色事件",
        "reason": "一小时内 3 件红色事件",
        "raised_at": NOW,
        "history": [0] * 13 + [3],
        "excerpt": "与邻居因宅基地发生争执",
    }
    return Alert(**(fields | given))  # type: ignore[arg-type]


def digest(digest_id: str = "00000000000000dd", **given: object) -> Digest:
    fields: dict[str, object] = {
        "id": digest_id,
        "kind": "daily_report",
        "county_code": "620702",
        "window_start": NOW,
        "window_end": NOW,
        "issued_at": NOW,
        "title": "甘州区日报告",
        "body": "共 3 件",
        "figures": {"reports": 3},
    }
    return Digest(**(fields | given))  # type: ignore[arg-type]


def dead_letter(offset: int = 7, **given: object) -> DeadLetter:
    fields: dict[str, object] = {
        "reason": "malformed",
        "path": "$.data",
        "expected": "an object",
        "topic": "hotline-calls",
        "partition": 0,
        "offset": offset,
        "at": NOW,
        "county_code": "620702",
        "source": "mailbox",
        "runid": "run-1",
        "size_bytes": 10,
        "sha256": "ab" * 32,
        "preview": "…",
    }
    return DeadLetter(**(fields | given))  # type: ignore[arg-type]
