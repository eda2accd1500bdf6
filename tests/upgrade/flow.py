"""Publishes lines of known truth for as long as an upgrade takes, and sees how long counts stand still."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from aiokafka import AIOKafkaProducer

from streams.topics import partition_of
from tests.faults.traffic import PARTITIONS, Line
from tests.stages import Stages
from tests.waiting import eventually_sync

_WAIT_S: Final = 0.05
_LOOK_S: Final = 0.25
_DONE_WITHIN_S: Final = 120.0


class Flow:
    """A thread that sends lines in order, `rate` a second until it is told to hurry.

    So the upgrade takes as long as it takes, and the truth is always that of all lines.
    """

    def __init__(self, bootstrap: str, prefix: str, lines: Iterable[Line], rate: float) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._lines = deque(lines)
        self._rate = rate
        self._hurry = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="flow", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def __enter__(self) -> "Flow":
        return self

    def __exit__(self, *_: object) -> None:
        """Send no more, if it was not finished."""
        self._lines.clear()
        self._hurry.set()
        if self._thread.ident is not None:
            self._thread.join(_DONE_WITHIN_S)

    @property
    def left(self) -> int:
        """Lines that were not sent yet. Raises what sending failed with."""
        if self._failed:
            raise self._failed[0]
        return len(self._lines)

    def also(self, lines: Iterable[Line]) -> None:
        """Send these, in their order, before those that are left."""
        for line in reversed(list(lines)):
            self._lines.appendleft(line)

    def finish(self) -> None:
        """Send what is left at once, and wait until the broker has it."""
        self._hurry.set()
        self._thread.join(_DONE_WITHIN_S)
        assert not self.left
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._publish())
        except BaseException as error:
            self._failed.append(error)

    async def _publish(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, enable_idempotence=True, linger_ms=20
        )
        await producer.start()
        try:
            sent = []
            while self._lines or not self._hurry.is_set():
                if self._lines:
                    line = self._lines.popleft()
                    topic, headers = self._prefix + line.topic, list(line.headers)
                    value, key = line.value, line.key
                    sent.append(
                        await producer.send(topic, value, key, line.partition, headers=headers)
                    )
                if not self._hurry.is_set():
                    await asyncio.sleep(1 / self._rate)
            await asyncio.gather(*sent)
        finally:
            await producer.stop()


class Watch:
    """A thread that looks at the store: how long each partition of `reports` counts nothing new.

    Lines come to each partition all the time, so that is how long the flow of counts was held up.
    """

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._seen = dict.fromkeys(range(PARTITIONS), 0)
        self._since = dict.fromkeys(range(PARTITIONS), time.monotonic())
        self._longest = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def longest_s(self) -> float:
        """The longest that any partition stood still since this was last asked."""
        now = time.monotonic()
        longest = max(self._longest, *(now - since for since in self._since.values()))
        self._longest = 0.0
        self._since = dict.fromkeys(self._since, now)
        return longest

    def until(self, more: int) -> None:
        """Wait until each partition has counted this many more."""
        before = dict(self._seen)

        def counted() -> bool:
            return all(self._seen[one] >= before[one] + more for one in before)

        eventually_sync(counted, within_s=150, what=f"{more} more counted in each partition")

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_S):
            with suppress(OSError):  # it is asked again
                self._look()

    def _look(self) -> None:
        found = dict.fromkeys(range(PARTITIONS), 0)
        for (county, _, _), (counted, repeats) in self._stages.ledger().items():
            found[partition_of(county, PARTITIONS)] += counted + repeats
        now = time.monotonic()
        for partition, n in found.items():
            if n != self._seen[partition]:
                self._longest = max(self._longest, now - self._since[partition])
                self._since[partition] = now
                self._seen[partition] = n
