"""Publishes a round's file so that every line lies at its own offset, whatever the broker does."""

import asyncio
import threading
import time
from collections import Counter
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from tests.faults.traffic import PARTITIONS, Line

_GIVE_UP_S: Final = 180.0
_LATE_S: Final = 0.2


class Publisher:
    """A thread that sends lines at a rate, and starts over at the ends of the partitions.

    The suite alone writes to these topics, so a partition's end says how many of its
    lines are there. Nothing is published twice that the file does not have twice.
    """

    def __init__(self, bootstrap: str, prefix: str, lines: list[Line], rate: float) -> None:
        self.sent = 0
        self.done_at = 0.0  # monotonic
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._lines = lines
        self._rate = rate
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def running(self) -> bool:
        """Raises what the thread failed with."""
        if self._failed:
            raise self._failed[0]
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._publish())
        except BaseException as error:
            self._failed.append(error)
        finally:
            self.done_at = time.monotonic()

    async def _publish(self) -> None:
        started = time.monotonic()
        while True:
            try:
                left = await self._left()
                if not left:
                    return
                await self._send(left, started)
            except (KafkaError, TimeoutError, OSError) as error:
                if time.monotonic() - started > _GIVE_UP_S:
                    raise
                del error  # the broker is away: look again at what it has
                await asyncio.sleep(_LATE_S)

    async def _left(self) -> list[Line]:
        """Lines the broker has not. Raises AssertionError if it has what is not ours."""
        topics = {line.topic for line in self._lines}
        parts = [
            TopicPartition(self._prefix + topic, part)
            for topic in sorted(topics)
            for part in range(PARTITIONS)
        ]
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        try:
            await consumer.start()
            ends = {
                (tp.topic.removeprefix(self._prefix), tp.partition): end
                for tp, end in (await consumer.end_offsets(parts)).items()
            }
        finally:
            await consumer.stop()
        ours = Counter((line.topic, line.partition) for line in self._lines)
        beyond = {place: end for place, end in ends.items() if end > ours[place]}
        assert not beyond, f"records that the suite did not publish: {beyond}"
        return [line for line in self._lines if line.offset >= ends[line.topic, line.partition]]

    async def _send(self, lines: list[Line], started: float) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, enable_idempotence=True, linger_ms=20
        )
        pending: list[asyncio.Future[object]] = []
        done = len(self._lines) - len(lines)
        try:
            await producer.start()
            for number, line in enumerate(lines, done):
                due_s = started + number / self._rate - time.monotonic()
                if due_s > 0:
                    await asyncio.sleep(due_s)
                topic = self._prefix + line.topic
                headers = list(line.headers)
                pending.append(
                    await producer.send(
                        topic, line.value, line.key, line.partition, headers=headers
                    )
                )
                self.sent = number + 1
                if pending[0].done():
                    pending.pop(0).result()
            await asyncio.gather(*pending)
        finally:
            for future in pending:
                future.cancel()
            await producer.stop()
