"""`huishang link`: which rows of a file are the same matter, by the code that tally runs."""

import csv
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Final, NamedTuple

import click

from agents.linking import Linker
from agents.mention import Mention, mentions
from cli import output, times
from cli.lines import encoding_of
from cli.sending import Table
from streams.contracts import TEXT_LIMIT, TITLE_LIMIT
from streams.errors import UserError
from streams.settings import load

_AT_ONCE: Final = 512  # texts
_TITLE: Final = "title"


class Row(NamedTuple):
    """at_s: seconds since 1970 UTC; None where the file says no time."""

    id: str
    county: str
    at_s: int | None
    title: str
    text: str


@click.command(
    epilog="\b\nExamples:\n  huishang link --csv mailbox.csv --id id --text text --time time "
    "--out links.csv\n"
    "  huishang link --csv mailbox.csv --id number --title subject --text content \\\n"
    "      --time at --county county --out links.csv --json"
)
@click.option("--csv", "csv_file", required=True, metavar="FILE", help="CSV with a header line.")
@click.option("--id", "id_column", required=True, help="Column of what tells rows apart.")
@click.option("--text", "text_column", required=True, help="Column of the text.")
@click.option("--title", "title_column", help="Column of the title.  [default: title, if there]")
@click.option("--time", "time_column", help="Column of the time; may be empty.")
@click.option("--county", "county_column", help="Column of the county; else all rows are of one.")
@click.option("--out", required=True, metavar="FILE", help="Gets the columns id, incident.")
@click.option("--encoding", help="Of the file.  [default: UTF-8, else GB18030]")
@click.option("--delimiter", metavar="CHAR", help="Between cells; \\t for a tab.  [default: found]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def link(
    csv_file: str,
    id_column: str,
    text_column: str,
    title_column: str | None,
    time_column: str | None,
    county_column: str | None,
    out: str,
    encoding: str | None,
    delimiter: str | None,
    as_json: bool,
) -> None:
    """Say which rows of a CSV file are the same matter.

    Rows are linked in the order of their times, those without a time at the end and
    whatever their age; times without an offset are those of HUISHANG_TIMEZONE. The
    output has the rows in the order of the input, and numbers incidents as they come.
    """
    path = Path(csv_file)
    columns = [id_column, text_column, title_column, time_column, county_column]
    table = Table(
        path,
        False,
        encoding_of(path, encoding),
        delimiter.replace("\\t", "\t") if delimiter else None,
        frozenset(column for column in columns if column),
        False,
    )
    chosen = _Columns(
        id_column, county_column or "", time_column or "", title_column or _TITLE, text_column
    )
    rows = _read(table, chosen, load().zone)
    incidents = linked(rows)
    numbers: dict[int, int] = {}
    try:
        with Path(out).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "incident"))
            writer.writerows(
                (row.id, numbers.setdefault(first, len(numbers) + 1))
                for row, first in zip(rows, incidents, strict=True)
            )
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}") from None
    _say(out, incidents, as_json)


class _Columns(NamedTuple):
    """Names of columns; "" where there is none."""

    id: str
    county: str
    time: str
    title: str
    text: str


def _read(table: Table, columns: _Columns, zone: tzinfo) -> list[Row]:
    """All rows. Raises UserError for a row that cannot be read, and for a time."""
    rows: list[Row] = []
    with table.rows() as (found, _):
        for row in found:
            if row.problem:
                raise UserError(f"row {row.number} {row.problem}")
            cells = row.cells
            rows.append(
                Row(
                    cells[columns.id],
                    cells.get(columns.county, ""),
                    _at_s(cells.get(columns.time, ""), zone, row.number),
                    cells.get(columns.title, "")[:TITLE_LIMIT],
                    cells[columns.text][:TEXT_LIMIT],
                )
            )
    return rows


def _at_s(written: str, zone: tzinfo, number: int) -> int | None:
    if not written.strip():
        return None
    try:
        return int(times.read(written, zone).timestamp())
    except times.UnreadableTime as error:
        raise UserError(f"row {number}: expected {error}, or no time at all") from None


def linked(rows: Sequence[Row]) -> list[int]:
    """For each row the number of the first row of its incident; counted from 0."""
    found: list[Mention] = []
    for start in range(0, len(rows), _AT_ONCE):
        found += mentions([(row.title, row.text) for row in rows[start : start + _AT_ONCE]])
    linker = Linker()
    incidents = [0] * len(rows)
    for number in sorted(range(len(rows)), key=lambda number: _when(rows[number])):
        row = rows[number]
        incidents[number] = linker.link(row.county, found[number], number, row.at_s)
    return incidents


def _when(row: Row) -> float:
    return float("inf") if row.at_s is None else row.at_s


def _say(out: str, incidents: list[int], as_json: bool) -> None:
    several = {first for number, first in enumerate(incidents) if number != first}
    linked = sum(first in several for first in incidents)
    told = {
        "rows": len(incidents),
        "incidents": len(set(incidents)),
        "of_several_rows": len(several),
        "rows_in_these": linked,
        "out": out,
    }
    if as_json:
        output.as_json(told)
        return
    click.echo(
        f"{told['rows']:,} rows are {told['incidents']:,} incidents; {len(several):,} of them have "
        f"several rows, {linked:,} together. Written to {out}"
    )
