"""A file's rows on their way to the broker: read, turned into events, sent, remembered."""

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from msgspec.structs import replace

from cli import times
from cli.eventing import CONTENT_TYPE, Events
from cli.lines import Idle, Lines, opened
from cli.mapping import Plan, Refused
from cli.producing import Producer, Record
from cli.resuming import Keeper, Point, Progress
from cli.tabular import CsvRows, JsonRows, Row, check_json_columns
from streams.settings import Settings

_IDLE_S: Final = 0.1
_YIELD_EVERY: Final = 512  # rows


class Table(NamedTuple):
    """What is read. path None: standard input."""

    path: Path | None
    as_json: bool
    encoding: str
    delimiter: str | None
    columns: frozenset[str]
    follow: bool

    @contextmanager
    def rows(self) -> "Iterator[tuple[Iterator[Row], Lines]]":
        """Rows from the first on. Raises UserError if the file or a column is missing."""
        fd = 0 if self.path is None else opened(self.path)
        try:
            lines = Lines(fd, follow=self.follow)
            if self.as_json:
                if self.path is not None:
                    check_json_columns(self.path, self.encoding, self.columns)
                yield JsonRows(lines, self.encoding), lines
            else:
                rows = CsvRows(lines, self.encoding, self.columns, self.delimiter)
                rows.start()
                yield rows, lines
        finally:
            if self.path is not None:
                os.close(fd)

    def how_many(self) -> int:
        """How many rows there are: read once through."""
        with Table(*self[:-1], follow=False).rows() as (rows, _):
            return sum(1 for _ in rows)


class Watcher(Protocol):
    """Who is told how it goes."""

    def refused(self, sentence: str) -> None: ...
    def at(self, point: Point, bytes_read: int) -> None: ...


class Times(NamedTuple):
    """The moment of rows without a time: fixed, spread, or when the run started."""

    fixed: datetime | None
    spread: tuple[datetime, datetime] | None

    def chooser(self, progress: Progress) -> Callable[[int], datetime]:
        """Row number → moment."""
        if self.spread is not None:
            start, end = self.spread
            total = progress.total_rows or 1
            return lambda row: times.spread(start, end, row, total)
        moment = self.fixed or progress.started_at
        return lambda _: moment

    def words(self, progress: Progress) -> str:
        """What rows without a time got, for people."""
        if self.spread is not None:
            return f"one of {self.spread[0].isoformat()} until {self.spread[1].isoformat()}"
        return (self.fixed or progress.started_at).isoformat()


class FileChanged(Exception):
    """What had been published is no longer what the file begins with."""


class Sending:
    """One publication, from where it stands to the end of the file."""

    def __init__(
        self,
        table: Table,
        plan: Plan,
        topic: str,
        when: Times,
        progress: Progress,
        keeper: Keeper | None,
        watcher: Watcher,
    ) -> None:
        self.progress = progress
        self._table = table
        self._plan = plan
        self._topic = topic
        self._events = Events(plan, when.chooser(progress))
        self._keeper = keeper
        self._watcher = watcher
        self._bytes_read = 0
        self._read = Point()
        self._unacked: deque[Point] = deque()
        self._acked = 0

    async def run(self, settings: Settings, rate: float | None) -> bool:
        """Send what is left; True at the end of the file, False if cancelled before.

        Either way everything handed over is acknowledged and remembered.
        Raises FileChanged, UserError and Retryable.
        """
        with self._table.rows() as (rows, lines):
            await self._skip(rows)
            self._keep(force=True)
            async with Producer(settings, on_acked=self._on_acked, rate=rate) as producer:
                try:
                    await self._send_all(rows, lines, producer)
                    ended = True
                except asyncio.CancelledError:
                    ended = False
                await producer.flush()
        if ended:
            self._reached(self._read)
        self.progress = replace(self.progress, finished=ended)
        self._keep(force=True)
        return ended

    async def _skip(self, rows: Iterator[Row]) -> None:
        """Read again what is done, so that equal rows keep their places and ids."""
        done = self.progress.point
        while self._read.rows < done.rows:
            try:
                row = next(rows, None)
            except Idle:
                row = None
            if row is None:
                raise FileChanged
            if not row.problem:
                with contextlib.suppress(Refused):
                    self._events.event(row.number, row.cells)
            self._read = Point(rows=row.number, digest=row.digest)
            if row.number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        if self._read.digest != done.digest:
            raise FileChanged
        self._read = done

    async def _send_all(self, rows: Iterator[Row], lines: Lines, producer: Producer) -> None:
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except Idle:
                await producer.settle()
                if not self._unacked:
                    self._reached(self._read)
                self._keep()
                await asyncio.sleep(_IDLE_S)
                continue
            self._bytes_read = lines.bytes_read
            record = self._record(row)
            if record is not None:
                # Noted first: a cancelled send may or may not have taken the record.
                self._unacked.append(self._read)
                await producer.send(record)
            if row.number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
                await producer.settle()
                self._keep()

    def _record(self, row: Row) -> Record | None:
        """The record of a row, None if it is refused; counts it either way."""
        read = replace(self._read, rows=row.number, digest=row.digest)
        reason, event = row.problem, None
        if not reason:
            try:
                event = self._events.event(row.number, row.cells)
            except Refused as refused:
                reason = str(refused)
        if event is None:
            self._watcher.refused(f"row {row.number}: {reason}")
            self._read = replace(read, refused=read.refused + 1)
            return None
        self._read = replace(
            read,
            published=read.published + 1,
            without_time=read.without_time + (not event.timed),
            cut=read.cut + event.cut,
        )
        return Record(self._topic, event.key, event.value, (CONTENT_TYPE,))

    def _on_acked(self, acked: int) -> None:
        point = self.progress.point
        for _ in range(acked - self._acked):
            point = self._unacked.popleft()
        self._acked = acked
        self._reached(point)
        self._keep()

    def _reached(self, point: Point) -> None:
        self.progress = replace(self.progress, point=point)
        self._watcher.at(point, self._bytes_read)

    def _keep(self, *, force: bool = False) -> None:
        if self._keeper is None:
            return
        if force:
            self._keeper.save(self.progress)
        else:
            self._keeper.save_now_and_then(self.progress, time.monotonic())
