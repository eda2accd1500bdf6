"""Every question that the boards ask of the store: of panels, annotations and variables."""

from collections.abc import Iterator
from typing import NamedTuple

from deploy.grafana.board import VARIABLES
from deploy.grafana.boards import BOARDS
from deploy.grafana.macros import Scene, expanded
from deploy.grafana.panel import Sql


class Query(NamedTuple):
    """board, panel: where it is asked. text: with macros. series: rows are (time, …)."""

    board: str
    panel: str
    text: str
    series: bool

    @property
    def name(self) -> str:
        return f"{self.board.removeprefix('huishang-')}/{self.panel}"


def queries() -> Iterator[Query]:
    """In the order of the boards; of panels with several questions each."""
    for board in BOARDS:
        for mark in board.marks:
            yield Query(board.uid, mark.name, mark.question, series=False)
        for panel in board.panels:
            asked = [one for one in panel.questions if isinstance(one, Sql)]
            for number, question in enumerate(asked):
                name = panel.name if number == 0 else f"{panel.name} ({number + 1})"
                yield Query(board.uid, name, question.text, question.series)
    for name, (_, text) in VARIABLES.items():
        yield Query("variables", name, text, series=False)


def statements(scene: Scene) -> Iterator[tuple[str, str]]:
    """(name, SQL as it reaches the store), for a bench or a try."""
    for query in queries():
        yield query.name, expanded(query.text, scene)
