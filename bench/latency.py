"""The rows `latency_10pct` and `latency_70pct`: how long until a count and an alert are there.

All three stages run, with the embedded store; the load comes at a share of the
top rate, and marker events among it are followed: publish → count visible in
ClickHouse, publish → alert on its topic. Beside them, on the same broker at the
same time, a bare produce → consume round trip. How much CPU each process takes
meanwhile, in cores, tells what the publisher and the asking take away.
"""

import asyncio
import json
import time
from typing import Final

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from bench.markers import EVERY_S, Seen, follow
from bench.rows import Row, percentile
from bench.site import STREAM, Lab, Site, cpu_s, wait_until
from tests.brokers import administered
from tests.processes import run_process
from tests.waiting import free_port

_WARM_UP_S: Final = 3.0
_ECHO: Final = "echo"


def measure(lab: Lab, share: float) -> Row:
    """share: of lab.top_rate. Raises RuntimeError while that is not known."""
    if not lab.top_rate:
        raise RuntimeError("the top rate is not known: the pipeline gave none")
    rate = share * lab.top_rate
    port = free_port()
    with (
        lab.site() as site,
        site.worker("sink", clickhouse_port=port) as sink,
        site.worker("tally") as tally,
        site.worker("intake") as intake,
        run_process(
            "bench.publisher",
            *(site.bootstrap, site.topic(STREAM), f"{rate:.1f}", str(lab.round)),
            folder=site.broker.data,
        ) as publisher,
    ):
        wait_until(lambda: "publishing" in publisher.text(), "the load", within_s=60)
        asyncio.run(asyncio.sleep(_WARM_UP_S))
        processes = {
            **{
                worker.child.name: psutil.Process(worker.child.pid)
                for worker in (sink, tally, intake)
            },
            "publisher": psutil.Process(publisher.pid),
            "measuring": psutil.Process(),
        }
        before = {name: cpu_s(process) for name, process in processes.items()}
        began = time.monotonic()
        seen, echoes_ms = asyncio.run(_followed(site, port, lab.seconds))
        took_s = time.monotonic() - began
        cores = {
            f"{name}_cores": (cpu_s(process) - before[name]) / took_s
            for name, process in processes.items()
        }
        publisher.stop()
        load = json.loads(publisher.text().splitlines()[-1])
    return {
        "asked_per_s": rate,
        "published_per_s": load["published_per_s"],
        "count_p50_ms": percentile(seen.counts_ms, 50),
        "count_p99_ms": percentile(seen.counts_ms, 99),
        "alert_p50_ms": percentile(seen.alerts_ms, 50),
        "alert_p99_ms": percentile(seen.alerts_ms, 99),
        "round_trip_p50_ms": percentile(echoes_ms, 50),
        "round_trip_p99_ms": percentile(echoes_ms, 99),
        "samples": len(seen.counts_ms),
        "poll_p50_ms": percentile(seen.polls_ms, 50),
        **cores,
    }


async def _followed(site: Site, port: int, seconds: float) -> tuple[Seen, list[float]]:
    async with asyncio.TaskGroup() as both:
        seen = both.create_task(follow(site, port, seconds))
        echoes = both.create_task(_round_trips(site, seconds))
    return seen.result(), echoes.result()


async def _round_trips(site: Site, seconds: float) -> list[float]:
    """Milliseconds from handing a record to a producer until a consumer has it."""
    topic = site.topic(_ECHO)
    async with administered(site.bootstrap) as admin:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    producer = AIOKafkaProducer(bootstrap_servers=site.bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=site.bootstrap, enable_auto_commit=False)
    await producer.start()
    await consumer.start()
    try:
        await producer.partitions_for(topic)
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        took_ms = []
        for _ in range(int(seconds / EVERY_S)):
            started = time.perf_counter()
            await producer.send(topic, b"x" * 450)
            await consumer.getone()
            took_ms.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(max(0.0, EVERY_S - took_ms[-1] / 1000))
    finally:
        await producer.stop()
        await consumer.stop()
    return took_ms
