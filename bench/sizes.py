"""Where reports come to lie: bytes on Kafka's disk and in the store, memory of the stages.

    python -m bench.sizes                        # a full topic, worked off as fast as it goes
    python -m bench.sizes --events 600 --rate 5  # one after the other, as a city's reports come

Each stage runs once, on an Apache Kafka of its own, into the embedded engine. What is on the
disk is divided by the events: so few records carry many of them when they come at once, and
each carries its own overhead when they come one by one. Tables are merged before they are
measured, as they are within hours. --json prints one JSON object.
"""

import argparse
import asyncio
import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

from bench.load import hotline_calls
from bench.machine import machine
from bench.pipeline import done_by
from bench.site import STREAM, Lab, Site, laboratory, wait_until
from cli.producing import produce
from sinks.store import Store
from streams.counties import in_city
from streams.settings import Settings
from streams.topics import TOPICS

_STAGES: Final = ("sink", "tally", "intake")
_PARTS: Final = """
SELECT table, toUInt64(sum(rows)) AS n, toUInt64(sum(bytes_on_disk)) AS bytes
FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table"""


def measure(lab: Lab, counties: Sequence[str], rate: float | None) -> dict[str, Any]:
    """topics: bytes an event. tables: rows, bytes a row. rss_mib: of each stage, idle and after."""
    with lab.site() as site:
        with ExitStack() as running:
            workers = {stage: running.enter_context(site.worker(stage)) for stage in _STAGES}
            idle = {stage: worker.rss_mib() for stage, worker in workers.items()}
            before = _on_disk(lab, site)
            calls = hotline_calls(site.topic(STREAM), lab.events, 0, "bench", counties)
            asyncio.run(produce(Settings(kafka=site.bootstrap), calls, rate=rate))
            wait_until(lambda: done_by([workers["tally"]]) >= lab.events, "every event tallied")
            wait_until(
                lambda: workers["sink"].metric("huishang_lag_records") == 0, "every row stored"
            )
            rss = {
                stage: {"idle": idle[stage], "after": worker.rss_mib()}
                for stage, worker in workers.items()
            }
            after = _on_disk(lab, site)
        return {
            "topics": {name: (after[name] - before[name]) / lab.events for name in after},
            "tables": _tables(site),
            "rss_mib": rss,
        }


def _on_disk(lab: Lab, site: Site) -> dict[str, int]:
    """Topic → bytes of its records."""
    partitions = site.settings.partitions
    return {
        topic.name: sum(
            lab.server.size_bytes(site.topic(topic.name), number)
            for number in range(topic.partitions or partitions)
        )
        for topic in TOPICS
    }


def _tables(site: Site) -> dict[str, dict[str, float]]:
    store = Store.open(f"chdb://{site.broker.data / 'store'}")
    try:
        for row in store.query(_PARTS):
            store.command(f"OPTIMIZE TABLE {row['table']} FINAL")
        return {
            str(row["table"]): {"rows": row["n"], "bytes_per_row": row["bytes"] / row["n"]}
            for row in store.query(_PARTS)
        }
    finally:
        store.close()


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rate", type=float, help="events a second; else as fast as it goes")
    parser.add_argument("--counties", default="6207", help="all whose codes begin so")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args()
    with laboratory(given.events) as lab:
        said = measure(lab, in_city(given.counties), given.rate)
    if given.json:
        print(json.dumps({**said, "events": given.events, "machine": machine()}))
        return
    for name, per_event in said["topics"].items():
        print(f"{name:18} {per_event:10,.1f} bytes an event")
    for name, table in sorted(said["tables"].items()):
        print(f"{name:18} {table['rows']:10,.0f} rows of {table['bytes_per_row']:,.1f} bytes")
    for stage, rss in said["rss_mib"].items():
        print(f"{stage:18} {rss['idle']:10,.0f} MiB idle, {rss['after']:,.0f} after")


if __name__ == "__main__":
    main()
