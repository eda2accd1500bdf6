"""Texts with the labels people gave them, out of a CSV file, and back with what was predicted."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cli.lines import Lines, encoding_of, opened
from cli.tabular import CsvRows
from streams.errors import UserError

TITLE: Final = "title"
PREDICTED: Final = "predicted"


class Labelled(NamedTuple):
    """A file's rows, in its order; titles are empty where there are none.

    labels: none at all where none were asked for.
    """

    header: list[str]
    rows: list[dict[str, str]]
    titles: list[str]
    texts: list[str]
    labels: list[str]


def read(
    path: Path,
    *,
    text: str,
    label: str | None,
    title: str | None,
    meant: Callable[[str], str] = str,
    unlabelled: bool = False,
    encoding: str | None = None,
) -> Labelled:
    """Read a whole file.

    text, label, title: columns; title None is the column `title` if there is one, label None
    asks for no labels.
    meant: gives a label its one written form; raises ValueError saying what is expected.
    unlabelled: rows may have no label, and then have an empty one.
    Raises UserError for a file, an encoding, a column, a row or a label that cannot be used.
    """
    file = opened(path)
    with open(file, "rb"):
        rows = CsvRows(
            Lines(file),
            encoding_of(path, encoding),
            {column for column in (text, label, title) if column is not None},
        )
        rows.start()
        if title is None and TITLE in rows.header:
            title = TITLE
        found = Labelled(rows.header, [], [], [], [])
        for row in rows:
            if row.problem:
                raise UserError(f"{path} row {row.number} {row.problem}")
            found.rows.append(row.cells)
            found.titles.append(row.cells.get(title, "") if title is not None else "")
            found.texts.append(row.cells.get(text, ""))
            if label is not None:
                blank = unlabelled and not row.cells.get(label, "").strip()
                where = f"{path} row {row.number}"
                found.labels.append("" if blank else _label(where, row.cells, label, meant))
    if not found.rows:
        raise UserError(f"{path} has a header and no rows; there is nothing to judge")
    if unlabelled and not any(found.labels):
        raise UserError(f"{path} has no label in column {label!r}; there is nothing to compare")
    return found


def _label(where: str, cells: Mapping[str, str], column: str, meant: Callable[[str], str]) -> str:
    given = cells.get(column, "").strip()
    if not given:
        raise UserError(
            f"{where} has no label in column {column!r}; every row needs one, or leave the row out"
        )
    try:
        return meant(given)
    except ValueError as error:
        raise UserError(f"{where} has label {given[:40]!r}; expected {error}") from None


def write_predictions(path: Path, labelled: Labelled, predicted: Sequence[str]) -> None:
    """The file's rows and columns with one more, `predicted`; UTF-8. Raises UserError."""
    if PREDICTED in labelled.header:
        raise UserError(f"the file has a column {PREDICTED!r} already; rename it")
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*labelled.header, PREDICTED], lineterminator="\n")
            writer.writeheader()
            for row, label in zip(labelled.rows, predicted, strict=True):
                writer.writerow({**row, PREDICTED: label})
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
