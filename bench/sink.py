"""The row `sink`: rows per second into the embedded engine, by the sink's own metrics.

An event here is a row of `counts`. The totals are put on the topic once the sink
is ready; the rate is that from its first insert to its last.
"""

import random
import time
from collections.abc import Iterator
from typing import Final

from bench.load import COUNTIES
from bench.rows import Row, rate_of
from bench.site import Lab, wait_until
from cli.producing import Record
from streams import packs
from streams.categories import CATEGORIES
from streams.packs import FORMAT
from streams.topics import COUNTS
from streams.totals import CountRow, Totals

_LEAST_ROWS: Final = 400_000  # eight inserts, as sink_rows is by default
_ROWS_PER_RECORD: Final = 1_000  # about what a batch of tally's touches
_CHANNELS: Final = ("phone", "web", "wechat", "app", "letter")


def measure(lab: Lab) -> Row:
    rows = max(lab.events, _LEAST_ROWS) // _ROWS_PER_RECORD * _ROWS_PER_RECORD
    totals = lab.once("totals", lambda: list(_totals(rows)))
    curve: list[tuple[int, int]] = []
    with lab.site() as site, site.worker("sink") as sink:

        def all_in() -> bool:
            inserted = int(sink.metric("huishang_sink_rows_total"))
            if inserted and (not curve or inserted > curve[-1][1]):
                curve.append((round(time.time() * 1000), inserted))
            return inserted >= rows

        before_s = sink.cpu_s()
        topic, partitions = site.topic(COUNTS), site.settings.partitions
        site.publish(
            Record(topic, None, value, partition=number % partitions)
            for number, value in enumerate(totals)
        )
        wait_until(all_in, "every row inserted")
        cpu_s, rss_mib = sink.cpu_s() - before_s, sink.rss_mib()
    return {
        "events_per_s": rate_of(curve),
        "cpu_us_per_event": cpu_s * 1e6 / rows,
        "rows": rows,
        "rss_mib": rss_mib,
    }


def _totals(rows: int) -> Iterator[bytes]:
    """Records of upserts of the last week's totals, each with a version of its own."""
    dice = random.Random(1)
    categories = sorted(CATEGORIES)
    this_hour = int(time.time()) // 3600
    for version in range(1, rows // _ROWS_PER_RECORD + 1):
        counts = [
            CountRow(
                dice.choice(COUNTIES),
                dice.choice(categories),
                dice.choice(_CHANNELS),
                this_hour - dice.randrange(168),
                0,
                dice.randrange(1, 1_000),
            )
            for _ in range(_ROWS_PER_RECORD)
        ]
        yield packs.encode(Totals(FORMAT, version, version % 4, counts))
