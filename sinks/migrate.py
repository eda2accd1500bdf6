"""Brings a store to the newest schema: numbered migrations, each applied once."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Final, NamedTuple

from sinks import retention, views
from sinks.cluster import clustered, local
from sinks.rows import COLUMNS, Row
from sinks.statements import statements
from sinks.store import Store
from streams.categories import CATEGORIES
from streams.counties import COUNTIES
from streams.errors import Fatal
from streams.settings import Settings

_NAME = re.compile(r"^(\d{4})_(\w+)\.sql$")
_APPLIED: Final = """
CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32 COMMENT 'number of the file in sinks/schema',
    name String COMMENT 'name of the file',
    sha256 String COMMENT 'of the file, hex: an applied file must not change',
    applied_at DateTime64(3, 'UTC') COMMENT 'when its last statement was done'
)
ENGINE = ReplacingMergeTree
ORDER BY number
SETTINGS non_replicated_deduplication_window = 0
COMMENT 'Which migrations this store has'
"""


class Migration(NamedTuple):
    """One file of sinks/schema. sha256: of its text, hex."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


class Shown(NamedTuple):
    """One migration as `huishang schema show` shows it; applied_at is None while it is due."""

    number: int
    name: str
    sha256: str
    applied_at: datetime | None


def shipped() -> list[Migration]:
    """The migrations of this version, in order. Raises Fatal when numbers are not 1, 2, 3 …"""
    return ordered(
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in (files("sinks") / "schema").iterdir()
        if entry.is_file()
    )


def ordered(entries: Iterable[tuple[str, str]]) -> list[Migration]:
    """Migrations out of (file name, text), by number.

    >>> [found.number for found in ordered([("0002_b.sql", ""), ("0001_a.sql", "")])]
    [1, 2]
    """
    found = [
        Migration(int(match.group(1)), name, text)
        for name, text in entries
        if (match := _NAME.match(name))
    ]
    found.sort()
    for place, migration in enumerate(found, start=1):
        if migration.number != place:
            raise Fatal(
                f"migration {migration.name} stands where number {place:04d} was expected; "
                "number the files of sinks/schema 0001, 0002, 0003 … without gaps"
            )
    return found


def due(migrations: Sequence[Migration], applied: dict[int, str]) -> list[Migration]:
    """Migrations still to be applied. applied: number → sha256 in the store.

    Raises Fatal when an applied one has changed, or is unknown here.
    """
    known = {migration.number: migration for migration in migrations}
    for number, sha256 in sorted(applied.items()):
        if number not in known:
            raise Fatal(
                f"the store has migration {number:04d}, which this version does not know; "
                "use the version of huishang that wrote it, or a newer one"
            )
        if known[number].sha256 != sha256:
            raise Fatal(
                f"migration {known[number].name} changed after it was applied to this store; "
                "put the old file back and write the change as a new migration"
            )
    return [migration for migration in migrations if migration.number not in applied]


def apply(
    store: Store,
    now: datetime,
    migrations: Sequence[Migration] | None = None,
    settings: Settings | None = None,
) -> list[Migration]:
    """Apply what is due, fill the tables of names, make the views anew, and keep rows as long as
    is set. Twice is harmless.

    settings: the zone and counties of views, the cluster, how long rows are kept; without, views
    are those of the defaults, and rows are kept.
    Returns what was applied. Raises Fatal as `due` does, SinkBusy as the store does.
    """
    cluster = settings.clickhouse_cluster if settings else ""
    if cluster and store.folder is not None:
        raise Fatal(f"{store.dsn} is embedded and in no cluster; unset HUISHANG_CLICKHOUSE_CLUSTER")

    def run(statement: str) -> None:
        for one in clustered(statement, cluster):
            store.command(one)

    run(_APPLIED.strip())
    missing = due(shipped() if migrations is None else migrations, _applied(store))
    for migration in missing:
        for statement in statements(migration.text):
            run(statement)
        at_ms = int(now.timestamp() * 1_000)
        store.insert("migrations", [(migration.number, migration.name, migration.sha256, at_ms)])
    if migrations is None:
        _fill(store, "counties", [tuple(county) for county in COUNTIES.values()])
        _fill(store, "categories", [tuple(category) for category in CATEGORIES.values()])
        if settings:
            for statement in retention.changes(_engines(store, cluster), settings):
                run(statement)
        for statement in views.made(_made_by(store, settings)):
            run(statement)
    return missing


def pending(store: Store) -> list[Migration]:
    """What `apply` would apply; changes nothing. Raises Fatal as `due` does."""
    return due(shipped(), _applied(store) if _begun(store) else {})


def show(store: Store) -> list[Shown]:
    """Every migration of this version, and when the store got it."""
    applied: dict[int, datetime] = {}
    if _begun(store):
        rows = store.query("SELECT number, applied_at FROM migrations FINAL")
        applied = {row["number"]: row["applied_at"] for row in rows}
    return [
        Shown(migration.number, migration.name, migration.sha256, applied.get(migration.number))
        for migration in shipped()
    ]


def _begun(store: Store) -> bool:
    """Whether any migration was ever applied."""
    found = store.query("SELECT name FROM system.tables WHERE database = currentDatabase()")
    return {"name": "migrations"} in found


def _made_by(store: Store, settings: Settings | None) -> views.Made:
    [here] = store.query("SELECT currentDatabase() AS database")
    user, password = store.login
    made = views.Made(database=here["database"], user=user, password=password)
    if settings is None:
        return made
    return made._replace(zone=settings.timezone, counties=settings.counties)


def _engines(store: Store, cluster: str) -> dict[str, str]:
    """Table → how it is made, of those that have rows and a TTL of ours."""
    found = store.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    there = {row["name"]: row["engine_full"] for row in found}
    held = {table: local(table, cluster) for table in retention.KEPT}
    return {table: there[name] for table, name in held.items() if name in there}


def _applied(store: Store) -> dict[int, str]:
    rows = store.query("SELECT number, sha256 FROM migrations FINAL")
    return {row["number"]: row["sha256"] for row in rows}


def _fill(store: Store, table: str, wanted: Sequence[Row]) -> None:
    """Upsert the rows that are new or changed. Old codes stay: older totals carry them."""
    columns = COLUMNS[table]
    held = store.query(f"SELECT {', '.join(columns)} FROM {table} FINAL")  # noqa: S608 - our names
    version = max((row["version"] for row in held), default=0) + 1
    same = {tuple(row[column] for column in columns[:-1]) for row in held}
    store.insert(table, [(*row, version) for row in wanted if row not in same])
