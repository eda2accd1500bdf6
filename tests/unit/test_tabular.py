"""Rows out of files as people save them: encodings, delimiters, quotes, growth, pipes."""

import csv
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.lines import Idle, Lines, detect_encoding
from cli.tabular import CsvRows, JsonRows, Row, check_json_columns
from streams.errors import UserError


@contextmanager
def opened(path: Path, *, follow: bool = False) -> Iterator[Lines]:
    fd = os.open(path, os.O_RDONLY)
    try:
        yield Lines(fd, follow=follow)
    finally:
        os.close(fd)


def rows_of(path: Path, encoding: str = "utf-8", delimiter: str | None = None) -> list[Row]:
    with opened(path) as lines:
        return list(CsvRows(lines, encoding, {"text"}, delimiter))


def written(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_people_save_in(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path / "a.csv", "text,time\r\n路灯不亮𠮷,2026/3/1\r\n", encoding)
    found = detect_encoding(path)
    assert found == ("gb18030" if encoding == "gb18030" else "utf-8")
    assert [row.cells for row in rows_of(path, found)] == [
        {"text": "路灯不亮𠮷", "time": "2026/3/1"}
    ]


def test_a_byte_wrong_in_both_encodings_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\n路灯，坏\n".encode() + b"\xff\n")
    with pytest.raises(UserError, match=r"neither utf-8 \(byte \d+\) nor gb18030 \(byte \d+\)"):
        detect_encoding(path)


def test_utf16_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="UTF-16"):
        detect_encoding(written(tmp_path / "a.csv", "text\n", "utf-16"))


def test_a_character_cut_off_at_the_end_does_not_change_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\n路灯".encode()[:-1])
    assert detect_encoding(path) == "utf-8"


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, mark: str) -> None:
    path = written(tmp_path / "a.csv", f'id{mark}"text"{mark}time\n1{mark}"a, b; c"{mark}2026\n')
    assert rows_of(path)[0].cells == {"id": "1", "text": "a, b; c", "time": "2026"}


def test_one_column_full_of_punctuation_stays_one_column(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'text\n"a; b, c"\n')
    assert rows_of(path)[0].cells == {"text": "a; b, c"}


def test_a_missing_column_lists_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "内容,时间\nx,y\n")
    with pytest.raises(UserError, match="no column 'text'; the columns are: 内容, 时间"):
        rows_of(path)


def test_a_column_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="twice"):
        rows_of(written(tmp_path / "a.csv", "text,text\nx,y\n"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="empty"):
        rows_of(written(tmp_path / "a.csv", ""))


def test_blank_lines_are_no_rows_and_short_rows_are_fine(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text,time\n\na,2026\n,,\nb\n")
    assert [(row.number, row.cells) for row in rows_of(path)] == [
        (1, {"text": "a", "time": "2026"}),
        (2, {"text": "b"}),
    ]


def test_a_row_with_too_many_cells_is_a_problem_not_a_shift(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text,time\na, with a comma,2026\nb,2026\n")
    first, second = rows_of(path)
    assert first.problem == "has 3 cells where the header has 2"
    assert not first.cells
    assert second.cells["text"] == "b"


def test_huge_fields_and_line_breaks_inside_quotes(tmp_path: Path) -> None:
    text = "长" * 300_000 + '\n"quoted",\r\n'
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], [text], ["next"]])
    assert [row.cells["text"] for row in rows_of(path)] == [text, "next"]


def test_a_quote_never_closed_is_a_problem_of_its_row(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'text,time\na,1\n"b,2\nc,3\n')
    first, second = rows_of(path)
    assert first.cells["text"] == "a"
    assert "not closed" in second.problem


def test_the_digest_tells_what_was_read_so_far(tmp_path: Path) -> None:
    one = rows_of(written(tmp_path / "1.csv", "text\na\nb\nc\n"))
    grown = rows_of(written(tmp_path / "2.csv", "text\na\nb\nc\nd\n"))
    changed = rows_of(written(tmp_path / "3.csv", "text\nA\nb\nc\n"))
    assert [row.digest for row in grown][:3] == [row.digest for row in one]
    assert not {row.digest for row in changed} & {row.digest for row in one}


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    rows=st.lists(st.lists(_CELL, min_size=2, max_size=2), max_size=6),
    cuts=st.lists(st.integers(1, 40), max_size=30),
)
def test_rows_do_not_depend_on_how_a_pipe_delivers_them(
    rows: list[list[str]], cuts: list[int]
) -> None:
    """Whatever csv writes is read back, a few bytes at a time, with pauses in between."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["text", "b"], *rows])
    content = text.getvalue().encode()
    reading, writing = os.pipe()
    got: list[dict[str, object]] = []
    try:
        table = CsvRows(Lines(reading), "utf-8", {"text"})
        while cuts and content:
            os.write(writing, content[: cuts[-1]])
            content = content[cuts.pop() :]
            with suppress(Idle):
                got.extend(row.cells for row in table)
        os.write(writing, content)
        os.close(writing)
        writing = -1
        got += [row.cells for row in table]
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)
    expected = [
        {"text": first, "b": second} for first, second in rows if first.strip() or second.strip()
    ]
    assert got == expected


def test_a_followed_file_gives_whole_rows_only(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'text\na\n"b,')
    with opened(path, follow=True) as lines, path.open("a") as file:
        table = CsvRows(lines, "utf-8", {"text"})
        assert next(table).cells == {"text": "a"}
        with pytest.raises(Idle):
            next(table)
        file.write("\nstill b")
        file.flush()
        with pytest.raises(Idle):
            next(table)
        file.write('"\n')
        file.flush()
        assert next(table).cells == {"text": "b,\nstill b"}
        os.truncate(path, 0)
        with pytest.raises(UserError, match="shorter"):
            next(table)


def test_json_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl", '\ufeff{"text": "a", "n": 1}\n\n[1]\n{"text": \n{"text": "b"}'
    )
    with opened(path) as lines:
        rows = list(JsonRows(lines, "utf-8"))
    assert [(row.number, row.cells, row.problem) for row in rows] == [
        (1, {"text": "a", "n": 1}, ""),
        (2, {}, "is not a JSON object"),
        (3, {}, "is not JSON in utf-8"),
        (4, {"text": "b"}, ""),
    ]


def test_a_json_array_is_refused_in_words(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", '[{"text": "a"}]\n')
    with opened(path) as lines, pytest.raises(UserError, match="an object a line"):
        next(JsonRows(lines, "utf-8"))


def test_columns_of_json_lines_are_looked_for_in_the_first_objects(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", '{"a": {"b": "x"}}\n{"text": "y"}\n')
    check_json_columns(path, "utf-8", {"text", "a.b"})
    with pytest.raises(UserError, match="no column 'txt'; the columns are: a, text"):
        check_json_columns(path, "utf-8", {"txt"})
