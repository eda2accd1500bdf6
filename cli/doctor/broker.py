"""Asks Kafka what the checks want to know, and writes nothing there.

async with asking(settings) as admin:
    seen = await cluster(settings, admin, names)
"""

import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from cli.doctor.rights import Rights, group_rights, metadata
from streams.grants import Rule
from streams.kafka import assert_welcome, explained, reaching
from streams.settings import Settings

_TIMEOUT_MS: Final = 10_000
_HIDDEN: Final = 29  # TOPIC_AUTHORIZATION_FAILED
_AHEAD_MS: Final = 2_000


class Partition(NamedTuple):
    """leader: -1 if there is none. copies, in_step: nodes that hold it; those that are up to date."""

    number: int
    leader: int
    copies: Sequence[int]
    in_step: Sequence[int]


class Topic(NamedTuple):
    """A topic by its full name. No partitions: it is not there, or hidden from this user.

    rights, config: None where Kafka does not tell.
    """

    name: str
    hidden: bool
    partitions: Sequence[Partition]
    rights: Rights | None
    config: Mapping[str, str] | None


class Cluster(NamedTuple):
    """brokers: how many answer. topics: those asked for, by full name."""

    brokers: int
    topics: Mapping[str, Topic]

    def partitions(self) -> dict[str, int]:
        """How many each topic has, of those that are there."""
        return {name: len(one.partitions) for name, one in self.topics.items() if one.partitions}


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[Any]:
    """An admin client. Raises AccessRefused or Retryable with the sentence for the user."""
    await assert_welcome(settings)
    admin = AIOKafkaAdminClient(**reaching(settings), request_timeout_ms=_TIMEOUT_MS)
    try:
        await admin.start()
    except (KafkaError, OSError, TimeoutError) as error:
        await admin.close()
        raise await explained(settings, error) from None
    try:
        yield admin
    finally:
        await admin.close()


async def cluster(admin: Any, names: Sequence[str]) -> Cluster:
    """Brokers, and topics with their configuration. Raises KafkaError."""
    told = await metadata(admin, names)
    there = [topic["topic"] for topic in told["topics"] if topic["partitions"]]
    configs = await _configs(admin, there)
    return Cluster(
        len(told["brokers"]),
        {
            topic["topic"]: Topic(
                topic["topic"],
                topic["error_code"] == _HIDDEN,
                [
                    Partition(one["partition"], one["leader"], one["replicas"], one["isr"])
                    for one in topic["partitions"]
                ],
                topic["rights"],
                configs.get(topic["topic"]),
            )
            for topic in told["topics"]
        },
    )


async def _configs(admin: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """All that is set for topics, by the broker as well; without those this user may not ask of."""
    if not names:
        return {}
    # All entries are asked for: a filter makes Tansu hang up.
    answers = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    return {
        name: {key: value for key, value, *_ in entries}
        for answered in answers
        for code, _, _, name, entries in answered.resources
        if code == 0
    }


async def rights_on_groups(admin: Any, rules: Collection[Rule]) -> dict[str, Rights | None]:
    """By the rule's name; of a beginning of names, what may be done with one such group."""
    return {
        rule.name: await group_rights(admin, rule.name + ("doctor" if rule.prefixed else ""))
        for rule in rules
        if rule.kind == "group"
    }


async def ahead_s(settings: Settings, seen: Cluster, names: Collection[str]) -> float:
    """How far the clock of whoever wrote to these topics is ahead of ours; 0 if it is not.

    Kafka tells nobody its own clock. Records that stages wrote carry the clock of their
    machine; one whose time has not come yet here shows that the clocks differ.
    """
    limit_ms = int(time.time() * 1_000) + _AHEAD_MS
    tps = [
        TopicPartition(name, one.number) for name in names for one in seen.topics[name].partitions
    ]
    consumer = AIOKafkaConsumer(**reaching(settings), enable_auto_commit=False)
    await consumer.start()
    try:
        found = await consumer.offsets_for_times(dict.fromkeys(tps, limit_ms))
    finally:
        await consumer.stop()
    # The embedded broker answers with -1 where there is no such record.
    ahead_ms = [one.timestamp for one in found.values() if one and one.timestamp >= limit_ms]
    return max((at_ms / 1_000 - time.time() for at_ms in ahead_ms), default=0.0)
