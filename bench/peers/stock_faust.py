"""Stock Faust: its own transport, one event at a time, identities and counts in Tables.

python -m bench.peers.stock_faust BOOTSTRAP TOPIC EVENTS FOLDER [--light]

Without --light it does Huishang's own job for each event: decode, check,
locate, classify, redact (agents/prepare.py), drop if seen, count. Tables are as
in a default deployment: memory store, changelog topic, at least once.
"""

import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import faust

from agents.judge import Judge
from agents.prepare import Preparer
from agents.redaction import redact
from bench.peers import light
from bench.peers.meter import Meter, asked, group_of

PARTITIONS = 4

# (identity, count it adds to) of a record
Job = Callable[[Any], tuple[int, str]]


def same_job(topic: str) -> Job:
    """What intake and tally do with an event, but for rules and the journal."""
    preparer = Preparer(
        Judge.load(redact),
        redact,
        PARTITIONS,
        ahead=timedelta(minutes=10),
        history=timedelta(days=3_652),
    )

    def work(message: Any) -> tuple[int, str]:
        prepared = preparer.prepare(
            "hotline-calls", topic, message.partition, [message], datetime.now(UTC)
        )
        [(_, pack)] = prepared.packs
        [report] = pack.reports
        hour = report.reported_s // 3600
        return report.identity, f"{report.county}|{report.category}|{report.channel}|{hour}"

    return work


def light_job() -> Job:
    """As bytewax and quixstreams have it."""
    cells = light.Cells()

    def work(message: Any) -> tuple[int, str]:
        call = light.decode(message.value)
        return light.identity(call), cells.of(call)

    return work


def run(bootstrap: str, topic: str, events: int, folder: Path, work: Job) -> None:
    app = faust.App(
        group_of(topic, folder),
        broker=f"kafka://{bootstrap}",
        datadir=folder / "faust",
        topic_partitions=PARTITIONS,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        # The default makes the join take 30 s; nothing measured depends on it.
        broker_rebalance_timeout=8.0,
        broker_session_timeout=8.0,
        broker_heartbeat_interval=2.0,
    )
    seen = app.Table("identities", default=bool)
    counts = app.Table("counts", default=int)
    meter = Meter(events)

    async def count(stream: Any) -> None:
        each: AsyncIterator[Any] = stream.events()
        async for event in each:
            meter.begin()
            message = event.message
            identity, cell = work(message)
            if identity not in seen:
                seen[identity] = True
                # By partition too: a key that two changelog partitions hold would be restored
                # from one of them only.
                counts[f"{message.partition}|{cell}"] += 1
            if meter.read(message.partition, message.offset):
                meter.end()
                meter.report(counted=sum(counts.values()), identities=len(seen))
                sys.stderr.flush()
                # Nothing is left to measure, and a worker takes seconds to stop.
                os._exit(0)

    app.agent(app.topic(topic, value_serializer="raw"))(count)
    faust.Worker(app, loglevel="warning", redirect_stdouts=False).execute_from_commandline()


def main() -> None:
    parser = asked(__doc__)
    parser.add_argument("--light", action="store_true", help="the other peers' lighter job")
    given = parser.parse_args()
    work = light_job() if given.light else same_job(given.topic)
    run(given.bootstrap, given.topic, given.events, given.folder, work)


if __name__ == "__main__":
    main()
