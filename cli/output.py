"""What commands print: tables for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import orjson

# orjson writes datetimes, enums and dataclasses itself; the rest becomes text.
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def as_json(value: Any) -> None:
    """One JSON document on one line of stdout."""
    click.echo(orjson.dumps(value, default=str, option=_OPTIONS).decode())


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
