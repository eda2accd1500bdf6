"""Reads the end of tally's journal: up to which offset of `reports` it has counted."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.journal import Claim, Entry, Record, Snapshot, decode
from streams.kafka import reaching
from streams.settings import Settings
from streams.topics import JOURNAL, REPORTS, full_name

_LAST: Final = 16  # records of each partition; entries are among them but for seldom moments


def counted(records: Iterable[Record]) -> int | None:
    """The last offset counted, -1 if a new log begins; None where these records do not say.

    >>> counted([Entry("a", 1, 2, 41, b""), Claim("b")])
    41
    """
    applied = None
    for record in records:
        if isinstance(record, Entry | Snapshot):
            applied = record.applied
        elif isinstance(record, Claim) and record.new_log:
            applied = -1
    return applied


async def ends(settings: Settings) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """(partition → last offset of `reports` counted, partition → where `reports` ends).

    Raises KafkaError.
    """
    reports, journal = (full_name(settings, name) for name in (REPORTS, JOURNAL))
    numbers = range(settings.partitions)
    consumer = AIOKafkaConsumer(
        **reaching(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=1 << 20,
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        found = await consumer.end_offsets([TopicPartition(reports, one) for one in numbers])
        tps = [TopicPartition(journal, one) for one in numbers]
        until = await consumer.end_offsets(tps)
        consumer.assign([tp for tp in tps if until[tp]])
        for tp in consumer.assignment():
            consumer.seek(tp, max(0, until[tp] - _LAST))
        records = await _read(consumer, until)
    finally:
        await consumer.stop()
    said = {tp.partition: counted(map(decode, values)) for tp, values in records.items()}
    return (
        {one: offset for one, offset in said.items() if offset is not None},
        {tp.partition: end for tp, end in found.items()},
    )


async def _read(
    consumer: Any, until: Mapping[TopicPartition, int]
) -> dict[TopicPartition, list[bytes]]:
    """Values from where the consumer stands up to the ends it was told."""
    found: dict[TopicPartition, list[bytes]] = {tp: [] for tp in consumer.assignment()}
    while left := [tp for tp in found if await consumer.position(tp) < until[tp]]:
        for tp, records in (await consumer.getmany(*left, timeout_ms=1_000)).items():
            found[tp] += [one.value for one in records if one.value is not None]
    return found
