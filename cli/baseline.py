"""`huishang evaluate baseline`: how well statistical alerts find outbreaks that are known."""

import csv
import gzip
import re
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import numpy as np

from agents.baseline import ALARM_SCORE, BYTES, Memory, advance, when
from agents.baseline.days import RestDay, no_rest_day
from cli import output
from cli.bar import bar
from cli.outbreaks import (
    WINDOW_DAYS,
    YEAR_DAYS,
    Found,
    Scores,
    Signal,
    averaged,
    cut,
    measure,
    signals,
)
from streams.errors import UserError

_TARGETS: Final = (0.001, 0.005, 0.01, 0.02)
_P: Final = (0.05, 0.01, 0.001, 0.0001)
_MONDAY: Final = 4  # the first day of the data, as a day since 1970-01-01
_YOUNG_WEEKS: Final = ((1, 2), (2, 4), (4, 8), (8, 26), (26, 52), (52, 104))
_DIGITS: Final = 4


class Judged(NamedTuple):
    """Scores per signal, runs × days judged; what judging cost; false alarms of the young by weeks."""

    scores: list[Scores]
    alarms: list[Any]
    us: float | None
    young: list[dict[str, float]]


def _numbers(_: click.Context, __: click.Parameter, value: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", value)
    if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]):
        raise click.BadParameter(f"{value!r}; expected a range like 1-8")
    return int(match[1]), int(match[2] or match[1])


@click.command(
    epilog="\b\nExamples:\n"
    "  huishang evaluate baseline --dir syndromic --json\n"
    "  huishang evaluate baseline --dir syndromic --runs 1-20 --out scores.csv.gz\n"
    "  huishang evaluate baseline --dir syndromic --scores peer.csv.gz"
)
@click.option(
    "--dir", "folder", metavar="DIR", type=Path, required=True, help="With totals_sigN.csv.gz."
)
@click.option("--runs", callback=_numbers, default="1-100", show_default=True, help="Columns.")
@click.option(
    "--cut-on",
    "fitted",
    callback=_numbers,
    default="1-8",
    show_default=True,
    help="Signals that cuts are chosen on; the others are held out.",
)
@click.option("--holidays", type=Path, metavar="CSV", help="Column `day`: rest days, known before.")
@click.option("--scores", type=Path, metavar="CSV", help="Measure these instead of judging.")
@click.option("--out", type=Path, metavar="CSV", help="Write signal,run,day,score,alarm; .gz too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def baseline(
    folder: Path,
    runs: tuple[int, int],
    fitted: tuple[int, int],
    holidays: Path | None,
    scores: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Judge simulated daily counts, and compare with the outbreaks put into them.

    The folder has totals_sigN.csv.gz, a row per day and a column per run, and
    outbreaks_sigN.csv.gz with the extra counts of the outbreak of each. Years
    have 364 days and begin on a Monday; the last 343 days are judged, each by
    itself and the days before it alone.

    Printed: share of outbreaks found, share of their days, false alarms per
    series-day, precision, delay in days and timeliness, at our own alarm and
    along the curve: one cut for all signals, chosen on those of --cut-on.
    """
    given = signals(folder, slice(runs[0] - 1, runs[1]))
    if scores is not None:
        judged = _read(scores, given, runs[0])
    else:
        judged = _judge(given, _rest_days(holidays))
    if out is not None:
        _write(out, given, judged, runs[0])
    told = _report(given, judged, fitted)
    if as_json:
        output.as_json(told)
    else:
        _show(told)


def _rest_days(path: Path | None) -> RestDay:
    if path is None:
        return no_rest_day
    try:
        with path.open(newline="") as file:
            days = {int(row["day"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError):
        raise UserError(f"{path}: expected a column `day` of whole numbers, 1 the first") from None
    known = {date(1970, 1, 1) + timedelta(_MONDAY - 1 + day) for day in days}
    return lambda day: day.weekday() >= 5 or day in known


def _judge(given: Sequence[Signal], rest: RestDay) -> Judged:
    """All series side by side, day by day. us: processor time per series-day."""
    counts = np.concatenate([one.counts for one in given], 1)
    days, series = counts.shape
    memory = Memory(series)
    scores = np.empty((days, series))
    before = time.process_time()
    with bar("judging", days) as moved:
        for day in range(days):
            at = when(day + _MONDAY, rest, YEAR_DAYS)
            scores[day] = advance(memory, counts[day], at).score
            moved(1)
    us = (time.process_time() - before) / counts.size * 1e6
    young = [
        {
            "from_week": first,
            "to_week": last,
            "false_alarms": float((scores[first * 7 : last * 7] > ALARM_SCORE).mean()),
        }
        for first, last in _YOUNG_WEEKS
        if last * 7 <= days - WINDOW_DAYS
    ]
    edges = np.cumsum([one.counts.shape[1] for one in given])[:-1]
    parted = [part.T for part in np.split(scores[-WINDOW_DAYS:], edges, 1)]
    return Judged(parted, [part > ALARM_SCORE for part in parted], us, young)


def _open(path: Path, mode: str) -> Any:
    return (
        gzip.open(path, mode + "t", newline="")
        if path.suffix == ".gz"
        else path.open(mode, newline="")
    )


def _write(path: Path, given: Sequence[Signal], judged: Judged, first_run: int) -> None:
    with _open(path, "w") as file:
        rows = csv.writer(file)
        rows.writerow(("signal", "run", "day", "score", "alarm"))
        for one, scores, alarms in zip(given, judged.scores, judged.alarms, strict=True):
            for run, (score, alarm) in enumerate(zip(scores, alarms, strict=True), first_run):
                for day, (value, raised) in enumerate(
                    zip(score, alarm, strict=True), one.first_day
                ):
                    rows.writerow((one.number, run, day, f"{value:.6g}", int(raised)))


def _read(path: Path, given: Sequence[Signal], first_run: int) -> Judged:
    """What another detector said; a day it says nothing of is no alarm."""
    places = {one.number: place for place, one in enumerate(given)}
    scores = [np.full(one.outbreak.shape, -np.inf) for one in given]
    alarms = [np.zeros(one.outbreak.shape, bool) for one in given]
    try:
        with _open(path, "r") as file:
            for row in csv.DictReader(file):
                place = places.get(int(row["signal"]))
                if place is None:
                    continue
                at = int(row["run"]) - first_run, int(row["day"]) - given[place].first_day
                if 0 <= at[0] < len(scores[place]) and 0 <= at[1] < WINDOW_DAYS:
                    said = row["score"]
                    scores[place][at] = -np.inf if said in {"", "NA"} else float(said)
                    alarms[place][at] = row.get("alarm") in {"1", "TRUE", "True"}
    except (OSError, KeyError, ValueError):
        raise UserError(f"{path}: expected columns signal, run, day, score, alarm") from None
    return Judged(scores, alarms, None, [])


def _report(given: Sequence[Signal], judged: Judged, fitted: tuple[int, int]) -> dict[str, Any]:
    """Everything measured; `held_out` is null if all signals were there to choose cuts on."""
    chosen = [at for at, one in enumerate(given) if fitted[0] <= one.number <= fitted[1]]
    others = [at for at in range(len(given)) if at not in chosen]
    cuts = {
        target: cut([given[at] for at in chosen], [judged.scores[at] for at in chosen], target)
        for target in (_TARGETS if chosen else ())
    }
    return {
        "subject": "baseline",
        "series_days": sum(one.outbreak.size for one in given),
        "us_per_series_day": None if judged.us is None else round(judged.us, 2),
        "bytes_per_series": None if judged.us is None else BYTES,
        "cut_on": _group(given, judged, chosen, cuts),
        "held_out": _group(given, judged, others, cuts),
        "young": [{name: round(value, 5) for name, value in one.items()} for one in judged.young],
    }


def _group(
    given: Sequence[Signal], judged: Judged, places: Sequence[int], cuts: dict[float, float]
) -> dict[str, Any] | None:
    if not places:
        return None
    some = [given[at] for at in places]
    scores = [judged.scores[at] for at in places]
    per_signal = [measure(given[at], judged.alarms[at]) for at in places]
    curve = [
        {"target": target, "cut": at, **_rounded(_at(some, scores, at))}
        for target, at in cuts.items()
    ]
    told: dict[str, Any] = {
        "signals": [one.number for one in some],
        "alarm": _rounded(averaged(per_signal)),
        "curve": curve,
        "per_signal": [
            {"signal": one.number, **_rounded(found)}
            for one, found in zip(some, per_signal, strict=True)
        ],
    }
    if judged.us is not None:
        told["calibration"] = [
            {"p": p, "seen": round(_at(some, scores, -np.log10(p)).false_alarms, 5)} for p in _P
        ]
    return told


def _at(given: Sequence[Signal], scores: Sequence[Scores], cut_at: float) -> Found:
    return averaged(measure(one, score > cut_at) for one, score in zip(given, scores, strict=True))


def _rounded(found: Found) -> dict[str, float | None]:
    return {
        name: None if np.isnan(value) else round(value, 5 if name == "false_alarms" else _DIGITS)
        for name, value in found._asdict().items()
    }


def _show(told: dict[str, Any]) -> None:
    for name in ("cut_on", "held_out"):
        if (group := told[name]) is None:
            continue
        numbers = ", ".join(map(str, group["signals"]))
        click.echo(f"\n{'cuts chosen on' if name == 'cut_on' else 'held out'}: signals {numbers}")
        rows = [("own alarm", *group["alarm"].values())]
        rows += [
            (f"at {row['target']}", *(row[field] for field in Found._fields))
            for row in group["curve"]
        ]
        output.table(["", *(name.replace("_", " ") for name in Found._fields)], rows)
        if "calibration" in group:
            click.echo("p said → share of days without outbreak")
            output.table(["p", "seen"], [tuple(row.values()) for row in group["calibration"]])
    if told["young"]:
        click.echo("\nfalse alarms per series-day in a series' first weeks")
        output.table(["from", "to", "false alarms"], [tuple(row.values()) for row in told["young"]])
    if told["us_per_series_day"] is not None:
        click.echo(
            f"\n{told['us_per_series_day']} µs a series-day, {told['bytes_per_series']} bytes a series"
        )
