"""The whole pipeline, intake and tally on Apache Kafka, beside the bare loop over the same records.

    python -m bench.pipeline [--events 400000] [--runs 3] [--json]

Each run publishes the events to a topic of its own, then measures, in turn, the
bare loop and the pipeline (one intake, one tally, exact state, journal on).
Throughput is read off the timestamps of what tally sent, from its first batch
to its last; CPU is that of both processes from ready to the end.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.load import hotline_calls
from cli import topics
from cli.producing import produce
from streams import packs
from streams.settings import Settings
from streams.topics import COUNTS, full_name
from tests.brokers import ApacheKafka, Broker
from tests.processes import Child, run_huishang
from tests.waiting import eventually_sync, free_port

Row = dict[str, float]


def one_run(broker: Broker, events: int, seed: int) -> dict[str, Row]:
    """Rows `bare` and `pipeline` of one set of events."""
    settings = broker.settings(intake_port=free_port(), tally_port=free_port())
    asyncio.run(topics.apply(settings))
    topic = full_name(settings, "hotline-calls")
    asyncio.run(produce(broker.bootstrap, hotline_calls(topic, events, seed, "bench")))
    bare = json.loads(
        subprocess.run(
            [sys.executable, "-m", "bench.bare", broker.bootstrap, topic, str(events)],
            check=True,
            capture_output=True,
        ).stdout
    )
    return {"bare": bare, "pipeline": pipeline(broker, settings, events)}


def pipeline(broker: Broker, settings: Settings, events: int) -> Row:
    env = os.environ | broker.env(
        intake_port=settings.intake_port, tally_port=settings.tally_port, log_level="warning"
    )
    with run_huishang("worker", "tally", folder=broker.data, env=env) as tally:
        eventually_sync(lambda: ready(settings.tally_port), within_s=60)
        with run_huishang("worker", "intake", folder=broker.data, env=env) as intake:
            eventually_sync(lambda: ready(settings.intake_port), within_s=60)
            before = cpu_s(intake), cpu_s(tally)
            eventually_sync(
                lambda: tallied(settings.tally_port) >= events, within_s=600, every_s=0.5
            )
            cpu = cpu_s(intake) - before[0], cpu_s(tally) - before[1]
    counted = asyncio.run(curve_of(settings, events))
    (first_ms, first), (last_ms, last) = counted[0], counted[-1]
    return {
        "events_per_s": (last - first) / ((last_ms - first_ms) / 1000),
        "cpu_us_per_event": sum(cpu) * 1e6 / events,
        "intake_cpu_us_per_event": cpu[0] * 1e6 / events,
        "tally_cpu_us_per_event": cpu[1] * 1e6 / events,
    }


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def cpu_s(child: Child) -> float:
    times = psutil.Process(child.pid).cpu_times()
    return times.user + times.system


def tallied(port: int) -> float:
    """Events that tally has done, as its metrics say."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("huishang_events_total")
    )


async def curve_of(settings: Settings, events: int) -> list[tuple[int, int]]:
    """(timestamp in ms, events answered so far) for each record of totals, until all are."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    await consumer.start()
    topic = full_name(settings, COUNTS)
    partitions = [TopicPartition(topic, number) for number in range(settings.partitions)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ledger: dict[tuple[str, str, int], int] = {}
    curve = []
    try:
        while not curve or curve[-1][1] < events:
            fetched = await consumer.getmany(timeout_ms=500)
            records = sorted(
                (record for found in fetched.values() for record in found),
                key=lambda record: record.timestamp,
            )
            for record in records:
                for row in packs.decode_totals(record.value).ledger:
                    ledger[row.county, row.source, row.day] = row.counted + row.duplicates
                if ledger:
                    curve.append((record.timestamp, sum(ledger.values())))
    finally:
        await consumer.stop()
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    runs: list[dict[str, Row]] = []
    with tempfile.TemporaryDirectory() as folder:
        kafka = Path(folder) / "kafka"
        kafka.mkdir()
        server = ApacheKafka(kafka)
        server.start()
        try:
            for number in range(asked.runs):
                data = Path(folder) / f"run-{number}"
                data.mkdir()
                broker = Broker("kafka", server, f"bench-{uuid.uuid4().hex[:8]}.", data)
                runs.append(one_run(broker, asked.events, seed=number))
                print(f"run {number + 1}: {runs[-1]}", file=sys.stderr)
        finally:
            server.stop()
    rows = {
        name: {
            **{key: statistics.median(run[name][key] for run in runs) for key in runs[0][name]},
            "runs": asked.runs,
        }
        for name in runs[0]
    }
    ratio = statistics.median(
        run["pipeline"]["events_per_s"] / run["bare"]["events_per_s"] for run in runs
    )
    if asked.json:
        print(json.dumps({"rows": rows, "pipeline_to_bare": ratio}))
        return
    for name, row in rows.items():
        print(
            f"{name:10} {row['events_per_s']:>10,.0f} events/s {row['cpu_us_per_event']:>7.1f} µs"
        )
    print(f"pipeline / bare: {ratio:.2f} (median of {asked.runs} runs)")


if __name__ == "__main__":
    main()
