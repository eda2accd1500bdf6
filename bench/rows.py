"""What a measurement gives, and what many of them come to: medians, ratios, one table. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

# One run of one row, by name of what was measured; units stand in the names.
Row = dict[str, float]
# Row name → round → what that round gave. A round that failed is not there.
Runs = Mapping[str, Mapping[int, Row]]
Curve = Sequence[tuple[int, int]]  # (milliseconds since 1970 UTC, events done by then)

_PIPELINE: Final = "pipeline"
_HELD: Final = ("tally_50m", "tally_1m")
# Rows of something else than events of the whole job: no ratio to the pipeline says anything.
_APART: Final = ("intake", "judge", "tally_", "sink", "latency_")


def rate_of(curve: Curve) -> float:
    """Events per second from the first point of a curve to its last.

    Raises ValueError when they are the same moment: there is nothing to read a rate off.

    >>> rate_of([(1_000, 50), (1_500, 300), (3_000, 1_050)])
    500.0
    """
    (start_ms, before), (end_ms, after) = curve[0], curve[-1]
    if end_ms <= start_ms:
        raise ValueError(f"{after} events came all at once: too few to read a rate off")
    return (after - before) / ((end_ms - start_ms) / 1000)


def percentile(values: Sequence[float], pct: float) -> float:
    """The smallest value that at least pct % of all are not above (nearest rank).

    >>> [percentile([40, 10, 20, 30], pct) for pct in (50, 75, 99)]
    [20, 30, 40]
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(pct / 100 * len(ordered)) - 1)]


def medians(rounds: Mapping[int, Row]) -> dict[str, float | int]:
    """The median of each figure, and over how many runs."""
    rows = list(rounds.values())
    figures: dict[str, float | int] = {
        key: statistics.median(row[key] for row in rows if key in row)
        for key in dict.fromkeys(key for row in rows for key in row)
    }
    return {**figures, "runs": len(rows)}


def ratios(runs: Runs) -> dict[str, float]:
    """What is compared with what: medians of the ratios within each round.

    `a_to_b`: events per second; `a_to_b_per_core`: events per second of CPU.
    """
    pairs = [
        (_PIPELINE, name)
        for name in runs
        if _PIPELINE in runs and name != _PIPELINE and not name.startswith(_APART)
    ]
    if all(name in runs for name in _HELD):
        pairs.append(_HELD)
    found: dict[str, float] = {}
    for one, other in pairs:
        shared = runs[one].keys() & runs[other].keys()
        if not shared:
            continue
        both = [(runs[one][number], runs[other][number]) for number in shared]
        found[f"{one}_to_{other}"] = statistics.median(
            a["events_per_s"] / b["events_per_s"] for a, b in both
        )
        found[f"{one}_to_{other}_per_core"] = statistics.median(
            b["cpu_us_per_event"] / a["cpu_us_per_event"] for a, b in both
        )
    return found


def report(
    runs: Runs, machine: Mapping[str, Any], failed: Mapping[str, str], keeps: Mapping[str, str]
) -> dict[str, Any]:
    """The object that --json prints.

    each: every run, in order. keeps: what state other engines keep, of those that ran.
    failed: row → why.
    """
    measured = {name: rounds for name, rounds in runs.items() if rounds}
    return {
        "rows": {name: medians(rounds) for name, rounds in measured.items()},
        "ratios": ratios(measured),
        "machine": dict(machine),
        "keeps": {name: said for name, said in keeps.items() if name in measured},
        "each": {name: list(rounds.values()) for name, rounds in measured.items()},
        "failed": dict(failed),
    }


def table(said: Mapping[str, Any]) -> str:
    """A report for people to read."""
    width = max((len(name) for name in (*said["rows"], *said["ratios"])), default=0) + 2
    lines = [f"{'row':{width}} {'events/s':>10} {'CPU µs/event':>13} {'runs':>5}"]
    for name, row in said["rows"].items():
        rate, cpu = row.get("events_per_s"), row.get("cpu_us_per_event")
        rate_text = "" if rate is None else f"{rate:,.0f}"
        cpu_text = "" if cpu is None else f"{cpu:.2f}"
        lines.append(f"{name:{width}} {rate_text:>10} {cpu_text:>13} {row['runs']:>5}")
        more = {key: value for key, value in row.items() if key not in _SHOWN}
        lines += [f"{'':{width}}   {key} {_short(value)}" for key, value in more.items()]
    if said["ratios"]:
        lines.append("")
    lines += [f"{name:{width + 10}} {ratio:.2f}" for name, ratio in said["ratios"].items()]
    lines += [""] * bool(said["keeps"])
    lines += [f"{name}: {kept}" for name, kept in said["keeps"].items()]
    lines += [f"failed: {name}: {why}" for name, why in said["failed"].items()]
    machine = said["machine"]
    lines += ["", ", ".join(f"{key} {value}" for key, value in machine.items())]
    return "\n".join(lines)


_SHOWN: Final = ("events_per_s", "cpu_us_per_event", "runs")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
