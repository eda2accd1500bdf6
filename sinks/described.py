"""The schema as a page: every view, dictionary and table with what its columns mean."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from sinks.store import Store

_TABLES: Final = """
SELECT name, engine, comment FROM system.tables
WHERE database = currentDatabase() AND (engine IN ('View', 'Dictionary', 'Distributed') OR engine LIKE '%Tree')
ORDER BY name
"""
_COLUMNS: Final = """
SELECT table, name, type, comment FROM system.columns
WHERE database = currentDatabase() ORDER BY table, position
"""
_PARTS: Final = {
    "View": (
        "Views",
        "What boards and other readers read. They need no FINAL, and no right to a table.",
    ),
    "Dictionary": ("Dictionaries", "Names by code: `dictGet('county', 'name', code)`."),
    "Table": (
        "Tables",
        "What the sink writes: upserts, of which the highest version counts. Read them `FINAL`.",
    ),
}


def described(store: Store) -> str:
    """Markdown, made of the comments that the store has. Blocks."""
    columns = defaultdict(list)
    for row in store.query(_COLUMNS):
        columns[row["table"]].append(row)
    lines = [
        "# What the store holds",
        "",
        "Made by `huishang schema describe`. Times are UTC where no zone is said.",
    ]
    tables = store.query(_TABLES)
    for kind, (title, about) in _PARTS.items():
        lines += ["", f"## {title}", about]
        for table in tables:
            held = table["engine"] if table["engine"] in _PARTS else "Table"
            if held == kind and not table["name"].endswith("_local"):
                lines += ["", f"### {table['name']}", _plain(table["comment"]) + ".", ""]
                lines += _rows(columns[table["name"]])
    return "\n".join(lines) + "\n"


def _rows(columns: list[dict[str, Any]]) -> Iterator[str]:
    yield "| column | type | what it is |"
    yield "| --- | --- | --- |"
    for column in columns:
        kind = column["type"].replace("LowCardinality(String)", "String").replace("|", "\\|")
        yield f"| `{column['name']}` | {kind} | {_plain(column['comment'])} |"


def _plain(comment: str) -> str:
    return comment.replace("|", "\\|").strip()
