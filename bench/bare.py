"""The row `bare`: aiokafka's getmany and a msgspec decode, nothing else, in a process of its own.

python -m bench.bare BOOTSTRAP TOPIC EVENTS     prints one JSON object
"""

import asyncio
import json
import subprocess
import sys
import time

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.rows import Row
from bench.site import STREAM, Lab
from streams.events import HotlineCallEvent


def measure(lab: Lab) -> Row:
    site = lab.input()
    argv = [sys.executable, "-m", "bench.bare", site.bootstrap, site.topic(STREAM), str(lab.events)]
    row: Row = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
    return row


async def read(bootstrap: str, topic: str, events: int) -> Row:
    """Read and decode a topic of four partitions."""
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
    # Before the first fetch: what it brings, 16 MB, is no gift.
    started, cpu_started = time.perf_counter(), time.process_time()
    while read < events:
        fetched = await consumer.getmany(timeout_ms=500, max_records=20_000)
        for records in fetched.values():
            for record in records:
                decode(record.value)
            read += len(records)
    took_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    await consumer.stop()
    return {"events_per_s": read / took_s, "cpu_us_per_event": cpu_s * 1e6 / read}


if __name__ == "__main__":
    bootstrap, topic, events = sys.argv[1:]
    print(json.dumps(asyncio.run(read(bootstrap, topic, int(events)))))
