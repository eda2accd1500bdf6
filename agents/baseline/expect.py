"""What a series should count today, and how far it may stray: level × kind of day × season."""

from typing import Final, NamedTuple

import numpy as np

from agents.baseline.days import HOLIDAY, WEEKS_KEPT, When
from agents.baseline.memory import PACES, Memory
from agents.baseline.tails import Floats

Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

STARTED_DAYS: Final = 42  # from when on a wild day is cut before it is learnt from
LEAST_MEAN: Final = 0.1  # nobody knows that a series has less than one report in ten days
_VARIANCE: Final = 0.03
_SEASON_PRIOR: Final = 30.0  # counts that say: no season
_SPECIAL_PRIOR: Final = 2.0  # counts that say: a holiday is like a weekend
_SEASON_NOISE: Final = 0.5  # share of the noise at this time of earlier years
_MEAN_ERROR: Final = 0.05  # share of the mean nobody can know better
_SEASONLESS_ERROR: Final = 0.1  # and who has not seen a year
_LEVEL_ERROR: Final = 0.5
_KIND_SPREAD: Final = 0.36  # variance of weekday factors, before any is seen
_KIND_MOST: Final = 67.0  # that are not yet forgotten
_KIND_NOISE: Final = 0.02  # of one seen, beside that of the count
_SEASON_DAYS: Final = (
    21  # seen at this time of earlier years, or the last weeks stand for the season
)
_SEASON_FROM: Final = 364  # days of history
_SEASON_IN: Final = 60.0  # days until it is believed in full
_LAST_WEEKS: Final = 5
_LEVEL_WEEKS: Final = 10
_LEVEL_PRIOR: Final = 5.0  # counts that say: the level is that of the last _LEVEL_WEEKS weeks
_NOISE_PRIOR: Final = 10.0  # counts that say: the noise is _NOISE_USUAL
_NOISE_USUAL: Final = 1.2
_NOISE_SHARE: Final = 0.25  # of a series' days that its noise is an average of
_NOISE_MOST: Final = 100.0  # such days
_FASTER: Final = 1.5  # how much worse the slow level must do before the fast one is asked
_STEEPEST: Final = 0.15  # growth in a day, logarithm
_AHEAD_DAYS: Final = 4.0  # how far behind the fast level is
_IDLE: Final = 0.05  # of a mean day; below, nothing is expected to happen on such a day


class Expected(NamedTuple):
    """Columns of one day; paces × series where said.

    mean, variance: of the count, by the pace chosen. means: of each pace.
    usual: factor of this kind of day. season: of this time of year. special:
    what this date did in earlier years beyond both. active: whether anything
    happens on such a day. fast: whether the fast level was asked.
    """

    mean: Floats
    variance: Floats
    means: Floats
    usual: Floats
    season: Floats
    special: Floats
    active: Bools
    fast: Bools


def expect(memory: Memory, when: When) -> Expected:
    """Out of what was counted before today."""
    column = memory.column
    usual = _usual(memory, when.kind)
    days, count, noise = _season(memory, when)
    mean_day = column["total"] / np.maximum(column["age"], 1)
    season = (count + _SEASON_PRIOR) / (days * np.maximum(mean_day, 1e-3) + _SEASON_PRIOR)
    # The level was learnt without a season: let it follow as the season comes in.
    seasoned = np.clip((column["age"] - _SEASON_FROM) / _SEASON_IN, 0.0, 1.0)
    season = season**seasoned
    level_count, level_base = _levels(memory, when, season, seasoned)
    level = level_count / level_base
    base = usual * season
    special = _special(memory, when, np.maximum(level[0] * base, LEAST_MEAN))
    ahead = np.exp(np.clip(column["growth"], -_STEEPEST, _STEEPEST) * _AHEAD_DAYS)
    level[-1] *= np.where(column["age"] >= STARTED_DAYS, ahead, 1.0)
    means = np.maximum(level * base * special, LEAST_MEAN)
    known = days >= _SEASON_DAYS
    beside = np.where(known, _SEASON_NOISE * noise, _last_weeks(memory, when))
    noise = _noise(memory, means, beside)
    seen = _times_seen(memory, when.kind, level[0] * season)
    error = np.where(known, _MEAN_ERROR, _SEASONLESS_ERROR) ** 2
    variances = _variance(means, noise, level_count, seen, error)
    slow, fast = variances / means
    chosen = (slow > _FASTER * fast) & (column["age"] >= STARTED_DAYS)
    return Expected(
        np.where(chosen, means[1], means[0]),
        np.where(chosen, variances[1], variances[0]),
        means,
        usual,
        season,
        special,
        usual > _IDLE,
        chosen,
    )


def _usual(memory: Memory, kind: int) -> Floats:
    count, base = memory.column["kind_count"], memory.column["kind_base"]
    week = count[:7].astype(float) / base[:7]
    week /= np.maximum(week.mean(0), 1e-6)
    if kind < 7:
        usual: Floats = week[kind]
    else:
        # Seldom seen: between what was seen and the days it resembles.
        alike = week[5:].mean(0) if kind == HOLIDAY else week[:5].mean(0)
        usual = (count[kind] + _SPECIAL_PRIOR * alike) / (base[kind] + _SPECIAL_PRIOR)
    return np.maximum(usual, 1e-3)


def _times_seen(memory: Memory, kind: int, base: Floats) -> Floats:
    """This kind of day, those long ago less."""
    times: Floats = memory.column["age"] / 7.0
    if kind >= 7:
        times = memory.column["kind_base"][kind] / np.maximum(base, 0.01)
    return np.minimum(times, _KIND_MOST)


def _season(memory: Memory, when: When) -> tuple[Floats, Floats, Floats]:
    """Days seen around this time of earlier years, their counts, their noise per pace."""
    slots = np.array([slot for slot, _ in when.season])
    weights = np.array([weight for _, weight in when.season])
    seen = memory.column["week_days"][slots]
    days = weights @ seen
    count = weights @ memory.column["week_count"][slots]
    noise = np.stack([weights @ memory.column["week_noise"][pace, slots] for pace in range(PACES)])
    return days, count, noise / np.maximum(days, 1.0)


def _levels(memory: Memory, when: When, season: Floats, seasoned: Floats) -> tuple[Floats, Floats]:
    """Counts and bases of each pace; their ratio is the level.

    The slow one is a gamma-Poisson posterior: ten days of a report every other
    day say less than the weeks before. Once seasons are known they say it better.
    """
    count, base = (memory.column[name].astype(float) for name in ("level_count", "level_base"))
    slots = _last_slots(when, _LEVEL_WEEKS)
    days = memory.column["week_days"][slots].sum(0)
    lately = (memory.column["week_count"][slots].sum(0, dtype=float) + 0.3) / (days + 1.0)
    prior = _LEVEL_PRIOR * (1.0 - seasoned)
    count[0] += prior
    base[0] += prior * season / np.maximum(lately, 0.03)
    return count, base


def _noise(memory: Memory, means: Floats, beside: Floats) -> Floats:
    """Variance / mean of each pace: lately, or beside it if that is more.

    Few reports cannot tell their noise: until they do it is what it is elsewhere.
    """
    found = np.maximum(memory.column["noise"].astype(float), beside)
    days = np.minimum(_NOISE_SHARE * memory.column["age"] + 1.0, _NOISE_MOST)
    prior = _NOISE_PRIOR / means
    noise: Floats = (days * found + prior * _NOISE_USUAL) / (days + prior)
    return noise


def _last_weeks(memory: Memory, when: When) -> Floats:
    """Noise per pace."""
    slots = _last_slots(when, _LAST_WEEKS)
    days = memory.column["week_days"][slots].sum(0)
    noise = memory.column["week_noise"][:, slots].sum(1, dtype=float)
    last: Floats = noise / np.maximum(days, 1)
    return last


def _last_slots(when: When, weeks: int) -> list[int]:
    """Slots of the last weeks; on a Monday this week's is still of years ago."""
    first = 1 if when.weekday == 0 else 0
    return [(when.week - back) % WEEKS_KEPT for back in range(first, first + weeks)]


def _variance(
    mean: Floats, noise: Floats, level_count: Floats, seen: Floats, error: Floats
) -> Floats:
    """Of the count itself, of the level, of the factor of this kind of day, and of what nobody can know."""
    level = noise / np.maximum(level_count, 0.5) * _LEVEL_ERROR
    kind = 1.0 / (1.0 / _KIND_SPREAD + seen / (noise / mean + _KIND_NOISE))
    varies: Floats = noise * mean + _VARIANCE + mean**2 * (level + kind + error)
    return varies


def _special(memory: Memory, when: When, mean: Floats) -> Floats:
    """How much more than usual this date had in earlier years, if it had so in nearly all."""
    ratios = memory.column["ratio"][list(when.dates)].astype(float)
    seen = ratios > 0
    years = seen.sum(0)
    average = ratios.sum(0) / np.maximum(years, 1)
    ordered = np.sort(np.where(seen, ratios, np.inf), 0)
    low = np.take_along_axis(ordered, (years // 4)[None], 0)[0]
    spread = np.sqrt(memory.column["noise"][0] * mean + 0.1) / mean
    beyond = (average - 1.0) * np.sqrt(years) > 3.0 * spread
    return np.where((years >= 3) & beyond & (low > 1.15) & (average > 1.3), average, 1.0)
