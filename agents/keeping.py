"""Keeps what tally knows of its partitions: state in memory, journal behind it.

Recovers both up to a claim of our own, journals what changes, takes snapshots.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import OffsetOutOfRangeError

from agents import change as changes
from agents.change import Change
from agents.snapshot import Fresh, parts_of
from agents.state import State
from streams import metrics
from streams.app import App, send_and_wait
from streams.errors import Fatal
from streams.journal import Journal, Position, mark_of
from streams.journal_file import FileJournal
from streams.journal_topic import TopicJournal
from streams.kafka import reaching
from streams.settings import Settings
from streams.topics import JOURNAL, REPORTS, full_name

_FETCH_S: Final = 30.0  # for a record that should be there
_LOOK_S: Final = 2.0  # for one that probably is not
_SINK_S: Final = 5.0  # for the sink to commit what it put away
_PAUSE_S: Final = 60.0  # before it is asked again
_ID_BYTES: Final = 8
_CAUGHT_UP: Final = timedelta(minutes=1)

log = logging.getLogger(__name__)


class Kept:
    """One partition: its state, and how far its journal was read."""

    def __init__(self, partition: int, state: State) -> None:
        self.partition = partition
        self.state = state
        self.position = Position()
        self.fresh = Fresh()
        self.evicted = 0  # incidents, as far as they were told
        self.snapshot_not_before = 0.0  # of time.perf_counter
        # When packs of the past last came; of a partition just recovered, when it was first asked.
        self.behind_at: datetime | None = None
        self._minute = 0
        # Batches and the daily cycle take turns.
        self.turn = asyncio.Lock()

    def looks_at_alerts(self, now: datetime) -> bool:
        """Whether alerts are looked at now: once a minute, and not while what staff did is unread."""
        if self.behind_at is None:
            self.behind_at = now
        minute = int(now.timestamp()) // 60
        if minute == self._minute or now - self.behind_at < _CAUGHT_UP:
            return False
        self._minute = minute
        return True


class Keeper:
    """Recovers, journals and snapshots the partitions of one worker."""

    def __init__(self, settings: Settings, app: App) -> None:
        self._settings = settings
        self._app = app
        self._reports = full_name(settings, REPORTS)
        self._in_files = settings.journal == "file"
        self._journal = self._open_journal()

    def _open_journal(self) -> Journal:
        min_bytes, partitions = self._settings.snapshot_kb << 10, self._settings.partitions
        if self._in_files:
            return FileJournal(self._settings.data / "journal", min_bytes, partitions)

        async def append(topic: str, partition: int, key: bytes, value: bytes | None) -> int:
            return await send_and_wait(self._app, topic, partition, key, value)

        topic = full_name(self._settings, JOURNAL)
        return TopicJournal(topic, reaching(self._settings), append, min_bytes, partitions)

    def unknown(self, partition: int) -> Kept:
        """A partition of which nothing is known yet."""
        settings = self._settings
        state = State(settings.dedupe_days, settings.totals_days, settings.incidents_max)
        return Kept(partition, state)

    async def recover(self, kept: Kept) -> list[Change] | None:
        """Bring a partition's state up to a claim of ours; the changes whose outputs may be missing.

        None if another worker owned it since we last did: entries of ours that
        came after its claim do not count, so the state is to be read anew. Raises
        Fatal if `reports` is not the log that was counted.
        """
        partition = kept.partition
        started = perf_counter()
        log_before, epoch_before = kept.position.log, kept.position.epoch
        recovered = await self._journal.recover(partition, kept.position)
        if epoch_before and kept.position.epoch > epoch_before + 1:
            return None
        await self._make_room(kept, sum(map(len, recovered.chunks)) // _ID_BYTES)
        for bodies in (recovered.chunks, recovered.parts):
            while bodies:  # let go of one by one: of 50 million identities they are 400 MB.
                kept.state.apply(changes.decode(bodies.pop(0)))
        entries = [changes.decode(body) for body in recovered.entries]
        for entry in entries:
            kept.state.apply(entry)
            kept.fresh.note(entry.identities)
        new_log = kept.position.log != log_before and self._in_files
        if new_log:
            kept.state.read.clear()  # the broker forgot its input topics as well
        else:
            await self.check_log(kept)
        took_s = perf_counter() - started
        metrics.RECOVERY_SECONDS.labels(partition).set(took_s)
        log.info(
            "partition %s recovered: %s entries, %s identities, next offset %s, %.3f s",
            partition,
            len(entries),
            len(kept.state.seen),
            kept.position.applied + 1,
            took_s,
        )
        # The last entry's outputs may not have been sent. A broker that forgot its log
        # forgot them all.
        return entries if new_log else entries[-1:]

    async def check_log(self, kept: Kept) -> None:
        """Raise Fatal unless `reports` still holds what the journal has applied.

        What was deleted by age cannot be compared, and is taken to be the same.
        """
        partition, position = kept.partition, kept.position
        applied = position.applied
        if applied < 0:
            return
        tp = TopicPartition(self._reports, partition)
        consumer = AIOKafkaConsumer(
            **reaching(self._settings),
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

    async def journal(self, kept: Kept, applied: int, mark: int, change: Change) -> None:
        """Journal a change, then apply it. applied, mark: see streams.journal.Entry."""
        entry = kept.position.entry(applied, changes.encode(change), mark)
        with metrics.JOURNAL_SECONDS.time():
            await self._journal.append(kept.partition, entry)
        metrics.JOURNAL_RECORDS.inc()
        metrics.JOURNAL_BYTES.inc(len(entry.body))
        metrics.JOURNAL_TAIL.labels(kept.partition).set(self._journal.entry_bytes(kept.partition))
        kept.position.advance(entry)
        await self._make_room(kept, sum(len(ids) for _, ids in change.identities) // _ID_BYTES)
        kept.state.apply(change)
        kept.fresh.note(change.identities)

    async def _make_room(self, kept: Kept, identities: int) -> None:
        """A larger table takes seconds where many millions are held: not on the loop's time."""
        if not kept.state.seen.has_room(identities):
            await asyncio.to_thread(kept.state.seen.reserve, identities)

    async def snapshot_if_due(self, kept: Kept, sent: Mapping[TopicPartition, int]) -> None:
        """Let the journal begin again from the state as it stands, if that pays by now.

        Outputs of earlier entries are not sent again after that: they are on their topics.
        The embedded broker forgets these, so there the sink must have put them away first.
        sent: the last offset of each output.
        """
        partition, started = kept.partition, perf_counter()
        if not self._journal.snapshot_is_due(partition) or started < kept.snapshot_not_before:
            return
        if self._in_files and not await self._sink_has(sent):
            kept.snapshot_not_before = perf_counter() + _PAUSE_S
            return
        written = await self._journal.snapshot(
            partition,
            kept.position,
            parts_of(kept.state),
            kept.fresh.chunks(),
            kept.state.oldest_identity_hour,
        )
        if written is None:
            log.warning("partition %s: no snapshot; the journal goes on as it is", partition)
            return
        kept.fresh.clear()
        metrics.JOURNAL_TAIL.labels(partition).set(self._journal.entry_bytes(partition))
        took_s = perf_counter() - started
        metrics.SNAPSHOT_SECONDS.observe(took_s)
        metrics.SNAPSHOT_BYTES.labels(partition).set(written)
        log.info("partition %s: snapshot of %s bytes, %.2f s", partition, written, took_s)

    async def _sink_has(self, sent: Mapping[TopicPartition, int]) -> bool:
        """Whether the sink, before long, has committed all that was sent."""
        group = full_name(self._settings, "huishang-sink")
        admin = AIOKafkaAdminClient(**reaching(self._settings))
        await admin.start()
        try:
            until = perf_counter() + _SINK_S
            while perf_counter() < until:
                done = await admin.list_consumer_group_offsets(group, partitions=list(sent))
                if all(tp in done and done[tp].offset > at for tp, at in sent.items()):
                    return True
                await asyncio.sleep(0.2)
        finally:
            await admin.close()
        return False


async def _has(
    consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int, mark: int, within_s: float
) -> bool:
    """Whether the record at an offset, to which the consumer was set, is the one of the mark."""
    try:
        record = await asyncio.wait_for(consumer.getone(tp), within_s)
    except (TimeoutError, OffsetOutOfRangeError):
        return False
    return bool(record.offset == offset and mark_of(record.value) == mark)
