"""Looks how the stages stand, as the broker tells it, and writes it down every ten seconds.

Groups' states, members and committed offsets come from Kafka's admin API, end offsets from a
consumer without a group. Whatever of it the broker does not answer is left out: nothing waits
for this, and nothing fails because of it. Several sinks look at once and write the same rows.
The embedded broker understates end offsets, so lag there is a lower bound.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from sinks.rows import Row, milliseconds
from sinks.store import Store
from streams.clock import Clock, SystemClock
from streams.errors import SinkBusy
from streams.events import EVENTS
from streams.health import Mark, marked
from streams.kafka import reaching
from streams.settings import Settings
from streams.topics import (
    ALERTS,
    COUNTS,
    DEAD_LETTERS,
    DIGESTS,
    REPORTS,
    full_name,
    group_name,
    partitions_on,
)

EVERY_S: Final = 10
_ANSWERS_WITHIN_S: Final = 8.0
_STATE, _MEMBERS = 2, 5  # fields of a described group
UNKNOWN: Final = "unknown"  # the broker does not tell of groups
UNREACHABLE: Final = "unreachable"  # it does not answer at all

READS: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": tuple(EVENTS),
    "tally": (REPORTS,),
    "sink": (COUNTS, ALERTS, DIGESTS, DEAD_LETTERS),
}
_LATEST: Final = """
SELECT stage, at, state, members, partitions, committed, `end`, lag, late_s, seen_at
FROM pipeline_now ORDER BY indexOf(['intake', 'tally', 'sink'], stage)
"""
# Since when what arrives at intake stands where it does.
_QUIET: Final = """
WITH (SELECT argMax(`end`, version) FROM pipeline_health WHERE stage = 'intake') AS newest
SELECT fromUnixTimestamp64Milli(toInt64(max(version)), 'UTC') AS since, count() AS n
FROM pipeline_health WHERE stage = 'intake' AND `end` != newest
"""
log = logging.getLogger(__name__)


class Looked(NamedTuple):
    """What the broker told of one stage. ends: of every partition that the stage reads."""

    state: str
    members: int
    committed: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]


def latest(store: Store) -> list[dict[str, Any]]:
    """Each stage as it was last looked at, in the order of the flow; none before the first look.

    `state` is Kafka's word for the group's, or one of UNKNOWN and UNREACHABLE; `seen_at` is by
    the machine's clock. Raises SinkBusy or Fatal.
    """
    return store.query(_LATEST)


def quiet_since(store: Store) -> datetime | None:
    """When something last arrived from upstream, by the machine's clock; None if that is not known.

    To ten seconds, and of the last 14 days. Raises SinkBusy or Fatal.
    """
    [row] = store.query(_QUIET)
    return row["since"] if row["n"] else None


def lag_of(looked: Looked) -> int:
    """Records between what is committed and the ends; of what was never committed, all.

    >>> one, two = TopicPartition("t", 0), TopicPartition("t", 1)
    >>> lag_of(Looked("Stable", 1, {one: 7}, {one: 9, two: 4}))
    6
    """
    return sum(max(0, end - looked.committed.get(tp, 0)) for tp, end in looked.ends.items())


def noted(looked: Looked, before: Mark | None, now: datetime) -> Mark:
    """How far a stage is, and since when it has been there with work left."""
    return marked(before, sum(looked.committed.values()), lag_of(looked), now)


def row_of(stage: str, looked: Looked, mark: Mark, at: datetime, written: datetime) -> Row:
    """Row of `pipeline_health`. at: by the stages' clock; written: by the machine's."""
    late_s = (written - mark.moved_at).total_seconds() if mark.lag else 0.0
    second = int(at.timestamp())
    return (
        *(stage, second - second % EVERY_S, looked.state, looked.members, len(looked.ends)),
        *(mark.committed, sum(looked.ends.values()), mark.lag, late_s, milliseconds(written)),
    )


class Pipeline:
    """The loop, and what it saw last."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._machine = SystemClock()
        self._marks: dict[str, Mark] = {}
        self._seen: dict[str, Looked] = {}

    async def watch(self) -> None:
        """Loop: look and write down."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look once; a store that is away misses a row."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                self._seen = await looked_at(self._settings)
        except Exception as error:  # brokers differ in what they can answer, and how
            log.debug("the broker does not tell how the stages stand: %r", error)
            nothing = Looked(UNREACHABLE, 0, {}, {})
            self._seen = {
                stage: self._seen.get(stage, nothing)._replace(state=UNREACHABLE, members=0)
                for stage in READS
            }
        written = self._machine.now()
        rows = []
        for stage, looked in self._seen.items():
            mark = self._marks[stage] = noted(looked, self._marks.get(stage), written)
            rows.append(row_of(stage, looked, mark, self._clock.now(), written))
        try:
            await asyncio.to_thread(self._store.insert, "pipeline_health", rows)
        except SinkBusy as busy:
            log.debug("%s; how the stages stood is not written down", busy)


async def looked_at(settings: Settings, stages: Iterable[str] = READS) -> dict[str, Looked]:
    """What the broker tells of these stages now. Raises KafkaError and whatever else goes wrong."""
    admin = AIOKafkaAdminClient(**reaching(settings))
    consumer = AIOKafkaConsumer(**reaching(settings), enable_auto_commit=False)
    try:
        await admin.start()
        await consumer.start()
        there = await partitions_on(admin)
        found = {}
        for stage in stages:
            names = [full_name(settings, topic) for topic in READS[stage]]
            tps = [TopicPartition(name, one) for name in names for one in range(there.get(name, 0))]
            group = group_name(settings, stage)
            found[stage] = Looked(
                *await _group(admin, group),
                await _committed(admin, group, tps),
                await consumer.end_offsets(tps) if tps else {},
            )
        return found
    finally:
        await consumer.stop()
        await admin.close()


async def _group(admin: Any, group: str) -> tuple[str, int]:
    """State and number of members."""
    try:
        [answer] = await admin.describe_consumer_groups([group])
        told = answer.groups[0]
        return str(told[_STATE]), len(told[_MEMBERS])
    except Exception as error:  # not every broker describes groups
        log.debug("the broker does not describe %s: %r", group, error)
        return UNKNOWN, 0


async def _committed(
    admin: Any, group: str, tps: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Committed offsets, of partitions that have one."""
    found = await admin.list_consumer_group_offsets(group, partitions=list(tps))
    return {tp: told.offset for tp, told in found.items() if told.offset >= 0}
