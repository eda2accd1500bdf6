"""Rows out of CSV and JSON-lines, streamed: one row in memory at a time."""

import csv
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from cli.lines import Idle, Lines
from streams.errors import UserError

DELIMITERS: Final = ",\t;|"
# Texts run to a few thousand characters; far longer is a quote that was never closed.
_FIELD_LIMIT: Final = 8 << 20
_SAMPLE_LINES: Final = 100
_UTF8_BOM: Final = b"\xef\xbb\xbf"


class Row(NamedTuple):
    """One row: its number (from 1, header apart), its cells by column, where it ends.

    problem: why it cannot be read, never what it holds; then cells is empty.
    digest: xxh3-64 of every byte up to and including this row: a point to resume from.
    """

    number: int
    cells: dict[str, Any]
    digest: int
    problem: str = ""


class _Text:
    """Decoded lines, without byte order mark; what csv.reader reads from."""

    def __init__(self, lines: Lines, encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines).removeprefix(_UTF8_BOM).decode(self._encoding)


class CsvRows:
    """Rows of a CSV file; the first line names the columns.

    needed: columns that must be there, else UserError lists those that are.
    delimiter: None picks whichever of comma, tab, semicolon and bar parts the
    header into most columns (csv.Sniffer is misled by punctuation in prose).
    header: the columns' names, once the first line was read.
    Iterating raises Idle when there is nothing to read now.
    """

    def __init__(
        self, lines: Lines, encoding: str, needed: Set[str], delimiter: str | None = None
    ) -> None:
        self._lines = lines
        self._encoding = encoding
        self._needed = needed
        self._delimiter = delimiter
        self._reader: Iterator[list[str]] | None = None
        self.header: list[str] = []
        self._number = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        while True:
            cells: list[str] = []
            problem = ""
            try:
                if self._reader is None:
                    self._reader = self._open()
                cells = next(self._reader)
            except Idle:
                self._lines.give_back()
                raise
            except UnicodeDecodeError:
                # Where the record ends is unknown, so what follows cannot be trusted either.
                raise UserError(
                    f"row {self._number + 1} is not {self._encoding}; see --encoding"
                ) from None
            except csv.Error as error:
                problem = f"cannot be read as CSV: {error}"
            if self._lines.ends_in_open_quote():
                problem = "opens a quote that is not closed before the end of the file"
            digest = self._lines.accept()
            if not problem and not any(map(str.strip, cells)):
                continue
            self._number += 1
            if any(map(str.strip, cells[len(self.header) :])):
                problem = f"has {len(cells)} cells where the header has {len(self.header)}"
            named = {} if problem else dict(zip(self.header, cells, strict=False))
            return Row(self._number, named, digest, problem)

    def start(self) -> None:
        """Read the header now if it is there, so that a missing column is said at once."""
        try:
            self._reader = self._open()
        except Idle:
            self._lines.give_back()

    def _open(self) -> Iterator[list[str]]:
        """A reader that is past the header."""
        csv.field_size_limit(_FIELD_LIMIT)
        text = _Text(self._lines, self._encoding)
        try:
            delimiter = self._delimiter or _delimiter_of(next(text))
            self._lines.give_back()
            reader = csv.reader(text, delimiter=delimiter)
            header = [name.strip() for name in next(reader)]
        except StopIteration:
            raise UserError("the file is empty; expected a line that names the columns") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise UserError(
                f"the first line does not name columns in {self._encoding} CSV ({_why(error)}); "
                "see --encoding and --delimiter"
            ) from None
        check_columns(self._needed, header)
        self._lines.accept()
        self.header = header
        return reader


def _why(error: Exception) -> str:
    # The decoder's own message quotes bytes of the file.
    return "cannot be decoded" if isinstance(error, UnicodeDecodeError) else str(error)


def _delimiter_of(header: str) -> str:
    r"""The delimiter that parts a header into most columns; a comma if none does.

    >>> _delimiter_of("time\ttitle, long\ttext\n"), _delimiter_of("text\n")
    ('\t', ',')
    """
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def check_columns(needed: Set[str], present: Sequence[str]) -> None:
    """Raises UserError for a column that is missing, or there twice."""
    listed = ", ".join(name if len(name) <= 24 else name[:24] + "…" for name in present)
    for column in sorted(needed):
        if column not in present:
            raise UserError(f"no column {column!r}; the columns are: {listed}")
        if present.count(column) > 1:
            raise UserError(f"column {column!r} is there twice; the columns are: {listed}")


class JsonRows:
    """Rows of a JSON-lines file: an object a line. Iterating raises Idle as CsvRows does."""

    def __init__(self, lines: Lines, encoding: str) -> None:
        self._lines = lines
        self._encoding = encoding
        self._number = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        while True:
            line = next(self._lines).removeprefix(_UTF8_BOM).strip()
            digest = self._lines.accept()
            if not line:
                continue
            self._number += 1
            cells, problem = _object(line, self._encoding)
            if problem and self._number == 1 and line.startswith(b"["):
                raise UserError("this is one JSON array; expected JSON lines, an object a line")
            return Row(self._number, cells, digest, problem)


def _object(line: bytes, encoding: str) -> tuple[dict[str, Any], str]:
    try:
        value = orjson.loads(line if encoding == "utf-8" else line.decode(encoding))
    except (orjson.JSONDecodeError, UnicodeDecodeError):
        return {}, f"is not JSON in {encoding}"
    return (value, "") if isinstance(value, dict) else ({}, "is not a JSON object")


def check_json_columns(path: Path, encoding: str, needed: Set[str]) -> None:
    """Raises UserError if none of the first objects of a file has a column that is needed."""
    present: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, _SAMPLE_LINES):
            cells, _ = _object(line.removeprefix(_UTF8_BOM), encoding)
            present.update(dict.fromkeys(cells))
            present.update(dict.fromkeys(name for name in needed if cell(cells, name) is not None))
    if present:
        check_columns(needed, list(present))


def cell(cells: Mapping[str, Any], column: str) -> Any:
    """A row's value, None if absent; a dotted column reaches into objects.

    >>> cell({"data": {"content": "路灯不亮"}}, "data.content")
    '路灯不亮'
    """
    if column in cells:
        return cells[column]
    value: Any = cells
    for name in column.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
