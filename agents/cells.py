"""Counts reports by county, category, channel and hour, a column at a time."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.packs import UNSAID, Labels, Reports
from streams.totals import CountRow

_COUNTY_BITS: Final = 16
_WORD_BITS: Final = 10  # of category and channel
_HOUR_BIAS: Final = 1 << 22  # so that hours before 1970 are not negative

Ints = NDArray[np.int64]


class Cells:
    """Adds up reports of many packs; a cell is a county, category, channel and hour.

    >>> cells = Cells()
    >>> from streams.packs import Report
    >>> calls = [Report(n, 0, "620702", "S01", "phone", 7200, severity=n) for n in (1, 1, 4)]
    >>> cells.add(Reports.of(calls), np.array([True, True, True]))
    >>> [(row.hour, row.n, row.red, row.blue) for row in cells.rows(piece=0)]
    [(2, 3, 2, 1)]
    """

    def __init__(self) -> None:
        self._counties: dict[str, int] = {}
        self._words: dict[str, int] = {}
        self._keys: list[Ints] = []
        self._severities: list[NDArray[np.uint8]] = []
        self._sentiments: list[NDArray[np.int8]] = []

    def add(self, reports: Reports, mask: NDArray[np.bool_]) -> None:
        """Add those of the reports that the mask names."""
        hours = np.frombuffer(reports.reported_s, "<i8")[mask] // 3600 + _HOUR_BIAS
        keys = hours << _COUNTY_BITS | _numbers(reports.county, self._counties)[mask]
        keys = keys << _WORD_BITS | _numbers(reports.category, self._words)[mask]
        self._keys.append(keys << _WORD_BITS | _numbers(reports.channel, self._words)[mask])
        self._severities.append(np.frombuffer(reports.severity, np.uint8)[mask])
        sentiments = np.full(len(reports), UNSAID, np.int8)
        if reports.sentiment:  # packs of before it was told have none
            sentiments = np.frombuffer(reports.sentiment, np.int8)
        self._sentiments.append(sentiments[mask])

    def rows(self, piece: int) -> list[CountRow]:
        """What was added, as increments of this piece."""
        if not self._keys:
            return []
        keys, places = np.unique(np.concatenate(self._keys), return_inverse=True)
        severities = np.concatenate(self._severities)
        sentiments = np.concatenate(self._sentiments)
        told = sentiments != UNSAID
        masks = [np.full(len(places), True)]
        masks += [severities == severity for severity in (1, 2, 3, 4)]
        masks += [told, sentiments < 0, told & (sentiments > 0)]
        measures = [np.bincount(places[mask], minlength=len(keys)).tolist() for mask in masks]
        sums = np.bincount(places[told], sentiments[told], minlength=len(keys))
        measures.append(sums.astype(np.int64).tolist())
        counties, words = list(self._counties), list(self._words)
        below = (1 << _WORD_BITS) - 1
        county = keys >> 2 * _WORD_BITS & (1 << _COUNTY_BITS) - 1
        hour = (keys >> 2 * _WORD_BITS + _COUNTY_BITS) - _HOUR_BIAS
        return [
            CountRow(counties[at], words[category], words[channel], of, piece, *n)
            for at, category, channel, of, *n in zip(
                county.tolist(),
                (keys >> _WORD_BITS & below).tolist(),
                (keys & below).tolist(),
                hour.tolist(),
                *measures,
                strict=True,
            )
        ]


def _numbers(labels: Labels, known: dict[str, int]) -> Ints:
    """The column with numbers that mean the same in every pack."""
    own = np.array([known.setdefault(word, len(known)) for word in labels.words], np.int64)
    return own.take(np.frombuffer(labels.codes, "<u2"))
