"""The new reports of a batch that bring something to linking, as columns. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from agents.incidents import mixed
from agents.matter import REPORT
from streams.incidents import CHANNELS
from streams.packs import Labels, Reports

Mask = NDArray[np.bool_]
Records = NDArray[np.void]

_CHANNEL_PLACES: Final = {name: place for place, name in enumerate(CHANNELS)}


def case_key(county: str, case_id: str) -> int:
    """What reports of one case are linked by, whatever they say."""
    return xxhash.xxh3_64_intdigest(f"case\0{county}\0{case_id}".encode()) or 1


class Arrivals:
    """New reports of a batch that bring something to linking, as columns, in order.

    counts: keys of each; keys: of all on end, the county mixed in. names, excerpts,
    cases: by place.
    """

    def __init__(
        self, taken: Sequence[tuple[Reports, Mask]], resolve: Callable[[str, str], str]
    ) -> None:
        """taken: reports, and which of them. resolve: county, case → the case it goes on as."""
        parts = [_Part(reports, mask) for reports, mask in taken]
        parts = [part for part in parts if len(part.chosen)]
        self.records: Records = np.concatenate([np.empty(0, REPORT), *(p.records for p in parts)])
        self.county = np.concatenate([np.empty(0, np.uint32), *(p.county for p in parts)])
        none = np.empty(0, np.uint64)
        self.fingerprint = np.concatenate([none, *(p.fingerprint for p in parts)])
        self.problem = np.concatenate([none, *(p.problem for p in parts)])
        self.named = np.concatenate([none, *(p.named for p in parts)])
        self.sketch = np.concatenate([none, *(p.sketch for p in parts)])
        self.counts = np.concatenate([np.empty(0, np.int64), *(p.counts for p in parts)])
        self.starts = np.cumsum(self.counts) - self.counts
        self.of_key = np.repeat(np.arange(len(self.records)), self.counts)
        keys = np.concatenate([none, *(p.keys for p in parts)])
        self.keys = mixed(keys, self.county[self.of_key])
        self.names: dict[int, str] = {}
        self.excerpts: dict[int, str] = {}
        self.cases: dict[int, int] = {}
        start = 0
        for part in parts:
            self.names.update(part.sparse(part.reports.names, start))
            self.excerpts.update(part.sparse(part.reports.excerpts, start))
            for place, case_id in part.sparse(part.reports.case_ids, start):
                county = f"{int(self.county[place]):06}"
                self.cases[place] = case_key(county, resolve(county, case_id))
            start += len(part.chosen)

    def __len__(self) -> int:
        return len(self.records)


class _Part:
    """Those of a pack."""

    def __init__(self, reports: Reports, mask: Mask) -> None:
        number = len(reports)
        fingerprint = _column(reports.fingerprint, "<u8", number)
        counts = _column(reports.key_counts, np.uint8, number).astype(np.int64)
        told = (fingerprint != 0) | (counts > 0)
        told[[place for place in reports.case_ids if place < number]] = True
        mask = mask & told
        self.reports = reports
        self.chosen = chosen = np.flatnonzero(mask)
        self._new_place = np.where(mask, np.cumsum(mask) - 1, -1)
        self.fingerprint = fingerprint[chosen]
        self.problem = _column(reports.problem, "<u8", number)[chosen]
        self.named = _column(reports.named, "<u8", number)[chosen]
        self.sketch = _column(reports.sketch, "<u8", number)[chosen]
        self.counts = counts[chosen]
        self.keys = _column(reports.keys, "<u8", int(counts.sum()))[np.repeat(mask, counts)]
        self.county = _coded(reports.county, [int(word) for word in reports.county.words])[
            chosen
        ].astype(np.uint32)
        self.records: Records = np.empty(len(chosen), REPORT)
        self.records["identity"] = np.frombuffer(reports.identity, "<u8")[chosen]
        self.records["at_s"] = np.frombuffer(reports.reported_s, "<i8")[chosen]
        self.records["severity"] = np.frombuffer(reports.severity, np.uint8)[chosen]
        channels = [_CHANNEL_PLACES.get(word, 0) for word in reports.channel.words]
        self.records["channel"] = _coded(reports.channel, channels)[chosen]
        categories = np.array([word.encode() for word in reports.category.words] or [b""], "S3")
        self.records["category"] = categories[np.frombuffer(reports.category.codes, "<u2")[chosen]]

    def sparse(self, texts: dict[int, str], start: int) -> Iterable[tuple[int, str]]:
        """(place among all that were taken, text); start: of this part."""
        places = self._new_place[list(texts)].tolist()
        return [
            (start + at, text) for at, text in zip(places, texts.values(), strict=True) if at >= 0
        ]


def _column(packed: bytes, kind: object, number: int) -> NDArray[np.generic]:
    """A column; an older pack has none, which is as if it were zero."""
    return np.frombuffer(packed, kind) if packed else np.zeros(number, kind)  # type: ignore[call-overload,no-any-return]


def _coded(labels: Labels, numbers: Sequence[int]) -> NDArray[np.int64]:
    return np.array(numbers or [0], np.int64).take(np.frombuffer(labels.codes, "<u2"))
