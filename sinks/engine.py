"""Runs one statement on the embedded engine, within limits, reading only unless told otherwise."""

import os
import re
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from sinks.read_only import Refused, Token, checked, tokenized
from sinks.store import Store
from streams.errors import Fatal

_LIMIT_S: Final = 30
_LIMITS: Final[Mapping[str, int | str]] = {
    "session_timezone": "UTC",
    "max_execution_time": _LIMIT_S,
    "max_result_rows": 2_000_000,
    "max_result_bytes": 256 * 1024 * 1024,
    "result_overflow_mode": "throw",
    "max_memory_usage": 2 * 1024 * 1024 * 1024,
}
# Settings that shape an answer without opening anything; the rest is refused, as by a server
# whose user has readonly = 1.
_HARMLESS: Final = re.compile(
    r"^(final|max_threads|max_block_size|join_use_nulls|extremes|date_time_input_format|"
    r"output_format_(json|csv|tsv|pretty|native|write|arrow|parquet)\w*|max_execution_time)$"
)
_INSERT: Final = re.compile(
    rb"^\s*(INSERT\s+INTO\s+.+?)\s+FORMAT\s+(\w+)[ \t;]*\r?\n?", re.I | re.S
)
_CODE: Final = re.compile(r"Code: (\d+)\.")
_PLAIN_NAME: Final = re.compile(r"^\w+$")
_READONLY_CODE: Final = 164


class Asked(NamedTuple):
    """One request: a statement with what comes behind it, and how to run it."""

    statement: bytes
    parameters: dict[str, str]
    settings: dict[str, str]
    database: str
    default_format: str
    may_write: bool


class Answered(NamedTuple):
    """The engine's answer. summary: as in X-ClickHouse-Summary."""

    body: bytes
    format: str
    summary: dict[str, str]


class EngineError(Exception):
    """The engine refused or failed; message as a server would send it."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        found = _CODE.search(message)
        self.code = code or (int(found.group(1)) if found else 1002)


class Engine:
    """The engine of a store that this process holds.

    Every statement gets a connection of its own (1.5 ms) that is set to
    readonly = 1 after its limits, so none can change another's. Thread-safe.
    """

    def __init__(self, store: Store) -> None:
        """Raises Fatal for a store that is not embedded."""
        if store.folder is None:
            raise Fatal(f"{store.dsn} has an HTTP endpoint of its own; read there")
        # Spelled as the driver spells it: the engine compares paths by letter.
        self._folder = os.path.realpath(store.folder)
        names = store.query("SELECT lower(name) AS name FROM system.table_functions")
        self._table_functions = frozenset(str(row["name"]) for row in names)
        self.version = str(store.query("SELECT version() AS version")[0]["version"])

    def run(self, asked: Asked) -> Answered:
        """Blocks. Raises EngineError."""
        try:
            return self._run(asked)
        except Refused as refused:
            message = f"Code: {_READONLY_CODE}. DB::Exception: Refused: {refused}. (READONLY)"
            raise EngineError(message) from None

    def _run(self, asked: Asked) -> Answered:
        insert = _INSERT.match(asked.statement) if asked.may_write else None
        if insert:
            return self._insert(asked, insert)
        sql = asked.statement.decode(errors="replace")
        if not asked.may_write:
            sql = checked(sql, self._table_functions)
        name = _format(tokenized(sql)) if not asked.may_write else _written_format(sql)
        name = name or asked.default_format or "TabSeparated"
        return self._execute(asked, sql, name)

    def _insert(self, asked: Asked, insert: re.Match[bytes]) -> Answered:
        """Rows behind the statement go through a file: the engine reads none from memory."""
        with tempfile.TemporaryDirectory(prefix="huishang-") as folder:
            rows = Path(folder) / "rows"
            rows.write_bytes(asked.statement[insert.end() :])
            head, name = insert.group(1).decode(), insert.group(2).decode()
            return self._execute(asked, f"{head} FROM INFILE '{rows}' FORMAT {name}", name)

    def _execute(self, asked: Asked, sql: str, name: str) -> Answered:
        # chDB is an extra, which only the embedded store needs.
        connection: Any = import_module("chdb").connect(self._folder)
        try:
            settings = _settings(asked) | ({} if asked.may_write else {"readonly": 1})
            pairs = (f"{name} = {_quoted(str(value))}" for name, value in settings.items())
            connection.query(f"SET {', '.join(pairs)}")
            if asked.database:
                connection.query(f"USE `{asked.database}`")
            found = connection.query(sql, name, params=asked.parameters)
            body = found.bytes() or b""
            summary = {
                "read_rows": str(found.rows_read()),
                "read_bytes": str(found.bytes_read()),
                "written_rows": str(found.rows_read() if sql.startswith("INSERT") else 0),
                "written_bytes": "0",
                "elapsed_ns": str(int(found.elapsed() * 1e9)),
            }
            return Answered(body, name, summary)
        except RuntimeError as error:
            raise EngineError(_last_error(str(error))) from None
        finally:
            connection.close()


def _settings(asked: Asked) -> dict[str, int | str]:
    """Our limits, and of what was asked for whatever is harmless. Raises EngineError."""
    settings = dict(_LIMITS)
    for name, value in asked.settings.items():
        if not _PLAIN_NAME.match(name) or not (asked.may_write or _HARMLESS.match(name)):
            raise EngineError(
                f"Code: 164. DB::Exception: Cannot modify '{name[:64]}' setting in readonly mode. "
                "(READONLY)"
            )
        settings[name] = value
    longest = settings["max_execution_time"]
    if not str(longest).isdigit() or not 0 < int(longest) <= _LIMIT_S:
        settings["max_execution_time"] = _LIMIT_S
    return settings


def _format(tokens: list[Token]) -> str:
    """The format a statement asks for, empty when it asks for none.

    >>> _format(tokenized("SELECT 1 FORMAT JSON SETTINGS max_threads = 1"))
    'JSON'
    """
    for place in range(len(tokens) - 2, 0, -1):
        after = tokens[place + 2].lower if place + 2 < len(tokens) else "settings"
        if tokens[place].lower == "format" and after == "settings":
            return tokens[place + 1].name
    return ""


def _written_format(sql: str) -> str:
    try:
        return _format(tokenized(sql))
    except Refused:
        return ""


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _last_error(message: str) -> str:
    place = message.rfind("Code: ")
    return message[place:].split(" (version ", maxsplit=1)[0] if place >= 0 else message
