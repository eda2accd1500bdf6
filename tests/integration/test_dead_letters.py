"""`huishang dead-letters`: listing from the store, replaying originals out of Kafka."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from click.testing import CliRunner

from cli import topics
from cli.dead_letters import Filters, found
from cli.main import Exit, main
from cli.producing import Record, produce
from cli.replaying import REPLAY_HEADER, Letter, Outcome, replay
from sinks.migrate import apply
from sinks.rows import row_of_dead_letter
from sinks.store import Store, embedded_dsn
from streams.answers import DeadLetter
from streams.settings import Settings, load
from tests.brokers import Broker

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
VALUES = [b'{"county_code": 1}', b"not json", "会商".encode()]


def letter(offset: int, value: bytes, topic: str = "hotline-calls", **said: Any) -> Letter:
    fields: dict[str, Any] = {
        **dict.fromkeys(("county", "source", "runid", "preview"), ""),
        "topic": topic,
        "partition": 2,
        "offset": offset,
        "reason": "malformed",
        "path": "$",
        "expected": "JSON",
        "at": AT,
        "size_bytes": len(value),
        "sha256": hashlib.sha256(value).hexdigest(),
    }
    return Letter(**(fields | said))


async def publish(settings: Settings) -> None:
    await topics.apply(settings)
    name = f"{settings.topic_prefix}hotline-calls"
    headers = [("content-type", b"application/cloudevents+json"), (REPLAY_HEADER, b"older")]
    await produce(
        settings, [Record(name, b"620702", value, headers, partition=2) for value in VALUES]
    )


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        name = f"{settings.topic_prefix}hotline-calls"
        consumer.assign([TopicPartition(name, partition) for partition in range(4)])
        yield consumer
    finally:
        await consumer.stop()


async def test_originals_are_published_again_with_key_headers_and_where_they_were(
    broker: Broker,
) -> None:
    settings = broker.settings()
    await publish(settings)
    letters = [letter(2, VALUES[2]), letter(1, VALUES[1], f"{broker.topic_prefix}hotline-calls")]
    outcomes = await replay(settings, letters, dry_run=False)
    assert [(one.offset, done) for one, done in outcomes] == [
        (1, Outcome.REPLAYED),
        (2, Outcome.REPLAYED),
    ]
    async with reading(settings) as consumer:
        records = [await consumer.getone() for _ in range(5)]
    again = [record for record in records if dict(record.headers)[REPLAY_HEADER] != b"older"]
    assert [record.value for record in again] == VALUES[1:]
    for record in again:
        assert record.key == b"620702"
        assert [name for name, _ in record.headers] == ["content-type", REPLAY_HEADER]
    told = {dict(record.headers)[REPLAY_HEADER].decode() for record in again}
    assert told == {one.place for one in letters}


async def test_a_dry_run_publishes_nothing(broker: Broker) -> None:
    settings = broker.settings()
    await publish(settings)
    outcomes = await replay(settings, [letter(0, VALUES[0])], dry_run=True)
    assert [done for _, done in outcomes] == [Outcome.FOUND]
    await produce(
        settings,
        [Record(f"{settings.topic_prefix}hotline-calls", None, b"last", partition=2)],
    )
    async with reading(settings) as consumer:
        values = [(await consumer.getone()).value for _ in range(4)]
    assert values == [*VALUES, b"last"]


async def test_what_is_gone_or_another_is_said_and_not_published(broker: Broker) -> None:
    settings = broker.settings()
    await publish(settings)
    letters = [
        letter(0, b"another"),
        letter(900, b"beyond the end"),
        letter(901, b"beyond the end"),
        letter(0, b"x", "reports"),
        letter(0, b"x", "no-such-topic"),
    ]
    outcomes = {
        (one.topic, one.offset): done
        for one, done in await replay(settings, letters, dry_run=False)
    }
    assert outcomes == {
        ("hotline-calls", 0): Outcome.ANOTHER,
        ("hotline-calls", 900): Outcome.GONE,
        ("hotline-calls", 901): Outcome.GONE,
        ("reports", 0): Outcome.NO_STREAM,
        ("no-such-topic", 0): Outcome.NO_STREAM,
    }


@pytest.fixture
def stored(tmp_path: Path) -> Settings:
    """Settings of a store with three dead letters in it."""
    dsn = embedded_dsn(tmp_path / "store")
    letters = [
        DeadLetter(
            reason=reason,
            path="$.data",
            expected="a county",
            topic=topic,
            partition=1,
            offset=offset,
            at=AT.replace(hour=8 + offset),
            county_code=county,
            source=source,
        )
        for offset, (reason, topic, county, source) in enumerate(
            [
                ("malformed", "hotline-calls", "620702", "12345"),
                ("unknown_county", "grid-reports", "", "grid"),
                ("malformed", "t.hotline-calls", "620721", "it's"),
            ]
        )
    ]
    with Store.open(dsn, create=True) as store:
        apply(store, AT)
        store.insert("dead_letters", [row_of_dead_letter(one) for one in letters])
        store.insert("dead_letters", [row_of_dead_letter(one) for one in letters])
    return load(clickhouse=dsn, data=tmp_path, topic_prefix="t.")


@pytest.mark.parametrize(
    ("filters", "offsets"),
    [
        (Filters(), [2, 1, 0]),
        (Filters(limit=2), [2, 1]),
        (Filters(reason="malformed"), [2, 0]),
        (Filters(county="620702"), [0]),
        (Filters(source="it's"), [2]),
        (Filters(topic="hotline-calls"), [2, 0]),
        (Filters(topic="t.hotline-calls"), [2]),
        (Filters(since=AT.replace(hour=9)), [2, 1]),
        (Filters(reason="malformed", since=AT.replace(hour=9)), [2]),
    ],
)
def test_filters_find_each_dead_letter_once_newest_first(
    stored: Settings, filters: Filters, offsets: list[int]
) -> None:
    assert [one.offset for one in found(stored, filters)] == offsets


def test_the_list_is_printed_and_says_when_there_is_more(stored: Settings) -> None:
    environment = {
        "HUISHANG_CLICKHOUSE": stored.clickhouse,
        "HUISHANG_DATA": str(stored.data),
        "HUISHANG_TOPIC_PREFIX": "t.",
    }
    runner = CliRunner()
    listed = runner.invoke(main, ["dead-letters", "list", "--json"], env=environment)
    assert [one["offset"] for one in json.loads(listed.stdout)] == [2, 1, 0]
    table = runner.invoke(main, ["dead-letters", "list", "--limit", "1"], env=environment)
    assert "2026-03-01 18:00:00" in table.stdout  # in Asia/Shanghai
    assert "t.hotline-calls/1/2" in table.stdout
    assert "more than these 1" in table.stderr
    none = runner.invoke(main, ["dead-letters", "list", "--source", "nobody"], env=environment)
    assert none.stdout == "No dead letters.\n"
    for wrong in (["--since", "yesterday"], ["--topic", "reports"], ["--reason", "bad"]):
        refused = runner.invoke(main, ["dead-letters", "list", *wrong], env=environment)
        assert refused.exit_code == Exit.USAGE, refused.output
