"""Sink: totals, alerts, digests and dead letters into ClickHouse.

Idempotent: rows are upserts, so a batch that comes again changes nothing. Rows
are gathered over partitions and inserted by number or by time, whichever comes
first; a batch is done when its rows are in.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from sinks.cities import Cities
from sinks.days import Days
from sinks.rows import (
    COLUMNS,
    Row,
    milliseconds,
    row_of_alert,
    row_of_dead_letter,
    row_of_digest,
    rows_of_totals,
)
from sinks.store import Store
from streams import metrics, poison
from streams.answers import Alert, DeadLetter, Digest
from streams.app import App, consume, make_app, send
from streams.batches import Batch, Record
from streams.clock import Clock
from streams.errors import SinkBusy
from streams.health import Health
from streams.poison import Condemned
from streams.settings import Settings
from streams.topics import ALERTS, COUNTS, DEAD_LETTERS, DIGESTS, full_name
from streams.totals import decode_totals

MAX_RECORDS: Final = 2_000  # per batch

# What the duty room waits for is rare: inserted at once, but for a gap that keeps parts few.
_AWAITED: Final = frozenset({"alerts", "digests", "alert_actions", "duty_log"})
_GAP_S: Final = 0.2

_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_digest = msgspec.json.Decoder(Digest).decode
_decode_dead_letter = msgspec.json.Decoder(DeadLetter).decode
_encode_json = msgspec.json.Encoder().encode
log = logging.getLogger(__name__)

Rows = Iterable[tuple[str, list[Row]]]


def _totals(value: bytes) -> Rows:
    return rows_of_totals(decode_totals(value)).items()


def _alert(value: bytes) -> Rows:
    return [("alerts", [row_of_alert(_decode_alert(value))])]


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


def _filled(read: Callable[[bytes], Rows], records: Iterable[Record]) -> Rows:
    """The rows of these records, per table and record."""
    return [filled for one in records if one.value is not None for filled in read(one.value)]


def _place(row: Row) -> tuple[str, str, int]:
    """Kind, county and end of the window of a row of `digests`."""
    named = dict(zip(COLUMNS["digests"], row, strict=True))
    return str(named["kind"]), str(named["county"]), int(str(named["window_end"]))


def _awaited_first(table_and_rows: tuple[str, list[Row]]) -> bool:
    return table_and_rows[0] not in _AWAITED


class Gathered:
    """Rows waiting to be inserted, and the batches they came from."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.batches: list[Batch] = []
        self.size = 0

    def add(self, batch: Batch, filled: Rows) -> None:
        for table, rows in filled:
            self.rows[table] += rows
            self.size += len(rows)
        self.batches.append(batch)


class Sink:
    """The stage's wiring."""

    def __init__(self, settings: Settings, store: Store, health: Health, clock: Clock) -> None:
        self.app: App = make_app(settings, "sink", max_records=MAX_RECORDS)
        self._store = store
        self._health = health
        self._rows_at_once = settings.sink_rows
        self._every_s = settings.sink_seconds
        self._names = {full_name(settings, name): name for name in _READERS}
        self._guard = poison.Guard(settings, "sink")
        self._dead_letters = full_name(settings, DEAD_LETTERS)
        self._alerts = full_name(settings, ALERTS)
        self._digests = full_name(settings, DIGESTS)
        self.cities = Cities(store, self._say, clock, settings.zone)
        self.days = Days(store, settings.timezone)
        self._gathered = Gathered()
        self._awaited = asyncio.Event()
        self.when_awaited_is_in: Callable[[], None] = lambda: None
        self._inserting = asyncio.Lock()
        consume(self.app, self._names, self._take)

    async def _take(self, batch: Batch) -> None:
        read = _READERS[self._names[batch.tp.topic]]
        condemned: list[Condemned[Record]] = []

        def rest() -> Rows:
            good, condemned[:] = poison.sift(batch.records, lambda some: _filled(read, some))
            return _filled(read, good)

        filled = await self._guard.run(batch, lambda: _filled(read, batch.records), rest)
        await self._set_aside(batch, condemned)
        self._gathered.add(batch, filled)
        if not _AWAITED.isdisjoint(self._gathered.rows):
            self._awaited.set()
        if self._gathered.size >= self._rows_at_once:
            await self._flush()

    async def _set_aside(self, batch: Batch, condemned: Iterable[Condemned[Record]]) -> None:
        """Send a dead letter and an alert for each, and wait until the broker has them.

        Of an alert there is no alert, and of a dead letter no dead letter: it might be
        another one that cannot be handled.
        """
        topic = self._names[batch.tp.topic]
        sent = []
        for record, error in condemned:
            letter = poison.letter(
                "sink",
                error,
                topic=batch.tp.topic,
                partition=batch.tp.partition,
                offset=record.offset,
                at=datetime.fromtimestamp((record.timestamp or 0) / 1000, UTC),
                size_bytes=len(record.value or b""),
                sha256=hashlib.sha256(record.value or b"").hexdigest(),
            )
            alert = poison.alert(letter, "sink")
            for answers, name, said in (
                (DEAD_LETTERS, self._dead_letters, letter),
                (ALERTS, self._alerts, alert),
            ):
                if topic != answers:
                    sent.append(await send(self.app, name, None, None, _encode_json(said)))
            metrics.DEAD_LETTERS.labels(topic, letter.reason).inc()
            metrics.ALERTS.labels(alert.rule, alert.level).inc()
        await asyncio.gather(*sent)

    async def flush_regularly(self) -> None:
        """Loop: insert what has gathered, every sink_seconds; sooner what people wait for."""
        gap_s = min(_GAP_S, self._every_s)
        while True:
            await asyncio.sleep(gap_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awaited.wait(), self._every_s - gap_s)
            self._awaited.clear()
            await self._flush()

    async def _flush(self) -> None:
        async with self._inserting:
            gathered, self._gathered = self._gathered, Gathered()
            for table, rows in sorted(gathered.rows.items(), key=_awaited_first):
                with metrics.INSERT_SECONDS.labels(table).time():
                    await self._insert(table, rows)
                metrics.SINK_ROWS.labels(table).inc(len(rows))
            if not _AWAITED.isdisjoint(gathered.rows):
                self.when_awaited_is_in()
            self.cities.note(_place(row) for row in gathered.rows["digests"])
            self.days.note(gathered.rows["counts"])
            for batch in gathered.batches:
                batch.done()

    async def _say(self, digest: Digest) -> None:
        """Send a digest of a city; it comes back as any other."""
        key = digest.county_code.encode()
        await (await send(self.app, self._digests, None, key, _encode_json(digest)))

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
