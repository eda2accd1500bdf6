"""How far today is above what was expected: short scans, outbreaks under way, days that come to nothing."""

from typing import Final, NamedTuple

import numpy as np

from agents.baseline.days import When
from agents.baseline.expect import Bools, Expected
from agents.baseline.memory import WINDOWS, Memory
from agents.baseline.tails import Floats, deviance, likely

CLIP: Final = 3.0  # standard deviations: what one day can bring to a scan
_STRAY_CLIP: Final = 1.0  # and a day as this series has had before, to no consequence
_STRAY_Z: Final = 3.0
_STRAY_RATIO: Final = 1.2
_STRAY_ALIKE: Final = 0.85
_STRAY_LEAST: Final = 2
_STRAY_SHARE: Final = 0.01  # of such weekdays
_FOUND: Final = 2.0
_KEPT: Final = 0.9  # of an outbreak's excess, from day to day
_LEAST: Final = 0.8  # standard deviations a day that keep an outbreak going
_MOST: Final = 15.0
_UNDER_WAY: Final = 2.0
_SOFT: Final = 2.6  # above, an outbreak under way counts for little more: new days must show it
_SLOPE: Final = 0.15
_HIGHEST: Final = 2.95
_SILENT_DAYS: Final = 14  # every weekday seen twice before anything is said
NOTHING: Final = -9.0


class Surprise(NamedTuple):
    """z: as of a standard normal, NOTHING where nothing can be said. day_z: of today alone.

    stray: a high day as this weekday has had before, and fell back from at once.
    """

    z: Floats
    day_z: Floats
    stray: Bools


def surprise(memory: Memory, when: When, count: Floats, expected: Expected) -> Surprise:
    """Enter today into the windows, and scan them."""
    column = memory.column
    mean, variance, active = expected.mean, expected.variance, expected.active
    spread = np.sqrt(variance)
    day_z = (count - mean) / spread
    stray = _stray(memory, when, (count + 0.5) / (mean + 0.5)) & (day_z > _STRAY_Z)
    held_back = column["backlog"] > 0
    _, highest = likely(mean, variance, CLIP)
    most = np.where(stray | held_back, mean + _STRAY_CLIP * spread, highest)
    for name, value in (
        ("recent_count", np.minimum(count, most)),
        ("recent_mean", mean),
        ("recent_variance", variance),
    ):
        _push(column[name], value, active)
    z = np.full(memory.size, NOTHING)
    for days in WINDOWS:
        sums = [
            column[name][-days:].sum(0, dtype=float)
            for name in ("recent_count", "recent_mean", "recent_variance")
        ]
        z = np.maximum(z, deviance(sums[0], np.maximum(sums[1], 1e-3), np.maximum(sums[2], 1e-3)))
    # What a closed day held back comes on the next one; only what is beyond that counts.
    beyond = (count - mean - column["backlog"]) / np.sqrt(
        variance + column["noise"][0] * column["backlog"]
    )
    z = np.where(held_back, np.minimum(z, np.maximum(beyond, NOTHING)), z)
    alone = deviance(count, mean, variance)
    gain = np.where(stray, 0.0, np.minimum(alone, _MOST))
    gain = np.where(held_back, np.minimum(gain, np.maximum(beyond, 0.0)), gain)
    z = np.maximum(z, _under_way(memory, z, gain, active))
    told = (active | (count > 0)) & (column["age"] >= _SILENT_DAYS)
    return Surprise(np.where(told, z, NOTHING), day_z, stray)


def _push(kept: Floats, value: Floats, active: Bools) -> None:
    """The newest last; days on which nothing happens are no days."""
    kept[:-1] = np.where(active, kept[1:], kept[:-1])
    kept[-1] = np.where(active, value, kept[-1])


def _stray(memory: Memory, when: When, ratio: Floats) -> Bools:
    """Whether this kind of day was as high before, twice and more than once in a hundred, for nothing."""
    before = memory.column["stray"][when.kind]
    alike = (before >= _STRAY_ALIKE * ratio).sum(0)
    weeks = np.maximum(memory.column["age"] / 7.0, 1.0)
    often = (alike >= _STRAY_LEAST) & (alike / weeks > _STRAY_SHARE)
    found: Bools = often & (ratio > _STRAY_RATIO)
    return found


def _under_way(memory: Memory, found: Floats, gain: Floats, active: Bools) -> Floats:
    """An outbreak that scans found fades slower than it came: its excess keeps it up.

    The excess of its days is forgotten by a tenth a day.
    """
    excess = memory.column["excess"]
    gain = np.where((excess > 0) | (found > _FOUND), gain, 0.0)
    excess[:] = np.where(active, np.maximum(_KEPT * excess + gain - _LEAST, 0.0), excess)
    raised = _UNDER_WAY * np.sqrt(excess, dtype=float)
    soft = np.where(raised > _SOFT, _SOFT + (raised - _SOFT) * _SLOPE, raised)
    return np.where(excess > 0, np.minimum(soft, _HIGHEST), NOTHING)
