"""What the journal commands refuse, and where they go on: numbers that do not agree, journals in use."""

from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer

from agents import change as changes
from agents.change import Change
from cli.broker import broker
from cli.savepoints import backup, repartition, restore
from streams.errors import Fatal, UserError
from streams.journal import Position
from streams.settings import Settings
from streams.topics import REPORTS, TIED, full_name, partition_of
from streams.totals import CountRow
from tests.brokers import Broker, make_topics

NOW: Final = datetime(2026, 3, 2, tzinfo=UTC)
AT_MS: Final = int(NOW.timestamp() * 1000)
COUNTIES: Final = (
    *("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621"),
)
ONCE: Final = Counter(COUNTIES)


async def count(settings: Settings, number: int = 1) -> None:
    """As tally: claim every partition, and count so many reports of each of its counties."""
    async with broker(settings) as at:
        journal = at.journal(settings.partitions)
        for place in range(settings.partitions):
            position = Position()
            await journal.recover(place, position)
            rows = [
                CountRow(county, "S01", "phone", AT_MS // 3_600_000, 0, number)
                for county in COUNTIES
                if partition_of(county, settings.partitions) == place
            ]
            body = changes.encode(Change(AT_MS, counts=rows, marks=[("restate", 20_000)]))
            await journal.append(place, position.entry(-1, body))


async def counted(settings: Settings) -> Counter[str]:
    """What is held of each county; on its own partition, or it is missed."""
    found: Counter[str] = Counter()
    async with broker(settings) as at:
        async for place, reading in at.readings(settings.partitions):
            recovered = reading.recovered(f"journal[{place}]")
            for body in (*recovered.parts, *recovered.entries):
                for row in changes.decode(body).counts:
                    assert partition_of(row.county, settings.partitions) == place
                    found[row.county] += row.n
    return found


async def refused(work: Coroutine[Any, Any, Any], why: str) -> None:
    with pytest.raises(Fatal, match=why):
        await work


async def test_topics_that_something_else_made_grow(kafka_only: Broker, tmp_path: Path) -> None:
    four, six = kafka_only.settings(), kafka_only.settings(partitions=6)
    await make_topics(four)
    await count(four)
    async with broker(four) as at:
        await at.grow(TIED, 6)
    await refused(count(six), "is written for 4 partitions, not 6")
    await refused(backup(six, tmp_path / "none", NOW), "is written for 4 partitions")
    await refused(repartition(six, 6, now=NOW), "journal repartition 6 --from 4")
    await refused(repartition(six, 8, now=NOW), "is written for 4 partitions, not 6")
    moved = await repartition(six, 6, now=NOW, before=4, keep=tmp_path / "before")
    assert moved is not None
    assert (moved.partitions_before, moved.partitions) == (4, 6)
    assert await counted(six) == ONCE
    await count(six)
    assert await counted(six) == ONCE + ONCE
    await refused(repartition(six, 6, now=NOW, before=4), "counted for 6 partitions already")
    assert await repartition(six, 6, now=NOW) is None
    assert (tmp_path / "before").stat().st_size > 0


async def test_fewer_partitions_by_way_of_a_savepoint(kafka_only: Broker, tmp_path: Path) -> None:
    four = kafka_only.settings()
    await make_topics(four)
    await count(four)
    await backup(four, tmp_path / "savepoint", NOW)
    with pytest.raises(UserError, match="takes none away again"):
        await repartition(four, 2, now=NOW)
    await refused(restore(four, tmp_path / "savepoint"), "is not empty")
    anew = replace(kafka_only, topic_prefix=f"{kafka_only.topic_prefix}anew.")
    two = anew.settings(partitions=2)
    await make_topics(two)
    told = await restore(two, tmp_path / "savepoint")
    assert (told.partitions_before, told.partitions, told.new_log) == (4, 2, True)
    assert await counted(two) == ONCE
    await _write(two, b"a pack")
    await refused(restore(two, tmp_path / "savepoint"), "with records in them")
    await refused(repartition(two, 3, now=NOW), "1 records of reports are not counted yet")


async def _write(settings: Settings, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka)
    await producer.start()
    try:
        await producer.send_and_wait(full_name(settings, REPORTS), value, partition=1)
    finally:
        await producer.stop()
