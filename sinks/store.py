"""The store: ClickHouse over HTTP, or the same engine in this process.

One DSN says which: http(s)://user:password@host:port/database, or
chdb:///folder. Calls block; asyncio code goes through asyncio.to_thread.
"""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.driver_errors import explained
from sinks.rows import COLUMNS, Row
from sinks.server import Server
from streams.errors import Fatal
from streams.settings import Settings, masked, read_run

EMBEDDED_FOLDER: Final = "store"

# Defaults differ between server versions, and a deduplicated insert whose token repeats with
# other rows loses those rows silently. Upserts of totals need no deduplication.
_INSERT_SETTINGS: Final = {
    "async_insert": 0,
    "insert_deduplicate": 0,
    # Of a cluster: an insert returns when every shard has its rows.
    "distributed_foreground_insert": 1,
    "max_partitions_per_insert_block": 0,
}

# The driver logs what it raises; it is said once, by whoever catches it.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)

_engine_guard = threading.Lock()
_engine_clients: Counter[Path] = Counter()


class Store:
    """Inserts rows and answers queries. Safe to share between threads.

    A clickhouse-connect client belongs to one call at a time: calls borrow one
    each and give it back, and as many are made as calls run at once.
    """

    def __init__(self, dsn: str, where: Path | Server) -> None:
        """Use Store.open."""
        self.dsn = masked(dsn)
        self.folder = where if isinstance(where, Path) else None
        self.login = where.login if isinstance(where, Server) else ("", "")
        self._where = where
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()
        self._types: dict[str, list[ClickHouseType]] = {}
        self._closed = threading.Event()

    @classmethod
    def open(cls, dsn: str, settings: Settings | None = None, *, create: bool = False) -> Self:
        """Connect, and see that the store answers.

        settings: of a server's user, password and certificates, where the DSN names none.
        create: make the database (or the folder's parents) when missing.
        Raises SinkBusy when it is away or busy; AccessRefused when it does not let us in;
        Fatal when the DSN or the database is wrong, or when another process holds the folder.
        """
        parts = urlsplit(dsn)
        if parts.scheme == "chdb":
            folder = _folder(dsn)
            folder.parent.mkdir(parents=True, exist_ok=True)
            store = cls(dsn, folder)
        elif parts.scheme in ("http", "https") and parts.hostname:
            server = Server(dsn, settings)
            if create:
                server.make_database()
            store = cls(dsn, server)
        else:
            raise Fatal(
                f"{masked(dsn)!r} is no address of a store; expected "
                "http(s)://user:password@host:port/database or chdb:///folder"
            )
        with store._borrowed():
            return store

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Upsert rows, in the column order of rows.COLUMNS[table]; returns when they are stored.

        Inserting the same rows again is harmless. Raises SinkBusy (offer the
        same rows again after retry_after_s) or Fatal.
        """
        if not rows:
            return
        columns = list(COLUMNS[table])
        with self._borrowed() as client:
            types = self._types.get(table)
            if types is None:
                types = list(client.create_insert_context(table, columns).column_types)
            client.insert(
                table, rows, column_names=columns, column_types=types, settings=_INSERT_SETTINGS
            )
            self._types[table] = types

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of one SELECT, times in UTC.

        parameters: bound by the server where the SQL says {name:Type}.
        Raises SinkBusy or Fatal.
        """
        with self._borrowed() as client:
            found = client.query(sql, parameters=dict(parameters or {}))
            names = found.column_names
            return [dict(zip(names, map(_in_utc, row), strict=True)) for row in found.result_rows]

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run one statement that returns nothing, such as DDL. Raises SinkBusy or Fatal."""
        with self._borrowed() as client:
            client.command(sql, parameters=dict(parameters or {}))

    def close(self) -> None:
        """Let go of the server, or of the folder. Closing twice is harmless."""
        self._closed.set()
        while True:
            try:
                self._drop(self._idle.get_nowait())
            except queue.Empty:
                break
        if isinstance(self._where, Server):
            self._where.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _borrowed(self) -> Iterator[Client]:
        if self._closed.is_set():
            raise Fatal(f"the store {self.dsn} was closed; open it again before using it")
        client: Client | None = None
        try:
            try:
                client = self._idle.get_nowait()
            except queue.Empty:
                client = self._connect()
            yield client
        except (ClickHouseError, ImportError) as error:
            raise explained(error, self.dsn) from None
        finally:
            if client is not None:
                if self._closed.is_set():
                    self._drop(client)
                else:
                    self._idle.put(client)

    def _connect(self) -> Client:
        where = self._where
        return where.client() if isinstance(where, Server) else _embedded_client(where)

    def _drop(self, client: Client) -> None:
        client.close()
        if self.folder is not None:
            with _engine_guard:
                _engine_clients[self.folder] -= 1


def for_reading(settings: Settings) -> Store:
    """The store that a command reads, as dsn_for_reading says. Raises as Store.open."""
    return Store.open(dsn_for_reading(settings), settings)


def dsn_for_reading(settings: Settings) -> str:
    """Where a command reads: what was set, a running Huishang, or the folder it left.

    The folder is read directly only when nothing else was asked for and no
    `huishang run` holds it.
    """
    folder = (settings.data / EMBEDDED_FOLDER).absolute()
    asked = "clickhouse" in settings.model_fields_set
    if not asked and read_run(settings.data) is None and folder.is_dir():
        return embedded_dsn(folder)
    return settings.clickhouse


def embedded_dsn(folder: Path) -> str:
    """The DSN of an embedded store.

    >>> embedded_dsn(Path("/var/lib/huishang/store"))
    'chdb:///var/lib/huishang/store'
    """
    return f"chdb://{folder.absolute()}"


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _folder(dsn: str) -> Path:
    parts = urlsplit(dsn)
    if parts.netloc or parts.path in ("", "/"):
        raise Fatal(f"{dsn!r} names no folder; expected chdb:///folder, with three slashes")
    return Path(unquote(parts.path))


def _embedded_client(folder: Path) -> Client:
    with _engine_guard:
        held = next((path for path, clients in _engine_clients.items() if clients > 0), folder)
        if held != folder:
            raise Fatal(
                f"this process already holds the embedded store {held}, so it cannot open "
                f"{folder}; an engine has one folder per process"
            )
        client = clickhouse_connect.get_client(
            interface="chdb",
            path=str(folder),
            tz_mode="aware",
            # A host elsewhere must not move toDate and toStartOfHour.
            settings={"session_timezone": "UTC"},
        )
        _engine_clients[folder] += 1
        return client
