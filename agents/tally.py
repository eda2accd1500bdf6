"""Tally: packs of `reports` to exact totals, alerts and digests.

All state is per partition of `reports`. A batch is decided, journaled, applied,
and its outputs sent, in that order; so a crash at any point is made good from
the journal: replayed packs are not counted again, and the outputs of the last
entry are sent again (upserts: twice is once).
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import OffsetOutOfRangeError
from faust.types import TP

from agents import change as changes
from agents.change import Change
from agents.condemn import decided_rest
from agents.cycle import decide_cycle, expected_counties
from agents.decide import decide
from agents.rules import Rules
from agents.snapshot import Fresh, parts_of
from agents.state import State
from streams import metrics, packs
from streams.app import App, consume, make_app, send, send_and_wait
from streams.batches import Batch, Record
from streams.clock import Clock
from streams.counties import COUNTIES
from streams.errors import Fatal
from streams.journal import Journal, Position, mark_of
from streams.journal_file import FileJournal
from streams.journal_topic import TopicJournal
from streams.packs import Pack, decode_pack
from streams.poison import Guard
from streams.settings import Settings
from streams.topics import (
    ALERTS,
    COUNTS,
    DEAD_LETTERS,
    DIGESTS,
    JOURNAL,
    REPORTS,
    full_name,
    partition_of,
)

MAX_RECORDS: Final = 64  # packs per batch
# Of packs per journal entry: what they change is no larger, so it stays well under the topic's limit.
ENTRY_BYTES: Final = 1 << 20
TICK_S: Final = 1.0
_FETCH_S: Final = 30.0  # for a record that should be there
_LOOK_S: Final = 2.0  # for one that probably is not
_SINK_S: Final = 5.0  # for the sink to commit what it put away
_PAUSE_S: Final = 60.0  # before it is asked again

_encode_json = msgspec.json.Encoder().encode
log = logging.getLogger(__name__)


class Owned:
    """A partition this worker owns: its state, and how far its journal was read."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.position = Position()
        self.fresh = Fresh()
        self.snapshot_not_before = 0.0  # of time.perf_counter
        # Batches and the daily cycle take turns.
        self.turn = asyncio.Lock()


class Tally:
    """The stage's wiring."""

    def __init__(self, settings: Settings, clock: Clock, rules: Rules) -> None:
        self.app: App = make_app(settings, "tally", max_records=MAX_RECORDS)
        self._settings = settings
        self._clock = clock
        self._rules = rules
        self._zone = settings.zone
        self._reports = full_name(settings, REPORTS)
        self._counts = full_name(settings, COUNTS)
        self._alerts = full_name(settings, ALERTS)
        self._digests = full_name(settings, DIGESTS)
        self._dead_letters = full_name(settings, DEAD_LETTERS)
        self._guard = Guard(settings, "tally")
        self._journal = self._open_journal()
        self._held: dict[int, Owned] = {}
        self._owned: dict[int, Owned] = {}
        self._rebalances = 0
        self._sent: dict[TopicPartition, int] = {}  # last offset per output
        self._counties: dict[int, list[str]] = {}
        for code in COUNTIES:
            partition = partition_of(code, settings.partitions)
            self._counties.setdefault(partition, []).append(code)
        consume(self.app, [self._reports], self._take)
        self.app.on_partitions_revoked.connect(self._let_go, weak=False)
        self.app.on_rebalance_complete.connect(self._take_over, weak=False)

    def _open_journal(self) -> Journal:
        min_bytes = self._settings.snapshot_kb << 10
        if self._settings.journal == "file":
            return FileJournal(self._settings.data / "journal", min_bytes)

        async def append(topic: str, partition: int, key: bytes, value: bytes | None) -> int:
            return await send_and_wait(self.app, topic, partition, key, value)

        topic = full_name(self._settings, JOURNAL)
        return TopicJournal(topic, self._settings.kafka, append, min_bytes)

    # -- ownership ---------------------------------------------------------------

    async def _let_go(self, *_: Any, **__: Any) -> None:
        self._rebalances += 1
        for partition in self._owned:
            metrics.forget_state(partition)
        self._owned.clear()

    async def _take_over(self, *_: Any, **__: Any) -> None:
        """Recover every assigned partition; runs before anything of it is read.

        Partitions that are let go meanwhile are not claimed: that would fence their next owner.
        """
        rebalance = self._rebalances
        partitions = sorted(
            tp.partition for tp in self.app.consumer.assignment() if tp.topic == self._reports
        )
        for partition in partitions:
            if rebalance != self._rebalances:
                return
            held = self._held.get(partition)
            if held is None:
                held = self._held[partition] = self._unknown()
            async with held.turn:
                alone = await self._recover(partition, held)
            if not alone:
                held = self._held[partition] = self._unknown()
                await self._recover(partition, held)
            if rebalance == self._rebalances:
                self._owned[partition] = held

    def _unknown(self) -> Owned:
        return Owned(State(self._settings.dedupe_days, self._settings.totals_days))

    async def _recover(self, partition: int, held: Owned) -> bool:
        """Bring a partition's state up to our claim.

        False if another worker owned it since we last did: entries of ours that
        came after its claim do not count, so the state is to be read anew.
        """
        started = perf_counter()
        log_before, epoch_before = held.position.log, held.position.epoch
        recovered = await self._journal.recover(partition, held.position)
        if epoch_before and held.position.epoch > epoch_before + 1:
            return False
        held.state.seen.reserve(sum(map(len, recovered.chunks)) // 8)
        for body in (*recovered.chunks, *recovered.parts):
            held.state.apply(changes.decode(body))
        entries = [changes.decode(body) for body in recovered.entries]
        for entry in entries:
            held.state.apply(entry)
            held.fresh.note(entry.identities)
        new_log = held.position.log != log_before and self._settings.journal == "file"
        if new_log:
            held.state.read.clear()  # the broker forgot its input topics as well
        else:
            await self._check_log(partition, held.position)
        self.app.start_offsets[TP(self._reports, partition)] = held.position.applied + 1
        # The last entry's outputs may not have been sent. A broker that forgot its log
        # forgot them all.
        for entry in entries if new_log else entries[-1:]:
            await self._send(partition, held, entry)
        log.info(
            "partition %s recovered: %s entries, %s identities, next offset %s, %.3f s",
            partition,
            len(entries),
            len(held.state.seen),
            held.position.applied + 1,
            perf_counter() - started,
        )
        return True

    async def _check_log(self, partition: int, position: Position) -> None:
        """Raise Fatal unless `reports` still holds what the journal has applied.

        What was deleted by age cannot be compared, and is taken to be the same.
        """
        applied = position.applied
        if applied < 0:
            return
        tp = TopicPartition(self._reports, partition)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            start = (await consumer.beginning_offsets([tp]))[tp]
            end = (await consumer.end_offsets([tp]))[tp]
            same = end > applied
            if position.mark and start <= applied:
                consumer.assign([tp])
                consumer.seek(tp, applied)
                # The embedded broker tells an end offset that may be too low.
                within_s = _FETCH_S if same else _LOOK_S
                same = await _has(consumer, tp, applied, position.mark, within_s)
        finally:
            await consumer.stop()
        if not same:
            raise Fatal(
                f"{self._reports}[{partition}] has offsets {start} to {end}, and not the record "
                f"that the journal has applied at offset {applied}: the topic was made anew or "
                "the broker replaced. Put the topic back, or run `huishang journal new-log` to go "
                "on with the counts kept"
            )

    # -- batches and moments -----------------------------------------------------

    async def _take(self, batch: Batch) -> None:
        started = perf_counter()
        partition = batch.tp.partition
        held = self._owned.get(partition)
        if held is None:
            return  # revoked meanwhile: its next owner reads it again
        async with held.turn:
            if batch.forgotten:
                return
            position = held.position
            if batch.first_offset <= position.applied:
                # It was to be read from the next offset on.
                await self._check_log(partition, position)
            records = [record for record in batch.records if record.offset > position.applied]
            for some in _cut(records, ENTRY_BYTES):
                change = await self._decided(Batch(batch.tp, some), held)
                last = some[-1]
                await self._commit(partition, held, last.offset, mark_of(last.value), change)
                self._measure(partition, held.state, change, perf_counter() - started)
                started = perf_counter()
            if (
                self._journal.snapshot_is_due(partition)
                and perf_counter() >= held.snapshot_not_before
            ):
                await self._snapshot(partition, held)
        batch.done()

    async def _decided(self, batch: Batch, held: Owned) -> Change:
        def decided(some: Iterable[tuple[int, Pack]]) -> Change:
            return decide(held.state, some, self._rules, self._zone, held.position.log)

        records = batch.records
        return await self._guard.run(
            batch,
            lambda: decided((one.offset, decode_pack(one.value or b"")) for one in records),
            lambda: decided_rest(batch, records, self._settings.topic_prefix, decided),
        )

    async def tick(self) -> None:
        """Loop: judge what the moment asks for, once a second."""
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock.now()
            for partition, held in list(self._owned.items()):
                async with held.turn:
                    expected = expected_counties(
                        held.state, self._settings.counties, self._counties[partition], now
                    )
                    change = decide_cycle(held.state, now, self._rules, self._zone, expected)
                    if change and self._owned.get(partition) is held:
                        applied, mark = held.position.applied, held.position.mark
                        await self._commit(partition, held, applied, mark, change)

    async def _commit(
        self, partition: int, held: Owned, applied: int, mark: int, change: Change
    ) -> None:
        """Journal a change, apply it, send what follows from it."""
        entry = held.position.entry(applied, changes.encode(change), mark)
        with metrics.JOURNAL_SECONDS.time():
            await self._journal.append(partition, entry)
        metrics.JOURNAL_RECORDS.inc()
        metrics.JOURNAL_BYTES.inc(len(entry.body))
        held.position.advance(entry)
        held.state.apply(change)
        held.fresh.note(change.identities)
        for alert in change.alerts:
            metrics.ALERTS.labels(alert.rule, alert.level).inc()
        for letter in change.dead:
            stream = letter.topic.removeprefix(self._settings.topic_prefix)
            metrics.DEAD_LETTERS.labels(stream, letter.reason).inc()
        await self._send(partition, held, change)

    async def _snapshot(self, partition: int, held: Owned) -> None:
        """Let the journal begin again from the state as it stands.

        Outputs of earlier entries are not sent again after that: they are on their topics.
        The embedded broker forgets these, so there the sink must have put them away first.
        """
        if self._settings.journal == "file" and not await self._sink_has_all():
            held.snapshot_not_before = perf_counter() + _PAUSE_S
            return
        started = perf_counter()
        written = await self._journal.snapshot(
            partition,
            held.position,
            parts_of(held.state),
            held.fresh.chunks(),
            held.state.oldest_identity_hour,
        )
        if written is None:
            log.warning("partition %s: no snapshot; the journal goes on as it is", partition)
            return
        held.fresh.clear()
        took_s = perf_counter() - started
        metrics.SNAPSHOT_SECONDS.observe(took_s)
        metrics.SNAPSHOT_BYTES.labels(partition).set(written)
        log.info("partition %s: snapshot of %s bytes, %.2f s", partition, written, took_s)

    async def _sink_has_all(self) -> bool:
        """Whether the sink, before long, has committed all that was sent by this worker."""
        group = full_name(self._settings, "huishang-sink")
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka)
        await admin.start()
        try:
            until = perf_counter() + _SINK_S
            while perf_counter() < until:
                done = await admin.list_consumer_group_offsets(group)
                if all(tp in done and done[tp].offset > at for tp, at in self._sent.items()):
                    return True
                await asyncio.sleep(0.2)
        finally:
            await admin.close()
        return False

    async def _send(self, partition: int, held: Owned, change: Change) -> None:
        sent = [
            await send(self.app, self._counts, partition, None, packs.encode(totals))
            for totals in held.state.totals(change, held.position.version, partition)
        ]
        for topic, said in (
            (self._alerts, change.alerts),
            (self._digests, change.digests),
            (self._dead_letters, change.dead),
        ):
            for item in said:
                key = item.county_code.encode() or None
                sent.append(await send(self.app, topic, None, key, _encode_json(item)))
        with metrics.SEND_SECONDS.labels(COUNTS).time():
            for at in await asyncio.gather(*sent):
                self._sent[TopicPartition(at.topic, at.partition)] = at.offset

    @staticmethod
    def _measure(partition: int, state: State, change: Change, took_s: float) -> None:
        events = 0
        for row in change.ledger:
            events += row.counted + row.duplicates
            metrics.EVENTS.labels("tally", row.stream).inc(row.counted + row.duplicates)
            metrics.DUPLICATES.labels(row.stream).inc(row.duplicates)
        metrics.BATCH_EVENTS.labels("tally").observe(events)
        metrics.BATCH_SECONDS.labels("tally").observe(took_s)
        metrics.STATE_IDS.labels(partition).set(len(state.seen))
        metrics.STATE_HOURS.labels(partition).set(state.seen.hours)
        metrics.STATE_KEYS.labels(partition).set(len(state.counts.live))


def _cut(records: list[Record], size_bytes: int) -> Iterator[list[Record]]:
    """The records in order, in lists of at least one and at most so many bytes."""
    some: list[Record] = []
    size = 0
    for record in records:
        length = len(record.value or b"")
        if some and size + length > size_bytes:
            yield some
            some, size = [], 0
        some.append(record)
        size += length
    if some:
        yield some


async def _has(
    consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int, mark: int, within_s: float
) -> bool:
    """Whether the record at an offset, to which the consumer was set, is the one of the mark."""
    try:
        record = await asyncio.wait_for(consumer.getone(tp), within_s)
    except (TimeoutError, OffsetOutOfRangeError):
        return False
    return bool(record.offset == offset and mark_of(record.value) == mark)
