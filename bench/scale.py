"""How cost, memory and recovery grow with workers, partitions and counties.

    python -m bench.scale [--json] [--plot docs/scale.svg]
    python -m bench.scale --workers 1 --partitions 4,64 --counties 86 --runs 1

At each point the pipeline tallies the same number of events, which are published
once all workers are ready; then tally starts again and recovers what it did. Memory
is that of all tally workers together. --json prints one JSON object last: points,
machine.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import pipeline
from bench.load import hotline_calls
from bench.machine import machine
from bench.plot import Panel, Series, drawn
from bench.progress import Progress
from bench.recovery import recovered_s
from bench.rows import Row, medians
from bench.site import STREAM, Lab, laboratory
from streams.counties import in_city

# Without the four cities that have no counties and stand for themselves.
_PLACES: Final[dict[int, Sequence[str]]] = {
    len(codes): codes
    for prefix in ("6207", "62", "")  # Zhangye, Gansu, the country
    if (codes := [code for code in in_city(prefix) if not code.endswith("00")])
}
_PANELS: Final = (
    ("cpu_us_per_event", "CPU, µs per event"),
    ("tally_rss_mib", "tally, MiB resident"),
    ("recovery_s", "recovery, s"),
)


class Point(NamedTuple):
    """What is varied."""

    workers: int
    partitions: int
    counties: int


def measure(lab: Lab, point: Point) -> Row:
    counties = _PLACES[point.counties]
    with lab.site(partitions=point.partitions) as site:
        calls = list(hotline_calls(site.topic(STREAM), lab.events, lab.round, "bench", counties))
        row = pipeline.run(site, lab.events, point.workers, lambda: site.publish(calls))
        with ExitStack() as running:
            tallies = pipeline.started(running, site, "tally", point.workers)
            recovery_s = recovered_s(tallies, point.partitions)
            recovered_mib = sum(worker.rss_mib() for worker in tallies)
    return {**row, "recovery_s": recovery_s, "recovered_rss_mib": recovered_mib}


def plot(points: Sequence[dict[str, Any]]) -> str:
    """An SVG: each figure over the number of counties, a line per workers and partitions."""
    colours = sorted({point["partitions"] for point in points})
    panels = []
    for key, title in _PANELS:
        lines: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for point in points:
            line = lines.setdefault((point["workers"], point["partitions"]), [])
            line.append((point["counties"], point[key]))
        panels.append(
            Panel(
                title,
                [
                    Series(
                        _named(workers, partitions),
                        sorted(line),
                        colours.index(partitions),
                        dashed=workers > 1,
                    )
                    for (workers, partitions), line in sorted(lines.items())
                ],
            )
        )
    return drawn(panels, "counties")


def _named(workers: int, partitions: int) -> str:
    return f"{workers} worker{'s' if workers > 1 else ''}, {partitions} partitions"


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=_numbers, default=[1, 2])
    parser.add_argument("--partitions", type=_numbers, default=[4, 16, 64])
    parser.add_argument("--counties", type=_numbers, default=list(_PLACES))
    parser.add_argument("--events", type=int, default=200_000, help="of one run")
    parser.add_argument("--runs", type=int, default=3, help="rounds over all points")
    parser.add_argument("--plot", type=Path, help="an SVG file to write")
    parser.add_argument("--json", action="store_true", help="one JSON object last")
    asked = parser.parse_args(given)
    if strange := set(asked.counties) - _PLACES.keys():
        parser.error(f"counties: {strange} is none of {list(_PLACES)}")
    points = [Point(*each) for each in product(asked.workers, asked.partitions, asked.counties)]
    runs: dict[Point, dict[int, Row]] = {point: {} for point in points}
    described = machine()
    with laboratory(asked.events) as lab, Progress(len(points) * asked.runs) as progress:
        for lab.round in range(asked.runs):
            for point in points:
                progress.begin(str(point), lab.round)
                runs[point][lab.round] = measure(lab, point)
                progress.say(f"{point}: {runs[point][lab.round]}")
                progress.end()
    found = [{**point._asdict(), **medians(rounds)} for point, rounds in runs.items()]
    if asked.plot:
        asked.plot.write_text(plot(found), encoding="utf-8")
    if asked.json:
        print(json.dumps({"points": found, "machine": described}))
    else:
        print("workers partitions counties   events/s  µs/event  tally MiB  recovery s")
        for point, row in zip(points, found, strict=True):
            print(
                f"{point.workers:>7} {point.partitions:>10} {point.counties:>8} "
                f"{row['events_per_s']:>10,.0f} {row['cpu_us_per_event']:>9.1f} "
                f"{row['tally_rss_mib']:>10,.0f} {row['recovery_s']:>11.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
