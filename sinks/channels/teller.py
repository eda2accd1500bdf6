"""Runs one channel: reads its topics, sends what the desk says next, commits what was taken.

Kafka is the queue. A record is committed once it was accepted, or decided not to be for the
channel, and the row that says so is in the store. A channel that is down only falls behind;
others do not wait for it. After a crash at most the notice that was being sent goes out again.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from sinks.channels.answers import Answer, Outcome
from sinks.channels.assignor import OneVoice
from sinks.channels.book import Book, kept_since
from sinks.channels.config import Channel
from sinks.channels.desk import Desk, Notice
from sinks.channels.messages import Message, of_alert, of_digest
from sinks.channels.services import Service
from sinks.store import Store
from streams import metrics
from streams.answers import Alert, Digest
from streams.clock import Clock
from streams.errors import SinkBusy
from streams.kafka import reaching
from streams.settings import Settings
from streams.topics import ALERTS, DIGESTS, full_name

_POLL_MS: Final = 500
_AT_ONCE: Final = 500  # records
_KAFKA_RETRY_S: Final = 2.0
_TOLD: Final = """
SELECT alert_id, status, since, county, kind, rule, level, outcome, at, notice, reason, version
FROM notices FINAL
WHERE channel = {channel:String} AND (at >= {start:DateTime} OR alert_id = '')
"""

_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_digest = msgspec.json.Decoder(Digest).decode
log = logging.getLogger(__name__)


class Teller:
    """One channel's task. `state` is one line for the status page."""

    def __init__(
        self, channel: Channel, service: Service, store: Store, settings: Settings, clock: Clock
    ) -> None:
        self.name = channel.name
        self.state = "starting"
        self._channel = channel
        self._service = service
        self._store = store
        self._clock = clock
        self._settings = settings
        self._alerts = full_name(settings, ALERTS)
        self._desk: Desk | None = None
        self._committed: dict[TopicPartition, int] = {}
        self._moves = 0  # how often partitions moved
        self._not_before_s = 0.0  # loop time before which nothing is sent
        self._down = ""
        self._unread = ""  # what the store or the broker said, while one of them is away
        metrics.CHANNEL_UP.labels(self.name).set(1)

    async def run(self) -> None:
        """Loop: tell, until cancelled; a broker that is away is waited for."""
        while True:
            consumer = AIOKafkaConsumer(
                **reaching(self._settings),
                group_id=full_name(self._settings, f"huishang-channel-{self.name}"),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                partition_assignment_strategy=[OneVoice],
                session_timeout_ms=10_000,
                heartbeat_interval_ms=2_000,
                metadata_max_age_ms=15_000,
            )
            consumer.subscribe(
                [self._alerts, full_name(self._settings, DIGESTS)], listener=_Forgetting(self)
            )
            try:
                await consumer.start()
                while True:
                    await self._step(consumer)
            except KafkaError as error:
                self._away(f"Kafka does not answer: {type(error).__name__}")
            finally:
                self.forget()
                await consumer.stop()
            await asyncio.sleep(_KAFKA_RETRY_S)

    def forget(self) -> None:
        """Partitions moved: begin again with what is committed and what the store says."""
        self._desk = None
        self._committed = {}
        self._moves += 1

    async def _step(self, consumer: Any) -> None:
        desk = self._desk or await self._opened(consumer)
        if desk is None:
            self.state = "another sink tells it, or partitions are being assigned"
            await asyncio.sleep(_POLL_MS / 1000)
            return
        await self._read(consumer, desk)
        if self._desk is desk and self._loop_time() >= self._not_before_s:
            await self._tell(desk)
        await self._settle(consumer, desk)
        self._note(consumer, desk)

    async def _opened(self, consumer: Any) -> Desk | None:
        """The desk, once there are partitions and the store says what was told before.

        Reading begins at what is committed, wherever the fetcher got to before this.
        """
        moves, assigned = self._moves, consumer.assignment()
        if not assigned:
            return None
        book = await self._book()
        committed = {tp: await consumer.committed(tp) for tp in assigned}
        if self._moves != moves:
            return None
        self._committed = {tp: offset for tp, offset in committed.items() if offset is not None}
        for tp, offset in self._committed.items():
            consumer.seek(tp, offset)
        if fresh := committed.keys() - self._committed.keys():
            await consumer.seek_to_beginning(*fresh)
        if self._moves == moves:
            self._desk = Desk(self._channel, book, self._settings.zone)
        return self._desk

    async def _book(self) -> Book:
        """What was told before, as soon as the store says it."""
        while True:
            now = self._clock.now()
            parameters = {"channel": self.name, "start": kept_since(now).replace(microsecond=0)}
            try:
                rows = await asyncio.to_thread(self._store.query, _TOLD, parameters)
            except SinkBusy as busy:
                self._away(str(busy))
                await asyncio.sleep(busy.retry_after_s)
            else:
                self._unread = ""
                return Book.of_rows(self.name, rows, now)

    async def _read(self, consumer: Any, desk: Desk) -> None:
        """Take what is there. Nothing more while enough waits, or there is something to send."""
        now = self._clock.now()
        ready = self._loop_time() >= self._not_before_s and desk.next(now) is not None
        (consumer.pause if desk.full else consumer.resume)(*consumer.assignment())
        wait_ms = 0 if ready else _POLL_MS
        found = await consumer.getmany(timeout_ms=wait_ms, max_records=_AT_ONCE)
        if self._desk is not desk:
            return  # partitions moved meanwhile: the next desk reads these again
        for tp, records in found.items():
            for record in records:
                message = self._message(tp.topic, record)
                desk.take((tp.topic, tp.partition), record.offset, message, self._clock.now())

    def _message(self, topic: str, record: Any) -> Message | None:
        if record.value is None:
            return None
        try:
            message = (
                of_alert(_decode_alert(record.value))
                if topic == self._alerts
                else of_digest(_decode_digest(record.value))
            )
        except msgspec.MsgspecError:
            # The sink itself answers such a record with a dead letter.
            metrics.NOTICES.labels(self.name, "unreadable").inc()
            return None
        published = datetime.fromtimestamp((record.timestamp or 0) / 1000, UTC)
        # A record about a time long past is as fresh as its publication.
        return message and message._replace(at=max(message.at, published))

    async def _tell(self, desk: Desk) -> None:
        notice = desk.next(self._clock.now())
        if notice is None:
            return
        answer = await self._told(notice)
        now = self._clock.now()
        aside = desk.is_aside(answer)
        tries = desk.tries + 1
        self._not_before_s = self._loop_time() + desk.settle(answer, now)
        metrics.NOTICES.labels(self.name, answer.outcome.value).inc()
        if aside:
            self._put_aside(notice, answer, tries)
        else:
            self._heard(answer)

    async def _told(self, notice: Notice) -> Answer:
        try:
            return await self._service.tell(notice, self._clock.now())
        except Exception as error:  # one message must not stop the sink, nor its own channel
            return Answer(Outcome.REFUSED, f"it cannot be put into words: {type(error).__name__}")

    def _put_aside(self, notice: Notice, answer: Answer, tries: int) -> None:
        metrics.NOTICES.labels(self.name, "aside").inc()
        ids = [message.key.id for message in notice.messages]
        log.error(
            "channel %s does not want a message (%s, tried %d times): put aside, %s; table notices "
            "has it as refused. Tell staff of it another way, and see why: `huishang channels "
            "test %s`",
            *(self.name, answer.said, tries),
            f"alerts or digests {' '.join(ids)}" if ids else "a summary",
            self.name,
        )

    def _heard(self, answer: Answer) -> None:
        """Say once when the channel goes down, and once when it is up again."""
        if answer.outcome is Outcome.ACCEPTED:
            if self._down:
                log.info("channel %s takes messages again", self.name)
            self._down = ""
        elif answer.outcome is not Outcome.REFUSED and not self._down:
            self._down = answer.said
            then = (
                "its address, key or permission is not right: mend HUISHANG_CHANNELS, or the "
                "robot's settings"
                if answer.outcome is Outcome.MISPLACED
                else "it is tried again until it does"
            )
            log.warning(
                "channel %s takes no messages (%s); %s. What is for it waits",
                *(self.name, answer.said, then),
            )
        metrics.CHANNEL_UP.labels(self.name).set(0 if self._down else 1)

    async def _settle(self, consumer: Any, desk: Desk) -> None:
        """Rows into the store, then offsets: what is committed is written down."""
        offsets = desk.offsets()
        rows, desk.book.rows = desk.book.rows, []
        try:
            await asyncio.to_thread(partial(self._store.insert, "notices", rows))
        except SinkBusy as busy:
            # Telling goes on; after a crash now, what was told since would be told again.
            desk.book.rows = rows + desk.book.rows
            self._away(str(busy))
            return
        self._unread = ""
        for row in rows:
            if row[8] in ("suppressed", "summed"):
                metrics.NOTICES.labels(self.name, str(row[8])).inc()
        wanted = {TopicPartition(*place): offset for place, offset in offsets.items()}
        moved = {tp: offset for tp, offset in wanted.items() if self._committed.get(tp) != offset}
        if not moved or self._desk is not desk:
            return
        try:
            await consumer.commit(moved)
            self._committed.update(moved)
        except (CommitFailedError, IllegalStateError):
            return  # the partitions moved; their new owner begins behind what is committed

    def _note(self, consumer: Any, desk: Desk) -> None:
        ends = {tp: consumer.highwater(tp) for tp in consumer.assignment()}
        lag = sum(
            max(0, (end or 0) - self._committed.get(tp, 0)) for tp, end in ends.items() if end
        )
        metrics.CHANNEL_LAG.labels(self.name).set(lag)
        waiting = f"{desk.waiting} waiting" if desk.waiting else ""
        held = f"{len(desk.book.held)} held back" if desk.book.held else ""
        said = (f"down: {self._down}" if self._down else "up", waiting, held, self._unread)
        self.state = ", ".join(part for part in said if part)

    def _away(self, why: str) -> None:
        """The store or the broker is away: said once until it is back."""
        if not self._unread:
            log.warning("channel %s: %s; trying again", self.name, why)
        self._unread = why

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()


class _Forgetting(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Begins anew whenever partitions move."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:  # noqa: ARG002
        self._teller.forget()

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:  # noqa: ARG002
        self._teller.forget()
