"""What a publication shows while it runs: a bar on a terminal, refused rows, notes; all on stderr."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cli.resuming import Point

_SHOWN_REFUSALS: Final = 20


class Screen:
    """Tells a person how it goes. Implements cli.sending.Watcher."""

    def __init__(self, path: Path | None) -> None:
        self._refusals = 0
        self._size_bytes = path.stat().st_size if path else None
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("publishing", total=self._size_bytes, done="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        if self._refusals > _SHOWN_REFUSALS:
            click.echo(f"… and {self._refusals - _SHOWN_REFUSALS:,} more rows refused", err=True)

    def refused(self, sentence: str) -> None:
        """Say a refused row; only the first twenty."""
        self._refusals += 1
        if self._refusals <= _SHOWN_REFUSALS:
            self.note(f"refused {sentence}")

    def note(self, sentence: str) -> None:
        """Say one sentence, above the bar if there is one."""
        if self._bar.disable:
            click.echo(sentence, err=True)
        else:
            self._bar.console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    def at(self, point: Point, bytes_read: int) -> None:
        """Move the bar."""
        done = f"{point.published:,} events"
        self._bar.update(self._task, completed=bytes_read, done=done)

    def answering(self, published: int) -> None:
        """From here on the bar shows answers."""
        self._bar.reset(self._task, description="waiting", total=published, done="")

    def answered(self, total: int) -> None:
        """So many events are counted or answered."""
        self._bar.update(self._task, completed=total, done=f"{total:,} answered")
