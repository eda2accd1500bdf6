"""One day's counts by channel: several that agree say more than their sum, one alone says less."""

from typing import Final, NamedTuple

import numpy as np

from agents.baseline.advance import Judgement
from agents.baseline.tails import Floats, all_of, deviance, normal_tail

_SURPRISED: Final = 0.05  # p of a channel that agrees
_SPEAKS: Final = 0.1  # share of a channel that would be heard
_KEPT: Final = 0.98  # of a share, a day
_ALONE: Final = 0.5  # of the score that is left to one channel


class Corroboration(NamedTuple):
    """Columns over series. p: of the day, all channels heard; voices: how many are surprised.

    loudest: the place of the most surprised channel.
    """

    p: Floats
    voices: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    loudest: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def corroborate(judged: Judgement, counts: Floats, shares: Floats) -> Corroboration:
    """Weigh a day's judgement by who reported.

    counts: channels × series, of the day; shares: what each channel usually has
    of the sum. Two channels or more that are surprised each by itself are
    combined as independent sources (Fisher), at the price of a second look. If
    one alone is surprised, though others usually speak, the score is halved: a
    campaign of one source, not an event that people see from several sides.

    The wider spread of a channel is that of the sum: variance / mean.
    """
    mean = np.maximum(judged.expected * shares, 1e-3)
    spread = np.maximum(judged.variance / judged.expected, 1.0)
    # Shares are never known better than by a tenth.
    p = normal_tail(deviance(counts, mean, spread * mean + 0.01 * mean**2))
    voices = (p < _SURPRISED).sum(0)
    others = (shares >= _SPEAKS).sum(0) >= 2
    agreed = np.minimum(judged.p, np.minimum(2.0 * all_of(p), 1.0))
    alone = judged.p**_ALONE
    weighed = np.where(voices >= 2, agreed, np.where((voices == 1) & others, alone, judged.p))
    return Corroboration(weighed, voices, p.argmin(0))


def learn_shares(shares: Floats, counts: Floats) -> Floats:
    """What each channel has of the sum, by this day as well; columns that count nothing stay.

    >>> learn_shares(np.array([[0.5], [0.5]]), np.array([[10.0], [0.0]])).round(2).tolist()
    [[0.51], [0.49]]
    """
    total = counts.sum(0)
    today = counts / np.maximum(total, 1.0)
    # A day of few reports says little about shares.
    weight = (1.0 - _KEPT) * np.minimum(total / 10.0, 1.0)
    learnt: Floats = shares + weight * (today - shares)
    return learnt
