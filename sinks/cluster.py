"""The same schema for a cluster: replicated tables on every shard, and distributed ones over them.

A table keeps its name, and what reads or writes it stays as it is; its rows are in <name>_local.
Names and migrations are small and read on the spot: every node has all of them. Expected of the
cluster: the macros {shard} and {replica}, and Keeper.
"""

import re
from typing import Final

# Rows of one key must meet on one shard, or the newer would not replace the older: a part of
# the sort key, by default its first column.
_SHARDED_BY: Final = {
    "dead_letters": "topic, `partition`, `offset`",
    "notices": "channel, alert_id",
}
EVERYWHERE: Final = frozenset({"counties", "categories", "migrations"})
_TABLE: Final = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)\n")
_ALTER: Final = re.compile(r"ALTER TABLE (\w+)\b")
_OTHER: Final = re.compile(
    r"(CREATE VIEW IF NOT EXISTS|CREATE OR REPLACE VIEW|CREATE OR REPLACE DICTIONARY) ([\w.]+)\n"
)
_SORT_KEY: Final = re.compile(r"\nORDER BY \(?(`?\w+`?)")
_ENGINE: Final = re.compile(r"\nENGINE = ReplacingMergeTree(?:\((\w+)\))?")
# A distributed table has columns, but neither parts nor their properties.
_OF_PARTS: Final = re.compile(r"ALTER TABLE \w+\s+MODIFY (COMMENT|TTL|SETTING)\b")


def clustered(statement: str, cluster: str) -> list[str]:
    """A statement as a cluster needs it; as it is when cluster is empty.

    >>> clustered("ALTER TABLE counts ADD COLUMN a UInt8", "")
    ['ALTER TABLE counts ADD COLUMN a UInt8']
    >>> for one in clustered("ALTER TABLE counts ADD COLUMN a UInt8", "city"):
    ...     print(one)
    ALTER TABLE counts_local ON CLUSTER city ADD COLUMN a UInt8
    ALTER TABLE counts ON CLUSTER city ADD COLUMN a UInt8
    """
    if not cluster:
        return [statement]
    if made := _TABLE.match(statement):
        return _tables(statement, made[1], cluster)
    if altered := _ALTER.match(statement):
        name = altered[1]
        tables = [local(name, cluster)]
        if tables != [name] and not _OF_PARTS.match(statement):
            tables.append(name)
        rest = statement[altered.end() :]
        return [f"ALTER TABLE {table} ON CLUSTER {cluster}{rest}" for table in tables]
    return [_OTHER.sub(rf"\1 \2 ON CLUSTER {cluster}\n", statement, count=1)]


def local(table: str, cluster: str) -> str:
    """The table that has the rows of a node.

    >>> local("counts", "city"), local("counties", "city"), local("counts", "")
    ('counts_local', 'counties', 'counts')
    """
    return table if not cluster or table in EVERYWHERE else f"{table}_local"


def _tables(statement: str, name: str, cluster: str) -> list[str]:
    everywhere = name in EVERYWHERE
    path = "/clickhouse/tables/{uuid}" if everywhere else "/clickhouse/tables/{uuid}/{shard}"
    replica = "{shard}-{replica}" if everywhere else "{replica}"

    def replicated(engine: re.Match[str]) -> str:
        version = f", {engine[1]}" if engine[1] else ""
        return f"\nENGINE = ReplicatedReplacingMergeTree('{path}', '{replica}'{version})"

    table = local(name, cluster)
    made = statement.replace(
        f"CREATE TABLE IF NOT EXISTS {name}\n",
        f"CREATE TABLE IF NOT EXISTS {table} ON CLUSTER {cluster}\n",
        1,
    )
    made = _ENGINE.sub(replicated, made, count=1)
    made = made.replace("non_replicated_deduplication_window", "replicated_deduplication_window")
    if everywhere:
        return [made]
    key = _SORT_KEY.search(statement)
    by = _SHARDED_BY.get(name) or (key[1] if key else "")
    over = f"Distributed({cluster}, currentDatabase(), {table}, cityHash64({by}))"
    return [
        made,
        f"CREATE TABLE IF NOT EXISTS {name} ON CLUSTER {cluster} AS {table}\nENGINE = {over}",
    ]
