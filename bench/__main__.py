"""All benchmarks in one go, interleaved: `make bench`, or `python -m bench`.

    make bench
    make bench ARGS="--only pipeline,bare,stock_faust --events 200000 --json"

Each round measures every row once; medians are over rounds, ratios are medians of
the ratios within a round, so that a machine that is slow for a while is slow for
both. --json prints one JSON object last: rows, ratios, machine, keeps (what state the
others keep), each (every run), failed (why, if a row did).
"""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from bench import bare, intake, judge, latency, pipeline, sink, tally
from bench.machine import machine
from bench.peers import KEEPS, PEERS, Peer
from bench.progress import Progress
from bench.rows import Row, report, table
from bench.site import STREAM, Lab, Measure, laboratory
from tests.kafka.jars import KafkaMissing

_LATENCY: Final = "latency"


def _of_peer(lab: Lab, name: str, peer: Peer) -> Row:
    site = lab.input()
    return peer(site.bootstrap, site.topic(STREAM), lab.events, site.broker.data / name)


OURS: Final[Mapping[str, Measure]] = {
    "pipeline": pipeline.measure,
    "bare": bare.measure,
    "intake": intake.measure,
    "judge": judge.measure,
    "tally_1m": partial(tally.measure, ids=1_000_000),
    "tally_50m": partial(tally.measure, ids=50_000_000),
    "sink": sink.measure,
}
THEIRS: Final[Mapping[str, Measure]] = {
    name: partial(_of_peer, name=name, peer=peer) for name, peer in PEERS.items()
}
# These take their rate from the pipeline's, so they come last.
AT_RATES: Final[Mapping[str, Measure]] = {
    "latency_10pct": partial(latency.measure, share=0.10),
    "latency_70pct": partial(latency.measure, share=0.70),
}


def chosen(only: str, known: Mapping[str, Measure]) -> dict[str, Measure]:
    """The rows that are asked for, in the order they are measured in; "" means all.

    `latency` stands for both of its rows. Raises ValueError for a name nobody knows.
    """
    names = {name.strip() for name in only.split(",") if name.strip()}
    if _LATENCY in names:
        names = names - {_LATENCY} | set(AT_RATES)
    if strange := sorted(names - known.keys()):
        raise ValueError(f"no row {', '.join(strange)}; there are: {', '.join(known)}, {_LATENCY}")
    return {name: measure for name, measure in known.items() if not names or name in names}


def measured(
    lab: Lab, rows: Mapping[str, Measure], rounds: int, rate: float | None, progress: Progress
) -> tuple[dict[str, dict[int, Row]], dict[str, str]]:
    """Every row once a round; and row → why, of those that failed, which are not tried again."""
    runs: dict[str, dict[int, Row]] = {name: {} for name in rows}
    failed: dict[str, str] = {}
    for lab.round in range(rounds):
        for name, measure in rows.items():
            progress.begin(name, lab.round)
            if name not in failed:
                lab.top_rate = rate or _median_rate(runs.get("pipeline", {}))
                try:
                    runs[name][lab.round] = measure(lab)
                except Exception as error:
                    failed[name] = f"{type(error).__name__}: {error}"
                    progress.say(f"{name} failed: {failed[name]}")
                else:
                    progress.say(f"round {lab.round + 1}, {name}: {runs[name][lab.round]}")
            progress.end()
    lab.clear()
    return runs, failed


def _median_rate(rounds: Mapping[int, Row]) -> float:
    return statistics.median(row["events_per_s"] for row in rounds.values()) if rounds else 0.0


def main(given: Sequence[str] | None = None) -> int:
    known = {**OURS, **THEIRS, **AT_RATES}
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help=f"of {', '.join(known)}, {_LATENCY}")
    parser.add_argument("--events", type=int, default=400_000, help="of one run")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--rate", type=float, help="top rate, events/s; else the pipeline's")
    parser.add_argument("--seconds", type=float, default=30, help="of latency at one rate")
    parser.add_argument("--json", action="store_true", help="one JSON object last")
    asked = parser.parse_args(given)
    try:
        rows = chosen(asked.only, known)
    except ValueError as error:
        parser.error(str(error))
    if rows.keys() & AT_RATES.keys() and not asked.rate and "pipeline" not in rows:
        parser.error("latency takes its rate from the row pipeline: ask for it too, or give --rate")
    described = machine()
    try:
        with (
            laboratory(asked.events, asked.seconds) as lab,
            Progress(len(rows) * asked.runs) as progress,
        ):
            runs, failed = measured(lab, rows, asked.runs, asked.rate, progress)
    except KafkaMissing as missing:
        parser.exit(1, f"{missing}\n")
    said = report(runs, described, failed, KEEPS)
    print(json.dumps(said) if asked.json else table(said))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
