"""One day's counts by channel: several that agree say more than their sum, one alone says less."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.baseline.advance import Judgement
from agents.baseline.tails import Floats, all_of, deviance, normal_tail

Places = npt.NDArray[np.int64]

_SURPRISED: Final = 0.05  # p of a channel that agrees
_SPEAKS: Final = 0.1  # share of a channel that would be heard
_KEPT: Final = 0.98  # of what was heard, a day
_MOST: Final = 10.0  # reports of a day that say something about shares
_LIKE_OTHERS: Final = 15.0  # reports that say: its shares are those of all series
_KNOWN: Final = 100.0  # reports; more do not make a share known better
_LOPSIDED_Z: Final = 2.3
_ALONE: Final = 0.5  # of the score that is left to one channel


class Corroboration(NamedTuple):
    """Columns over series. p: of the day, all channels heard; voices: how many are surprised.

    loudest: the place of the most surprised channel.
    """

    p: Floats
    voices: Places
    loudest: Places


def corroborate(judged: Judgement, counts: Floats, heard: Floats) -> Corroboration:
    """Weigh a day's judgement by who reported.

    counts: channels × series, of the day; heard: those before, as learn_heard() keeps
    them. Two channels or more that are surprised each by itself are combined as
    independent sources (Fisher), at the price of a second look. If one alone is
    surprised, and has more of the day than its usual share explains, the score is
    halved: a campaign of one source, not an event that people see from several sides.
    A channel that usually has most of a series is no campaign for having most of its rise.

    The wider spread of a channel is that of the sum: variance / mean.
    """
    shares = usual_shares(heard)
    mean = np.maximum(judged.expected * shares, 1e-3)
    spread = np.maximum(judged.variance / judged.expected, 1.0)
    # Shares are never known better than by a tenth.
    p = normal_tail(deviance(counts, mean, spread * mean + 0.01 * mean**2))
    voices = (p < _SURPRISED).sum(0)
    loudest = p.argmin(0)
    others = (shares >= _SPEAKS).sum(0) >= 2
    alone = (voices == 1) & others & (_lopsided(counts, heard, shares, loudest) > _LOPSIDED_Z)
    agreed = np.minimum(judged.p, np.minimum(2.0 * all_of(p), 1.0))
    weighed = np.where(alone, judged.p**_ALONE, judged.p)
    return Corroboration(np.where(voices >= 2, agreed, weighed), voices, loudest)


def usual_shares(heard: Floats) -> Floats:
    """What each channel usually has of the sum: as in all series where few were heard.

    >>> usual_shares(np.array([[100.0, 0.0], [300.0, 0.0]])).round(2).tolist()
    [[0.25, 0.25], [0.75, 0.75]]
    """
    pooled = (heard.sum(1, keepdims=True) + 1.0) / (heard.sum() + len(heard))
    known = heard + _LIKE_OTHERS * pooled
    shares: Floats = known / known.sum(0)
    return shares


def learn_heard(heard: Floats, counts: Floats) -> Floats:
    """Reports by channel of late, with this day's; of many in a day not all, or one day would say it all.

    >>> learn_heard(np.array([[50.0], [50.0]]), np.array([[30.0], [10.0]])).round(1).tolist()
    [[56.5], [51.5]]
    """
    learnt: Floats = _KEPT * heard + counts * np.minimum(
        _MOST / np.maximum(counts.sum(0), 1.0), 1.0
    )
    return learnt


def _lopsided(counts: Floats, heard: Floats, shares: Floats, loudest: Places) -> Floats:
    """Standard deviations by which the loudest channel has more of the day than its share.

    Beta-binomial: a share is known as well as reports were heard.
    """
    each = np.arange(counts.shape[1])
    part, share, whole = counts[loudest, each], shares[loudest, each], counts.sum(0)
    known = np.minimum(heard.sum(0) + _LIKE_OTHERS, _KNOWN)
    variance = whole * share * (1.0 - share) * (known + whole) / (known + 1.0)
    beyond: Floats = (part - 0.5 - whole * share) / np.sqrt(np.maximum(variance, 1e-3))
    return beyond
