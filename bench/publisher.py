"""Publishes the load at a steady rate, from a process of its own, until SIGTERM.

python -m bench.publisher BOOTSTRAP TOPIC RATE SEED

Cheap, so that it takes little from what is measured: events are made from a stock
of prepared ones by giving each a new id, and go out in ready-made batches every
10 ms. Says "publishing" once it does, and one JSON object at the end.
"""

import asyncio
import itertools
import json
import random
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

from aiokafka import AIOKafkaProducer

from bench.load import hotline_calls

_STOCK: Final = 5_000
_EVERY_S: Final = 0.01
_PARTITIONS: Final = 4
_REPEAT_EACH: Final = 20
_IN_FLIGHT: Final = 400  # batches
_ID: Final = b'"id":"'
_ID_DIGITS: Final = 16


def fresh(seed: int) -> Iterator[bytes]:
    """Events without end: the stock's in turn, with ids of their own; every 20th sent again."""
    stock = []
    for record in hotline_calls("", _STOCK, seed, "bench"):
        at = record.value.index(_ID) + len(_ID)
        stock.append((record.value[:at], record.value[at + _ID_DIGITS :]))
    first = random.Random(seed).getrandbits(63)
    last = b""
    for number, (head, tail) in enumerate(itertools.cycle(stock)):
        if number % _REPEAT_EACH == _REPEAT_EACH - 1:
            yield last
        else:
            last = head + b"%016x" % (first + number) + tail
            yield last


async def publish(bootstrap: str, topic: str, rate: float, seed: int) -> dict[str, float]:
    """Until SIGTERM. behind_s: how far it was behind its rate at the end."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    events = fresh(seed)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=512 * 1024)
    await producer.start()
    in_flight: deque[asyncio.Future[object]] = deque()
    sent, started = 0, time.monotonic()
    try:
        while not stop.is_set():
            due = int((time.monotonic() - started) * rate)
            shares = [due - sent >> 2] * _PARTITIONS
            for partition, share in enumerate(shares):
                builder = producer.create_batch()
                now_ms = int(time.time() * 1000)
                for value in itertools.islice(events, share):
                    if not builder.append(key=None, value=value, timestamp=now_ms):
                        in_flight.append(
                            await producer.send_batch(builder, topic, partition=partition)
                        )
                        builder = producer.create_batch()
                        builder.append(key=None, value=value, timestamp=now_ms)
                if builder.record_count():
                    in_flight.append(await producer.send_batch(builder, topic, partition=partition))
            if not sent and due:
                print("publishing", flush=True)
            sent += sum(shares)
            while len(in_flight) > _IN_FLIGHT:
                await in_flight.popleft()
            while in_flight and in_flight[0].done():
                in_flight.popleft().result()
            await asyncio.sleep(_EVERY_S)
        took_s = time.monotonic() - started
        await asyncio.gather(*in_flight)
    finally:
        await producer.stop()
    return {"published_per_s": sent / took_s, "behind_s": took_s - sent / rate}


def main() -> None:
    bootstrap, topic, rate, seed = sys.argv[1:]
    print(json.dumps(asyncio.run(publish(bootstrap, topic, float(rate), int(seed)))))


if __name__ == "__main__":
    main()
