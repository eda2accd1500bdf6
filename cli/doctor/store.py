"""The checks of ClickHouse, in order. They block: called in a thread of their own."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cli.doctor.findings import Finding, listed, ok, problem, sentence, unasked, warning
from cli.doctor.measures import clock, disk
from cli.doctor.reached import shown_certificate
from sinks import migrate
from sinks.rows import COLUMNS
from sinks.server import tls_context
from sinks.store import Store, dsn_for_reading
from streams.errors import Fatal, HuishangError
from streams.settings import PREFIX, Settings, masked, read_run

TRIED: Final = (26, 9)  # what the tests run on, and docker-compose.yml starts
_APPLY: Final = "huishang schema apply"
_PARTS: Final = """
SELECT table, partition, count() AS n FROM system.parts
WHERE active AND database = currentDatabase() GROUP BY table, partition ORDER BY n DESC LIMIT 1
"""
_LIMIT: Final = """
SELECT toUInt32(value) AS n FROM system.merge_tree_settings WHERE name = 'parts_to_delay_insert'
"""
_DISKS: Final = """
SELECT path, free_space, total_space FROM system.disks WHERE type = 'Local' AND total_space > 0
"""
_WRITE_NOTHING: Final = "INSERT INTO {0} SELECT * FROM {0} LIMIT 0"
_CLUSTER: Final = """
SELECT count() AS nodes, (SELECT count() FROM system.macros WHERE macro IN ('shard', 'replica'))
AS macros FROM system.clusters WHERE cluster = {cluster:String}
"""


def checks(settings: Settings) -> list[str]:
    """The names of all checks, in order."""
    tls = ["certificate"] if dsn_for_reading(settings).startswith("https:") else []
    cluster = ["cluster"] if settings.clickhouse_cluster else []
    others = ("version", "time zone", "clock", "schema", "permissions", "parts", "disk")
    return ["reached", *tls, *others, *cluster]


def about(settings: Settings) -> str:
    """Where it is, for people."""
    return masked(dsn_for_reading(settings))


def store(settings: Settings, stage: str | None) -> Iterator[Finding]:
    """Findings as they come. stage: sink: with its user, who must be able to write."""
    dsn = dsn_for_reading(settings)
    if why := _not_to_be_opened(dsn):
        yield why
        return
    try:
        opened = Store.open(dsn, settings)
    except HuishangError as error:
        # Whoever holds an embedded store answers for it on its own endpoint.
        yield (unasked if dsn.startswith("chdb:") else problem)("reached", sentence(error))
        return
    with opened as there:
        yield ok("reached", "it answers")
        if dsn.startswith("https:"):
            server = urlsplit(dsn)
            context = tls_context(settings)
            yield shown_certificate(
                "ClickHouse", server.hostname or "", server.port or 8443, context
            )
        for check, ask in (
            ("version", _version),
            ("time zone", _zone),
            ("clock", _clock),
            ("schema", _schema),
        ):
            yield _answered(check, there, ask)
        if owner := _owner(settings, there):
            yield ok("permissions", f"to be read; {owner} writes it")
            for check in ("parts", "disk"):
                yield unasked(check, f"{owner} does not tell")
            return
        yield _permissions(there, stage)
        yield _answered("parts", there, _parts)
        yield _answered("disk", there, _disk)
        if settings.clickhouse_cluster:
            yield _answered(
                "cluster", there, lambda one: _cluster(one, settings.clickhouse_cluster)
            )


def _not_to_be_opened(dsn: str) -> Finding | None:
    """An embedded store that is not there: to open it would make it."""
    folder = Path(unquote(urlsplit(dsn).path))
    if not dsn.startswith("chdb:") or folder.is_dir():
        return None
    return problem("reached", f"there is no store in {folder}", "huishang run  (it makes one)")


def _answered(check: str, there: Store, ask: Callable[[Store], Finding]) -> Finding:
    try:
        return ask(there)
    except HuishangError as error:
        return unasked(check, sentence(error))


def _version(there: Store) -> Finding:
    [row] = there.query("SELECT version() AS version")
    return version(str(row["version"]))


def version(told: str) -> Finding:
    """
    >>> version("25.8.1.2").said
    'ClickHouse is 25.8.1.2; Huishang is tried with 26.9'
    """
    tried = ".".join(map(str, TRIED))
    if tuple(int(part) for part in told.split(".")[:2]) < TRIED:
        return warning(
            "version",
            f"ClickHouse is {told}; Huishang is tried with {tried}",
            f"upgrade the server to {tried} or newer",
        )
    return ok("version", f"ClickHouse {told}")


def _zone(there: Store) -> Finding:
    [row] = there.query("SELECT timezone() AS zone")
    if row["zone"] not in ("UTC", "Etc/UTC"):
        return warning(
            "time zone",
            f"the server's time zone is {row['zone']}; expected UTC, by which hours are kept",
            "<timezone>UTC</timezone> in the server's configuration, and start it again",
        )
    return ok("time zone", "UTC")


def _clock(there: Store) -> Finding:
    before_s = time.time()
    [row] = there.query("SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms")
    after_s = time.time()
    unsure_s = (after_s - before_s) / 2
    return clock("clock", "ClickHouse", row["now_ms"] / 1_000 - (before_s + unsure_s), unsure_s)


def _schema(there: Store) -> Finding:
    try:
        missing = migrate.pending(there)
    except Fatal as error:  # newer than we are, or changed
        return problem("schema", sentence(error))
    if missing:
        names = listed([one.name for one in missing])
        return problem("schema", f"{len(missing)} migrations are due: {names}", _APPLY)
    return ok("schema", f"every migration is applied, {len(migrate.shipped())} in all")


def _owner(settings: Settings, there: Store) -> str:
    """The `huishang run` whose read-only endpoint is asked, if it is one."""
    run = read_run(settings.data)
    ours = run and there.folder is None and run.settings.get("clickhouse") == settings.clickhouse
    return f"`huishang run` (pid {run.pid})" if run and ours else ""


def _permissions(there: Store, stage: str | None) -> Finding:
    """Whether rows could be written, shown by writing none."""
    try:
        tables = {row["name"] for row in there.query("SHOW TABLES")}
        for table in COLUMNS:
            if table in tables:
                there.command(_WRITE_NOTHING.format(table))
    except HuishangError as error:
        return (problem if stage else warning)(
            "permissions",
            f"the sink could not write with this user: {sentence(error)}",
            f"{PREFIX}CLICKHOUSE=http(s)://USER:PASSWORD@host:port/database of one who may INSERT",
        )
    if not tables & COLUMNS.keys():
        return unasked("permissions", "there is no table to write to")
    return ok("permissions", "this user may read and write every table")


def _parts(there: Store) -> Finding:
    found = there.query(_PARTS)
    if not found:
        return ok("parts", "none yet")
    [limit] = there.query(_LIMIT)
    return parts(found[0], limit["n"])


def parts(most: dict[str, Any], limit: int) -> Finding:
    """most: the partition with most parts. limit: from which on the server slows inserts down."""
    said = (
        f"at most {most['n']} in a partition (table {most['table']}); inserts slow down at {limit}"
    )
    if most["n"] >= limit / 2:
        return warning(
            "parts",
            said,
            f"{PREFIX}SINK_SECONDS=5 (fewer, larger inserts); is the server busy with merges?",
        )
    return ok("parts", said)


def _disk(there: Store) -> Finding:
    found = [
        disk("disk", row["path"], row["free_space"], row["total_space"])
        for row in there.query(_DISKS)
    ]
    if not found:
        return unasked("disk", "the server keeps its parts elsewhere")
    order = ("problem", "warning", "ok")
    return min(found, key=lambda one: order.index(one.verdict.value))


def _cluster(there: Store, cluster: str) -> Finding:
    [row] = there.query(_CLUSTER, {"cluster": cluster})
    if not row["nodes"]:
        return problem(
            "cluster",
            f"the server knows no cluster {cluster} ({PREFIX}CLICKHOUSE_CLUSTER)",
            "clickhouse-client --query 'SHOW CLUSTERS'",
        )
    if row["macros"] < 2:
        return problem(
            "cluster",
            "the server lacks the macros shard and replica, of which paths of tables are made",
            "<macros><shard>01</shard><replica>a</replica></macros> in each server's configuration",
        )
    return ok("cluster", f"{cluster} has {row['nodes']} nodes")
