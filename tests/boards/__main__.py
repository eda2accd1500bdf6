"""`python -m tests.boards`: rows and milliseconds of every question as its board opens, over the demo's day."""

import tempfile
import time
from pathlib import Path

from deploy.grafana.boards import BOARDS
from deploy.grafana.queries import queries
from tests.boards.asking import over_the_demo_day


def _days(since: str) -> float:
    """Length of a board's time range.

    >>> _days("now-24h"), _days("now-60d")
    (1.0, 60.0)
    """
    return int(since.removeprefix("now-")[:-1]) / {"h": 24, "d": 1}[since[-1]]


def main() -> None:
    boards = {board.uid: (board.title, board.since) for board in BOARDS}
    with (
        tempfile.TemporaryDirectory(prefix="huishang-boards-") as folder,
        over_the_demo_day(Path(folder)) as asking,
    ):
        for query in queries():
            title, since = boards.get(query.board, ("变量 variables", "now-24h"))
            started = time.perf_counter()
            rows = len(asking.ask(query.text, asking.scene(days=_days(since))).rows)
            took_ms = 1_000 * (time.perf_counter() - started)
            print(f"{rows:5} rows {took_ms:6.0f} ms  {title}: {query.panel}")


if __name__ == "__main__":
    main()
