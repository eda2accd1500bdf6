"""Tally: packs of `reports` to exact totals, alerts and digests.

All state is per partition of `reports`. A batch is decided, journaled, applied,
and its outputs sent, in that order; so a crash at any point is made good from
the journal: replayed packs are not counted again, and the outputs of the last
entry are sent again (upserts: twice is once).
"""

import asyncio
import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from faust.types import TP

from agents import change as changes
from agents.change import Change
from agents.condemn import decided_rest
from agents.cycle import decide_cycle, expected_counties
from agents.decide import decide
from agents.rules import Rules
from agents.state import State
from streams import metrics, packs
from streams.app import App, consume, make_app, send, send_and_wait
from streams.batches import Batch
from streams.clock import Clock
from streams.counties import COUNTIES
from streams.errors import Fatal
from streams.journal import FileJournal, Journal, Position, TopicJournal, mark_of
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

MAX_RECORDS: Final = 64  # packs per batch; a journal entry of them stays under 1 MB
TICK_S: Final = 1.0
_FETCH_S: Final = 30.0  # for a record that should be there
_LOOK_S: Final = 2.0  # for one that probably is not

_encode_json = msgspec.json.Encoder().encode
log = logging.getLogger(__name__)


class Owned:
    """A partition this worker owns: its state, and how far its journal was read."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.position = Position()
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
        self._counties: dict[int, list[str]] = {}
        for code in COUNTIES:
            partition = partition_of(code, settings.partitions)
            self._counties.setdefault(partition, []).append(code)
        consume(self.app, [self._reports], self._take)
        self.app.on_partitions_revoked.connect(self._let_go, weak=False)
        self.app.on_rebalance_complete.connect(self._take_over, weak=False)

    def _open_journal(self) -> Journal:
        if self._settings.journal == "file":
            return FileJournal(self._settings.data / "journal")

        async def append(topic: str, partition: int, key: bytes, value: bytes) -> int:
            return await send_and_wait(self.app, topic, partition, key, value)

        return TopicJournal(full_name(self._settings, JOURNAL), self._settings.kafka, append)

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
        bodies = await self._journal.recover(partition, held.position)
        if epoch_before and held.position.epoch > epoch_before + 1:
            return False
        entries = [changes.decode(body) for body in bodies]
        for entry in entries:
            held.state.apply(entry)
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
            "partition %s recovered: %s entries, %s identities, next offset %s, %.1f s",
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
            if records:

                def decided(some: Iterable[tuple[int, Pack]]) -> Change:
                    return decide(held.state, some, self._rules, self._zone, position.log)

                change = await self._guard.run(
                    batch,
                    lambda: decided((one.offset, decode_pack(one.value or b"")) for one in records),
                    lambda: decided_rest(batch, records, self._settings.topic_prefix, decided),
                )
                mark = mark_of(batch.records[-1].value)
                await self._commit(partition, held, batch.last_offset, mark, change)
                self._measure(partition, held.state, change, perf_counter() - started)
        batch.done()

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
        for alert in change.alerts:
            metrics.ALERTS.labels(alert.rule, alert.level).inc()
        for letter in change.dead:
            stream = letter.topic.removeprefix(self._settings.topic_prefix)
            metrics.DEAD_LETTERS.labels(stream, letter.reason).inc()
        await self._send(partition, held, change)

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
            await asyncio.gather(*sent)

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


async def _has(
    consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int, mark: int, within_s: float
) -> bool:
    """Whether the record at an offset, to which the consumer was set, is the one of the mark."""
    try:
        record = await asyncio.wait_for(consumer.getone(tp), within_s)
    except (TimeoutError, OffsetOutOfRangeError):
        return False
    return bool(record.offset == offset and mark_of(record.value) == mark)
