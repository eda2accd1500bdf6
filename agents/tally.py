"""Tally: packs of `reports` to exact totals, alerts and digests.

All state is per partition of `reports`. A batch is decided, journaled, applied,
and its outputs sent, in that order; so a crash at any point is made good from
the journal: replayed packs are not counted again, and the outputs of the last
entry are sent again (upserts: twice is once).
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final

import msgspec
from aiokafka import TopicPartition
from faust.types import TP
from msgspec.structs import replace

from agents.alerting.moment import decide_moment
from agents.cases.workdays import knows
from agents.change import Change
from agents.condemn import decided_rest
from agents.cycle import decide_cycle, expected_counties
from agents.decide import decide
from agents.keeping import Keeper, Kept
from agents.rules import Rules
from agents.statistical import decide_statistics
from streams import metrics, packs
from streams.app import App, consume, make_app, send
from streams.batches import Batch, Record
from streams.clock import Clock
from streams.counties import COUNTIES
from streams.journal import mark_of
from streams.packs import Pack, decode_pack
from streams.poison import Guard
from streams.settings import Settings
from streams.stage import give_memory_back
from streams.topics import (
    ALERTS,
    COUNTS,
    DEAD_LETTERS,
    DIGESTS,
    REPORTS,
    full_name,
    partition_of,
)

MAX_RECORDS: Final = 64  # packs per batch
# Of packs per journal entry: what they change is no larger, so it stays well under the topic's limit.
ENTRY_BYTES: Final = 1 << 20
# But a case is journaled whole, with all its steps.
CASE_WEIGHT: Final = 8
TICK_S: Final = 1.0
_LIMITS_AHEAD: Final = timedelta(days=31)
_BEHIND: Final = timedelta(minutes=5)  # older packs: there is more to be read
RECOVER_AT_ONCE: Final = 2  # partitions: much of it is waiting; what was read takes memory

_CASES: Final = b"case-updates"
_HEAD_BYTES: Final = 32  # of a pack: format, time, stream

_encode_json = msgspec.json.Encoder().encode
log = logging.getLogger(__name__)


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
        self._keeper = Keeper(settings, self.app)
        self._held: dict[int, Kept] = {}
        self._owned: dict[int, Kept] = {}
        self._rebalances = 0
        self._guessed: set[int] = set()  # years whose working days are
        self._sent: dict[TopicPartition, int] = {}  # last offset per output
        self._counties: dict[int, list[str]] = {}
        for code in COUNTIES:
            partition = partition_of(code, settings.partitions)
            self._counties.setdefault(partition, []).append(code)
        consume(self.app, [self._reports], self._take)
        self.app.on_partitions_revoked.connect(self._let_go, weak=False)
        self.app.when_assigned.append(self._take_over)

    def use(self, rules: Rules) -> None:
        """Judge by these from the next batch or moment on."""
        self._rules = rules

    # -- ownership ---------------------------------------------------------------

    async def _let_go(self, *_: Any, **__: Any) -> None:
        self._rebalances += 1
        for partition in self._owned:
            metrics.forget_state(partition)
        self._owned.clear()

    async def _take_over(self) -> None:
        """Recover every assigned partition, some at once; runs before anything of it is read.

        Partitions that are let go meanwhile are not claimed: that would fence their next owner.
        """
        rebalance = self._rebalances
        some = asyncio.Semaphore(RECOVER_AT_ONCE)

        async def take_over(partition: int) -> None:
            async with some:
                if rebalance == self._rebalances:
                    kept = await self._recovered(partition)
                    if rebalance == self._rebalances:
                        self._owned[partition] = kept

        assigned = [
            tp.partition for tp in self.app.consumer.assignment() if tp.topic == self._reports
        ]
        await asyncio.gather(*map(take_over, sorted(assigned)))
        give_memory_back()

    async def _recovered(self, partition: int) -> Kept:
        kept = self._held.get(partition) or self._keeper.unknown(partition)
        async with kept.turn:
            unsent = await self._keeper.recover(kept)
        if unsent is None:
            kept = self._keeper.unknown(partition)
            unsent = await self._keeper.recover(kept) or []
        kept.behind_at = None
        self._held[partition] = kept
        self.app.start_offsets[TP(self._reports, partition)] = kept.position.applied + 1
        for change in unsent:
            await self._send(kept, change)
        return kept

    # -- batches and moments -----------------------------------------------------

    async def _take(self, batch: Batch) -> None:
        started = perf_counter()
        kept = self._owned.get(batch.tp.partition)
        if kept is None:
            return  # revoked meanwhile: its next owner reads it again
        async with kept.turn:
            if batch.forgotten:
                return
            applied = kept.position.applied
            if batch.first_offset <= applied:
                # It was to be read from the next offset on.
                await self._keeper.check_log(kept)
            records = [record for record in batch.records if record.offset > applied]
            for some in _cut(records, ENTRY_BYTES):
                change = await self._decided(Batch(batch.tp, some), kept)
                last = some[-1]
                await self._commit(kept, last.offset, mark_of(last.value), change)
                self._measure(kept, change, perf_counter() - started)
                started = perf_counter()
            await self._keeper.snapshot_if_due(kept, self._sent)
            if kept.state.at_ms < (self._clock.now() - _BEHIND).timestamp() * 1000:
                kept.behind_at = self._clock.now()
        batch.done()

    async def _decided(self, batch: Batch, kept: Kept) -> Change:
        def decided(some: Iterable[tuple[int, Pack]]) -> Change:
            return decide(
                kept.state,
                some,
                self._rules,
                self._zone,
                kept.position.log,
                self._settings.topic_prefix,
            )

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
            self._warn_of_calendar(now)
            for partition, kept in list(self._owned.items()):
                async with kept.turn:
                    expected = expected_counties(
                        kept.state, self._settings.counties, self._counties[partition], now
                    )
                    await self._commit_moment(
                        kept, decide_cycle(kept.state, now, self._rules, self._zone, expected)
                    )
                    await self._commit_moment(
                        kept, decide_statistics(kept.state, now, self._rules, self._zone)
                    )
                    if kept.looks_at_alerts(now):
                        await self._commit_moment(
                            kept, decide_moment(kept.state, now, self._rules, self._zone)
                        )

    async def _commit_moment(self, kept: Kept, change: Change | None) -> None:
        if change and self._owned.get(kept.partition) is kept:
            position = kept.position
            await self._commit(kept, position.applied, position.mark, change)

    def _warn_of_calendar(self, now: datetime) -> None:
        """Say once of each year that its working days are guessed, before limits reach into it."""
        year = (now + _LIMITS_AHEAD).year
        if year in self._guessed or knows(year):
            return
        self._guessed.add(year)
        if not any(day.year == year for day in self._rules.calendar.days_off):
            log.warning(
                "the working days of %d are not known: Monday to Friday are taken for them; "
                "a newer chinesecalendar knows, or say it under calendar in the rules",
                year,
            )

    async def _commit(self, kept: Kept, applied: int, mark: int, change: Change) -> None:
        """Journal a change, apply it, send what follows from it."""
        raised = [alert for alert in change.alerts if alert.id not in kept.state.alerts]
        await self._keeper.journal(kept, applied, mark, change)
        for alert in raised:
            metrics.ALERTS.labels(alert.rule, alert.level).inc()
        for step in change.actions:
            metrics.ALERT_STEPS.labels(step.action, step.verdict).inc()
        for letter in change.dead:
            stream = letter.topic.removeprefix(self._settings.topic_prefix)
            metrics.DEAD_LETTERS.labels(stream, letter.reason).inc()
        await self._send(kept, change)

    async def _send(self, kept: Kept, change: Change) -> None:
        sent = [
            await send(self.app, self._counts, kept.partition, None, packs.encode(totals))
            for totals in kept.state.totals(change, kept.position.version, kept.partition)
        ]
        held, version = kept.state.alerts, kept.position.version
        alerts = [replace(held.get(alert.id, alert), version=version) for alert in change.alerts]
        for topic, said in (
            (self._alerts, alerts),
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
    def _measure(kept: Kept, change: Change, took_s: float) -> None:
        partition, state = kept.partition, kept.state
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
        metrics.STATE_INCIDENTS.labels(partition).set(len(state.incidents))
        metrics.INCIDENTS_EVICTED.inc(state.incidents.evicted - kept.evicted)
        kept.evicted = state.incidents.evicted


def _cut(records: list[Record], size_bytes: int) -> Iterator[list[Record]]:
    """The records in order, in lists of at least one and at most so many bytes."""
    some: list[Record] = []
    size = 0
    for record in records:
        length = len(record.value or b"")
        if _CASES in (record.value or b"")[:_HEAD_BYTES]:
            length *= CASE_WEIGHT
        if some and size + length > size_bytes:
            yield some
            some, size = [], 0
        some.append(record)
        size += length
    if some:
        yield some
