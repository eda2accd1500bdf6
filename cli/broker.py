"""A broker, as the commands about tally's journal see it: what they ask it, and do there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from streams.errors import Fatal
from streams.events import EVENTS
from streams.journal_reading import Reading
from streams.journal_topic import TopicJournal
from streams.kafka import explained, reaching
from streams.settings import Settings
from streams.topics import JOURNAL, RECORD_LIMIT_BYTES, TIED, full_name, group_name, partitions_on

_IDLE: Final = ("Empty", "Dead")
_VISIBLE_S: Final = 20.0
_POLL_S: Final = 0.05


class Broker:
    """Clients of one broker, and what is asked of them."""

    def __init__(
        self, settings: Settings, admin: Any, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer
    ) -> None:
        self.settings = settings
        self.admin = admin
        self.journal_name = full_name(settings, JOURNAL)
        self._consumer = consumer
        self._producer = producer

    def journal(self, partitions: int) -> TopicJournal:
        """Tally's, for so many partitions."""
        return TopicJournal(self.journal_name, reaching(self.settings), self.send, 0, partitions)

    async def send(self, topic: str, partition: int, key: bytes, value: bytes | None) -> int:
        sent = await self._producer.send_and_wait(topic, value, key=key, partition=partition)
        return int(sent.offset)

    async def readings(self, partitions: int) -> AsyncIterator[tuple[int, Reading]]:
        """(partition, how it stands) of the journal, read for so many partitions."""
        journal = self.journal(partitions)
        for place in range(partitions):
            yield place, await journal.look(place)

    async def tied(self) -> dict[str, int]:
        """Partitions of each topic that is tied to tally's. Raises Fatal if one is missing."""
        there = await partitions_on(self.admin)
        missing = [topic for topic in TIED if full_name(self.settings, topic) not in there]
        if missing:
            raise Fatal(f"topic {', '.join(missing)} is missing; run `huishang topics apply`")
        return {topic: there[full_name(self.settings, topic)] for topic in TIED}

    async def grow(self, topics: Iterable[str], number: int) -> None:
        """Partitions that are missing; returns when the broker tells them."""
        there = await self.tied()
        names = {full_name(self.settings, topic) for topic in topics if there[topic] < number}
        if names:
            await self.admin.create_partitions({name: NewPartitions(number) for name in names})
        async with asyncio.timeout(_VISIBLE_S):
            while True:
                if all([await self._visible(name, number) for name in names]):
                    return
                await asyncio.sleep(_POLL_S)

    async def _visible(self, name: str, number: int) -> bool:
        """Whether broker and producer know of so many partitions: each learns of them a little later."""
        await self._producer.client.force_metadata_update()
        known = await self._producer.partitions_for(name)
        return len(known) >= number and (await partitions_on(self.admin))[name] >= number

    async def ends(self, topic: str, partitions: int) -> list[int]:
        """Where each partition ends."""
        places = [TopicPartition(full_name(self.settings, topic), n) for n in range(partitions)]
        ends = await self._consumer.end_offsets(places)
        return [ends[place] for place in places]

    async def input_ends(self) -> dict[tuple[str, int], int]:
        """Where each partition of each input ends."""
        there = await partitions_on(self.admin)
        ends = {
            stream: await self.ends(stream, there.get(full_name(self.settings, stream), 0))
            for stream in EVENTS
        }
        return {(stream, n): end for stream, found in ends.items() for n, end in enumerate(found)}

    async def committed(self, stage: str) -> dict[TopicPartition, int]:
        """Next offset of a stage's group, where it has one."""
        group = group_name(self.settings, stage)
        found = await self.admin.list_consumer_group_offsets(group)
        return {place: told.offset for place, told in found.items()}

    async def rewind(self, stage: str, topics: Iterable[str]) -> int:
        """Have a stage that is stopped read these topics from the beginning; records it will read."""
        there = await partitions_on(self.admin)
        names = [full_name(self.settings, topic) for topic in topics]
        places = [TopicPartition(name, n) for name in names for n in range(there.get(name, 0))]
        group = group_name(self.settings, stage)
        member = AIOKafkaConsumer(
            **reaching(self.settings), group_id=group, enable_auto_commit=False
        )
        await member.start()
        try:
            member.assign(places)
            starts = await member.beginning_offsets(places)
            ends = await member.end_offsets(places)
            await member.commit(starts)
        finally:
            await member.stop()
        return sum(ends[place] - starts[place] for place in places)

    async def assert_stopped(self, *stages: str) -> None:
        """Raise Fatal if a worker of these stages runs: it would write in vain, or what nobody reads."""
        for stage in stages:
            group = group_name(self.settings, stage)
            state = await self._state_of(group)
            if state not in _IDLE:
                raise Fatal(
                    f"consumer group {group} is {state}: stop every worker of {' and '.join(stages)} first"
                )

    async def _state_of(self, group: str) -> str:
        """As the group's coordinator says; a broker that is new makes one when it is first asked."""
        async with asyncio.timeout(_VISIBLE_S):
            while True:
                with suppress(GroupCoordinatorNotAvailableError):
                    [answer] = await self.admin.describe_consumer_groups([group])
                    error, _, state, *_ = answer.groups[0]
                    if not error:
                        return str(state)
                await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def broker(settings: Settings) -> AsyncIterator[Broker]:
    """Raises Retryable when the broker does not answer, AccessRefused when it does not let us."""
    admin = AIOKafkaAdminClient(**reaching(settings), request_timeout_ms=30_000)
    consumer = AIOKafkaConsumer(**reaching(settings), enable_auto_commit=False)
    producer = AIOKafkaProducer(
        **reaching(settings), acks="all", max_request_size=RECORD_LIMIT_BYTES
    )
    clients = (admin, consumer, producer)
    started = []
    try:
        for client in clients:
            started.append(client)
            await client.start()
        yield Broker(settings, admin, consumer, producer)
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explained(settings, error) from error
    finally:
        for client in reversed(started):
            await (client.close() if client is admin else client.stop())
