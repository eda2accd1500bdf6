"""`huishang topics`: makes and shows the topics on the broker.

    async def apply(settings) -> list[Applied]   # makes what is missing, sets retention
    async def facts(settings) -> list[Fact]      # what there is, beside what should be

Both raise Retryable when the broker does not answer. `apply` raises Fatal,
before it changes anything, when a topic that is tied to tally's partitions
exists with another number of them.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Final, NamedTuple

import click
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code

from cli import output
from streams.errors import Fatal
from streams.kafka import explained, reaching
from streams.settings import Settings, load
from streams.topics import TOPICS, Topic, check_partitions, full_name, partitions_on

_TOPIC_EXISTS: Final = 36
_VISIBLE_S: Final = 20.0
_POLL_S: Final = 0.05
_SET_ON_TOPIC: Final = 1  # config_source of DescribeConfigs: set on the topic itself
_OURS: Final = frozenset(key for topic in TOPICS for key in topic.config)


class Done(StrEnum):
    """What `apply` did about a topic."""

    CREATED = "created"
    CONFIGURED = "configured"
    EXISTS = "exists"
    OTHER_CONFIG = "exists, broker keeps its own configuration"


class Applied(NamedTuple):
    """One topic after `apply`. topic: its full name. partitions: as on the broker."""

    topic: str
    partitions: int
    done: Done


class Fact(NamedTuple):
    """One topic as it is and as it should be.

    partitions: 0 when it does not exist. wanted: partitions `apply` would make.
    config: what is set on the topic; wanted_config: what `apply` sets.
    """

    topic: str
    partitions: int
    wanted: int
    replication: int
    config: dict[str, str]
    wanted_config: dict[str, str]
    purpose: str

    @property
    def state(self) -> str:
        """In a word, for people: missing, other configuration, fine."""
        if not self.partitions:
            return "missing"
        if any(self.config.get(key) != value for key, value in self.wanted_config.items()):
            return "other configuration"
        return "fine"


async def apply(settings: Settings) -> list[Applied]:
    """Make every topic of streams/topics.py that is missing, and set what is kept how long."""
    async with _admin(settings) as admin:
        there = await partitions_on(admin)
        check_partitions(settings, there, missing_is_fine=True)
        missing = [topic for topic in TOPICS if full_name(settings, topic.name) not in there]
        await _create(admin, settings, missing)
        there = await _visible(admin, settings)
        check_partitions(settings, there)  # another apply may have been faster
        configured = await _configure(
            admin, settings, [topic for topic in TOPICS if topic not in missing]
        )
        return [
            Applied(
                name := full_name(settings, topic.name),
                there[name],
                Done.CREATED if topic in missing else configured[name],
            )
            for topic in TOPICS
        ]


async def facts(settings: Settings) -> list[Fact]:
    """Every topic of streams/topics.py as it stands on the broker."""
    async with _admin(settings) as admin:
        described = {found["topic"]: found["partitions"] for found in await admin.describe_topics()}
        names = [full_name(settings, topic.name) for topic in TOPICS]
        entries = await _entries(admin, [name for name in names if name in described])
    return [
        Fact(
            topic=name,
            partitions=len(described.get(name, ())),
            wanted=_wanted(settings, topic),
            replication=min((len(part["replicas"]) for part in described.get(name, ())), default=0),
            config={
                entry.key: entry.value
                for entry in entries.get(name, ())
                if entry.own or entry.key in _OURS
            },
            wanted_config=topic.config,
            purpose=topic.purpose,
        )
        for name, topic in zip(names, TOPICS, strict=True)
    ]


def _wanted(settings: Settings, topic: Topic) -> int:
    return topic.partitions or settings.partitions


async def _create(admin: Any, settings: Settings, missing: list[Topic]) -> None:
    if not missing:
        return
    answered = await admin.create_topics(
        [
            NewTopic(
                full_name(settings, topic.name),
                _wanted(settings, topic),
                settings.replication,
                topic_configs=topic.config,
            )
            for topic in missing
        ]
    )
    for name, code, message in answered.topic_errors:
        if code not in (0, _TOPIC_EXISTS):
            raise Fatal(
                f"the broker refused to make topic {name}: {message or for_code(code).__name__}; "
                f"asked for {settings.replication} copies (HUISHANG_REPLICATION)"
            )


async def _visible(admin: Any, settings: Settings) -> dict[str, int]:
    """Partitions by topic once all of ours are known: a broker learns of new ones a little later.

    Raises TimeoutError.
    """
    names = {full_name(settings, topic.name) for topic in TOPICS}
    async with asyncio.timeout(_VISIBLE_S):
        while True:
            there = await partitions_on(admin)
            if names <= there.keys():
                return there
            await asyncio.sleep(_POLL_S)


async def _configure(admin: Any, settings: Settings, topics: list[Topic]) -> dict[str, Done]:
    """Set what differs; AlterConfigs replaces all of a topic's own settings, so keep the rest."""
    wanted = {full_name(settings, topic.name): topic.config for topic in topics}
    entries = await _entries(admin, list(wanted))
    differing = [
        name for name in wanted if not wanted[name].items() <= _plain(entries[name]).items()
    ]
    done = dict.fromkeys(wanted, Done.EXISTS)
    if not differing:
        return done
    try:
        answers = await admin.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.TOPIC, name, configs=_own(entries[name]) | wanted[name]
                )
                for name in differing
            ]
        )
    except IncompatibleBrokerVersion:
        return done | dict.fromkeys(differing, Done.OTHER_CONFIG)
    for answered in answers:
        for code, message, _, name in answered.resources:
            if code:
                why = message or for_code(code).__name__
                raise Fatal(f"the broker refused {wanted[name]} for topic {name}: {why}")
    return done | dict.fromkeys(differing, Done.CONFIGURED)


class _Entry(NamedTuple):
    """One configuration of a topic; own: set on the topic, not the broker's default."""

    key: str
    value: str
    own: bool


async def _entries(admin: Any, names: list[str]) -> dict[str, list[_Entry]]:
    """Every configuration of every topic named; all must exist."""
    if not names:
        return {}
    # All entries are asked for: a filter makes Tansu hang up.
    answers = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    return {
        name: [_Entry(key, value, source == _SET_ON_TOPIC) for key, value, _, source, *_ in entries]
        for answered in answers
        for _, _, _, name, entries in answered.resources
    }


def _plain(entries: list[_Entry]) -> dict[str, str]:
    return {entry.key: entry.value for entry in entries}


def _own(entries: list[_Entry]) -> dict[str, str]:
    return {entry.key: entry.value for entry in entries if entry.own}


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(**reaching(settings), request_timeout_ms=15_000)
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explained(settings, error) from error
    finally:
        await admin.close()


@click.group()
def topics() -> None:
    """Make or show the topics on the broker.

    \b
    Examples:
      huishang topics apply
      huishang topics show
      HUISHANG_KAFKA=kafka-0:9092,kafka-1:9092 HUISHANG_REPLICATION=3 huishang topics apply
    """


@topics.command("apply")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def apply_command(as_json: bool) -> None:
    """Make the topics that are missing and set how long each is kept.

    Safe to repeat. The number of partitions of an existing topic is never changed.
    """
    applied = asyncio.run(apply(load()))
    if as_json:
        output.as_json([one._asdict() for one in applied])
    else:
        output.table(
            ("topic", "partitions", "done"),
            [(one.topic, one.partitions, one.done.value) for one in applied],
        )


@topics.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def show_command(context: click.Context, as_json: bool) -> None:
    """Show every topic as it is on the broker; exits with 1 if one is missing."""
    found = asyncio.run(facts(load()))
    if as_json:
        output.as_json([one._asdict() | {"state": one.state} for one in found])
    else:
        output.table(
            ("topic", "partitions", "copies", "kept", "state", "purpose"),
            [
                (one.topic, one.partitions, one.replication, kept(one), one.state, one.purpose)
                for one in found
            ],
        )
    if any(not one.partitions for one in found):
        context.exit(1)


def kept(fact: Fact) -> str:
    """How long a topic keeps its records, for people.

    >>> kept(Fact("reports", 4, 4, 1, {"retention.ms": "1209600000"}, {}, ""))
    '14 days'
    """
    if "compact" in fact.config.get("cleanup.policy", ""):
        return "last per key"
    retention = fact.config.get("retention.ms", "")
    return f"{int(retention) / 86_400_000:g} days" if retention.isdigit() else "broker default"
