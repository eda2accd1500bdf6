"""What commands print: tables for people, JSON for programs."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click
import orjson

T = TypeVar("T")

# orjson writes datetimes, enums and dataclasses itself.
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def as_json(value: Any) -> None:
    """One JSON document on one line of stdout."""
    _document(value)


def _document(value: Any) -> None:
    click.echo(orjson.dumps(value, default=_plain, option=_OPTIONS).decode())


def _plain(value: Any) -> Any:
    """What orjson does not know: named tuples by their names, the rest as text."""
    return value._asdict() if hasattr(value, "_asdict") else str(value)


def first(
    limit: int,
    found: Sequence[T],
    columns: Sequence[str],
    row: Callable[[T], Sequence[object]],
    *,
    as_json: bool,
    empty: str,
) -> None:
    """The first `limit` of what was found, as a table or JSON, and whether there are more.

    found: one more than `limit`, if there are. row: its cells.
    """
    shown = found[:limit]
    if as_json:
        _document(shown)
    else:
        table(columns, map(row, shown), empty)
    if len(found) > limit:
        click.echo(f"There are more than these {limit}; --limit shows more.", err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "none") -> None:
    """Columns aligned; numbers to the right; as wide as its text when not on a terminal."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    kept = [list(row) for row in rows]
    if not kept:
        click.echo(empty)
        return
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | float) for row in kept)
        drawn.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in kept:
        drawn.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    # A pipe has no width: programs and `less -S` get whole lines.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 10_000)
    with console.capture() as capture:
        console.print(drawn)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    click.echo("\n".join(line for line in lines if line))
