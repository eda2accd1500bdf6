"""Sink: totals, alerts, digests and dead letters into ClickHouse.

Idempotent: rows are upserts, so a batch that comes again changes nothing. Rows
are gathered over partitions and inserted by number or by time, whichever comes
first; a batch is done when its rows are in.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from sinks.rows import (
    Row,
    milliseconds,
    row_of_alert,
    row_of_dead_letter,
    row_of_digest,
    rows_of_totals,
)
from sinks.store import Store
from streams import metrics, packs
from streams.app import App, consume, make_app
from streams.batches import Batch
from streams.contracts import Alert, DeadLetter, Digest
from streams.errors import SinkBusy
from streams.health import Health
from streams.settings import Settings
from streams.topics import ALERTS, COUNTS, DEAD_LETTERS, DIGESTS, full_name

MAX_RECORDS: Final = 2_000  # per batch

_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_digest = msgspec.json.Decoder(Digest).decode
_decode_dead_letter = msgspec.json.Decoder(DeadLetter).decode
log = logging.getLogger(__name__)

Rows = Iterable[tuple[str, list[Row]]]


def _totals(value: bytes) -> Rows:
    return rows_of_totals(packs.decode_totals(value)).items()


def _alert(value: bytes) -> Rows:
    alert = _decode_alert(value)
    return [("alerts", [row_of_alert(alert, milliseconds(alert.raised_at))])]


def _digest(value: bytes) -> Rows:
    digest = _decode_digest(value)
    return [("digests", [row_of_digest(digest, milliseconds(digest.issued_at))])]


def _dead_letter(value: bytes) -> Rows:
    return [("dead_letters", [row_of_dead_letter(_decode_dead_letter(value))])]


_READERS: Final[dict[str, Callable[[bytes], Rows]]] = {
    COUNTS: _totals,
    ALERTS: _alert,
    DIGESTS: _digest,
    DEAD_LETTERS: _dead_letter,
}


class Gathered:
    """Rows waiting to be inserted, and the batches they came from."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.batches: list[Batch] = []
        self.size = 0

    def add(self, batch: Batch, read: Callable[[bytes], Rows]) -> None:
        for record in batch.records:
            if record.value is not None:
                for table, rows in read(record.value):
                    self.rows[table] += rows
                    self.size += len(rows)
        self.batches.append(batch)


class Sink:
    """The stage's wiring."""

    def __init__(self, settings: Settings, store: Store, health: Health) -> None:
        self.app: App = make_app(settings, "sink", max_records=MAX_RECORDS)
        self._store = store
        self._health = health
        self._rows_at_once = settings.sink_rows
        self._every_s = settings.sink_seconds
        self._readers = {full_name(settings, name): read for name, read in _READERS.items()}
        self._gathered = Gathered()
        self._inserting = asyncio.Lock()
        consume(self.app, self._readers, self._take)

    async def _take(self, batch: Batch) -> None:
        self._gathered.add(batch, self._readers[batch.tp.topic])
        if self._gathered.size >= self._rows_at_once:
            await self._flush()

    async def flush_regularly(self) -> None:
        """Loop: insert what has gathered, every sink_seconds."""
        while True:
            await asyncio.sleep(self._every_s)
            await self._flush()

    async def _flush(self) -> None:
        async with self._inserting:
            gathered, self._gathered = self._gathered, Gathered()
            for table, rows in gathered.rows.items():
                with metrics.INSERT_SECONDS.labels(table).time():
                    await self._insert(table, rows)
                metrics.SINK_ROWS.labels(table).inc(len(rows))
            for batch in gathered.batches:
                batch.done()

    async def _insert(self, table: str, rows: list[Row]) -> None:
        """Insert, waiting out a store that is away: then the topics hold what comes."""
        while True:
            try:
                await asyncio.to_thread(self._store.insert, table, rows)
            except SinkBusy as busy:
                log.warning("%s; trying again in %g s", busy, busy.retry_after_s)
                self._health.problem = str(busy)
                metrics.SINK_RETRIES.labels(table).inc()
                await asyncio.sleep(busy.retry_after_s)
            else:
                self._health.problem = ""
                return
