"""The bare loop: aiokafka's getmany and a msgspec decode, nothing else. A row to compare with.

python -m bench.bare BOOTSTRAP TOPIC EVENTS     prints one JSON object
"""

import asyncio
import json
import sys
import time

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.contracts import HotlineCallEvent


async def measure(bootstrap: str, topic: str, events: int) -> dict[str, float]:
    """events_per_s and cpu_us_per_event of reading and decoding a topic of four partitions."""
    decode = msgspec.json.Decoder(HotlineCallEvent).decode
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        max_partition_fetch_bytes=4 << 20,
        fetch_max_bytes=16 << 20,
        max_poll_records=20_000,
        enable_auto_commit=False,
        check_crcs=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(4)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    read = 0
    started = cpu_started = 0.0
    while read < events:
        fetched = await consumer.getmany(timeout_ms=500, max_records=20_000)
        if fetched and not started:
            started, cpu_started = time.perf_counter(), time.process_time()
        for records in fetched.values():
            for record in records:
                decode(record.value)
            read += len(records)
    took_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    await consumer.stop()
    return {"events_per_s": read / took_s, "cpu_us_per_event": cpu_s * 1e6 / read}


if __name__ == "__main__":
    bootstrap, topic, events = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(bootstrap, topic, int(events)))))
