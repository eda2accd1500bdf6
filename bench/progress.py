"""How far the benchmarks are: a bar on a terminal, a line per run elsewhere; always on stderr."""

from types import TracebackType
from typing import Self

from rich import progress as bars
from rich.console import Console


class Progress:
    """Counts steps. Use as a context manager."""

    def __init__(self, steps: int) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._bars = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = self._bars.add_task("", total=steps)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def begin(self, name: str, number: int) -> None:
        """What is measured now, in which round counted from 0."""
        self._bars.update(self._task, description=f"round {number + 1}: {name}")

    def end(self) -> None:
        self._bars.advance(self._task)

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(text, markup=False)
