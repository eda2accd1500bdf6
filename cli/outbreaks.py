"""Known outbreaks in simulated daily counts, and how well scores find them: what `evaluate baseline` measures.

Data and protocol as in Noufaily and others, Bioinformatics 35 (2019) 3110-3118:
years of 364 days that begin on a Monday; one outbreak a run, in the last 49
weeks. Nothing else is to be found: alarms in seasonal waves and on holidays are
false. Days without extra counts between first and last of an outbreak are
neither. Every figure is taken per signal and then averaged.
"""

import gzip
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.errors import UserError

WINDOW_DAYS: Final = 343
YEAR_DAYS: Final = 364.0
_TOTALS: Final = re.compile(r"totals_sig(\d+)\.csv(\.gz)?")

Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Signal(NamedTuple):
    """One kind of series: counts, days × runs, and the days judged, runs × days.

    outbreak: extra counts were put in. negative: an alarm is false.
    """

    number: int
    counts: Counts
    outbreak: Bools
    negative: Bools

    @property
    def first_day(self) -> int:
        """The first day judged, counted from 1."""
        return len(self.counts) - WINDOW_DAYS + 1


class Found(NamedTuple):
    """Figures of one signal, or means over several.

    found: share of outbreaks with an alarm on one of their days. sensitivity:
    share of outbreak days. false_alarms: per series-day without outbreak.
    timeliness: (first alarm - first day) / length, 1 if missed. delay_days: of
    those found. nan where there is nothing to divide by.
    """

    found: float
    sensitivity: float
    false_alarms: float
    precision: float
    delay_days: float
    timeliness: float


def signals(folder: Path, runs: slice) -> list[Signal]:
    """Those of a folder: totals_sigN.csv(.gz) and outbreaks_sigN.csv(.gz), a column per run.

    Raises UserError for a folder without, for tables that are not alike or too short.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; expected one with totals_sig1.csv.gz and so on")
    numbers = {int(m[1]) for path in folder.iterdir() if (m := _TOTALS.fullmatch(path.name))}
    if not numbers:
        raise UserError(f"no totals_sigN.csv.gz in {folder}")
    return [_signal(folder, number, runs) for number in sorted(numbers)]


def _signal(folder: Path, number: int, runs: slice) -> Signal:
    counts, extra = (_table(folder, kind, number) for kind in ("totals", "outbreaks"))
    if counts.shape != extra.shape:
        raise UserError(f"signal {number}: totals are {counts.shape}, outbreaks {extra.shape}")
    if len(counts) < WINDOW_DAYS or not counts[:, runs].size:
        raise UserError(
            f"signal {number}: {len(counts)} days of {counts.shape[1]} runs; expected at least "
            f"{WINDOW_DAYS} days, and runs among those asked for"
        )
    outbreak = (extra[-WINDOW_DAYS:, runs] > 0).T
    since = np.maximum.accumulate(outbreak, 1)
    until = np.maximum.accumulate(outbreak[:, ::-1], 1)[:, ::-1]
    return Signal(number, counts[:, runs], outbreak, ~(since & until))


def _table(folder: Path, kind: str, number: int) -> Counts:
    for name in (f"{kind}_sig{number}.csv.gz", f"{kind}_sig{number}.csv"):
        path = folder / name
        if path.exists():
            break
    else:
        raise UserError(f"no {kind}_sig{number}.csv.gz in {folder}")
    try:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
            table = np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.int64, ndmin=2)
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: {error}; expected a header and whole numbers") from None
    return table


def measure(signal: Signal, alarms: Bools) -> Found:
    """Figures of one signal; alarms: runs × days."""
    outbreak = signal.outbreak
    some: Bools = outbreak.sum(1) > 0
    first = outbreak.argmax(1)
    length = outbreak.shape[1] - outbreak[:, ::-1].argmax(1) - first
    hits = alarms & outbreak
    hit: Bools = hits.sum(1) > 0
    delay = hits.argmax(1) - first
    late = np.where(hit, delay / length, 1.0)
    right, wrong = int(hits.sum()), int((alarms & signal.negative).sum())
    return Found(
        _mean(hit[some]),
        right / int(outbreak.sum()) if outbreak.any() else float("nan"),
        wrong / int(signal.negative.sum()),
        right / (right + wrong) if right + wrong else float("nan"),
        _mean(delay[hit]),
        _mean(late[some]),
    )


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def averaged(figures: Iterable[Found]) -> Found:
    """The plain mean over signals."""
    table = np.array(list(figures))
    known = ~np.isnan(table)
    sums = np.where(known, table, 0.0).sum(0)
    return Found(*np.where(known.any(0), sums / np.maximum(known.sum(0), 1), np.nan).tolist())


def cut(given: Sequence[Signal], scores: Sequence[Scores], false_alarms: float) -> float:
    """The lowest score, one for all signals, above which at most this share of days is false.

    An alarm is a score above it. The share is the mean over signals.
    """
    values = [score[one.negative] for one, score in zip(given, scores, strict=True)]
    shares = [np.full(len(value), 1 / len(value) / len(values)) for value in values]
    value, share = np.concatenate(values), np.concatenate(shares)
    order = np.argsort(-value, kind="stable")
    kept = int(np.searchsorted(np.cumsum(share[order]), false_alarms + 1e-12, "right"))
    return float(value[order[kept]]) if kept < len(value) else -np.inf
