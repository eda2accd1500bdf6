"""Every question of Grafana's boards, run on the engine over the demo's day."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from agents.redaction import redact
from cli.demo_day import BURST
from deploy.grafana.boards import BOARDS
from deploy.grafana.macros import AdHoc, expanded
from deploy.grafana.panel import Column, Panel
from deploy.grafana.queries import Query, queries
from tests.boards.asking import SETTINGS, Answer, Asking, over_the_demo_day

QUERIES = list(queries())
PANELS = [(board.uid, panel) for board in BOARDS for panel in board.panels if board.on_store]
NUMBER = re.compile(r"(Nullable\()?(U?Int|Float|Decimal)")
MOMENT = re.compile(r"(Nullable\()?Date(Time)?(64)?")
TEXT = re.compile(r"(LowCardinality\()?(Nullable\()?String")


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with over_the_demo_day(tmp_path_factory.mktemp("boards")) as asking:
        yield asking


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_question_is_answered(asking: Asking, query: Query, setting: str) -> None:
    answer = asking.answer(query, setting)
    assert answer.rows, "nothing to show"
    if query.series:
        _is_a_series(answer)


def _is_a_series(answer: Answer) -> None:
    """Time first and rising, then names, then numbers: what the datasource makes series of."""
    [time_, *others] = answer.types.items()
    assert time_[0] == "time"
    assert re.match(r"DateTime", time_[1]), "not a moment, or one that may be missing"
    times = [row["time"] for row in answer.rows]
    assert times == sorted(times)
    kinds = ["text" if TEXT.match(kind) else "number" for _, kind in others]
    assert kinds == sorted(kinds, reverse=True), "names stand before numbers"
    assert all(NUMBER.match(kind) or TEXT.match(kind) for _, kind in others)
    assert "number" in kinds
    named = [
        tuple(row[name] for name, kind in answer.types.items() if not NUMBER.match(kind))
        for row in answer.rows
    ]
    assert len(set(named)) == len(named), "two values of one series at one time"


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda one: getattr(one, "name", one))
def test_columns_are_those_that_the_panel_shows(asking: Asking, board: str, panel: Panel) -> None:
    types: dict[str, str] = {}
    for query in QUERIES:
        if query.board == board and query.panel.startswith(panel.name):
            types |= asking.answer(query, "all").types
    for column in panel.columns:
        if not column.pattern and not column.name.startswith("Trend #") and "\\" not in column.name:
            assert column.name in types, column.name
            _fits(column, types[column.name])
    text = json.dumps([dict(panel.options), list(panel.changes)], ensure_ascii=False)
    fields = re.findall(r'"(?:field|\w+Field|latitude|longitude)": "(\w+)"', text)
    assert set(fields) - {"lastNotNull"} <= types.keys()


def _fits(column: Column, kind: str) -> None:
    """Units are of numbers; a time shows itself."""
    if column.unit or column.decimals is not None or column.steps:
        assert NUMBER.match(kind), (column.name, kind)


@pytest.mark.parametrize("mark", [mark for board in BOARDS for mark in board.marks])
def test_annotations_have_time_text_and_tags(asking: Asking, mark: Any) -> None:
    answer = asking.ask(mark.question, asking.scene())
    assert list(answer.types) == ["time", "text", "tags"]
    assert MOMENT.match(answer.types["time"])


def test_counts_are_those_of_the_day(asking: Asking) -> None:
    """The board's reports per county are the truth of the day, hour by hour."""
    scene = asking.scene()
    first, last = int(scene.start.timestamp()), int(scene.end.timestamp())
    truth: Counter[str] = Counter()
    for (county, _, _, hour), n in asking.day.truth.counts.items():
        if first <= hour * 3_600 <= last:
            truth[county] += n
    table = next(q for q in QUERIES if q.name.endswith("course and change (2)"))
    found = {row["county"]: int(row["reports"]) for row in asking.answer(table, "all").rows}
    assert found == truth
    one = asking.answer(table, "county").rows
    assert [(row["county"], int(row["reports"])) for row in one] == [(BURST, truth[BURST])]


def test_nothing_shown_is_of_a_person(asking: Asking) -> None:
    """The redactor finds nothing to take out of any text that any board shows."""
    for query in QUERIES:
        answer = asking.answer(query, "all")
        texts = {
            row[name]
            for row in answer.rows
            for name, kind in answer.types.items()
            if TEXT.match(kind)
        }
        assert [text for text in texts if text and redact(text) != text] == [], query.name


@pytest.mark.parametrize(("days", "read"), [(1, "counts"), (90, "count_days")])
def test_long_ranges_are_read_by_day_and_short_ones_by_hour(
    asking: Asking, days: float, read: str
) -> None:
    figure = next(query for query in QUERIES if query.name.endswith("报告数 · Reports"))
    sql = expanded(figure.text, asking.scene(days=days))
    estimated = asking.store.query(f"EXPLAIN ESTIMATE {sql}")
    assert {row["table"] for row in estimated if row["parts"]} == {read}


def test_a_filter_that_a_reader_adds_is_obeyed(asking: Asking) -> None:
    """Where settings may be given: not by readers of an embedded store."""
    channels = next(query for query in QUERIES if query.name.endswith("Reports by channel"))
    scene = asking.scene()
    only = replace(
        scene, filters=[AdHoc("count_hours.channel", "=", "phone")], filtered_table="count_hours"
    )
    assert len({row["channel"] for row in asking.ask(channels.text, scene).rows}) > 1
    found = asking.store.query(expanded(channels.text, only))
    assert {row["channel"] for row in found} == {"phone"}
