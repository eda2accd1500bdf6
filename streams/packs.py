"""What crosses inside: many reports in one Kafka record.

A pack holds what one intake batch of one input topic has for one partition of
`reports`; totals hold what one tally batch changed. Both are msgpack arrays,
opened by a format number, which tells what wrote them.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from streams.cases import CaseDayRow, CaseRow, CaseStep, CaseStepRow
from streams.duty import DutyEntry, DutyRow
from streams.incidents import Correction, CorrectionRow, IncidentRow, Singles

FORMAT: Final = 2
UNSAID: Final = 127  # in place of a sentiment: there was no text


class Report(NamedTuple):
    """One accepted report, redacted and classified.

    identity: xxh3-64 of source, NUL, id.
    origin: index into the pack's origins.
    reported_s: seconds since 1970 UTC. severity: 1–4, 0 when not said.
    zero: an explicit "nothing today", which is counted apart.
    offset: of the event in its input partition; -1 where it is not known.
    sentiment: −2 … +2 towards the matter; UNSAID without a text.
    declared: the leaf that upstream's own category stands for; empty when it said none we know.
    cue: what in the text made it graver than upstream said; empty if nothing did.
    fingerprint, keys, name, problem, named, sketch: by what the same matter is known
    again (agents/mention.py). case_id: of the publisher; empty when not said.
    """

    identity: int
    origin: int
    county: str
    category: str
    channel: str
    reported_s: int
    severity: int = 0
    people_band: str = ""
    zero: bool = False
    excerpt: str = ""
    offset: int = -1
    sentiment: int = UNSAID
    declared: str = ""
    cue: str = ""
    fingerprint: int = 0
    keys: tuple[int, ...] = ()
    name: str = ""
    case_id: str = ""
    problem: int = 0
    named: int = 0
    sketch: int = 0


# The fields of a Report, in their order: cheaper to make by the thousand.
ReportRow = tuple[Any, ...]


class Labels(Struct, array_like=True, gc=False):
    """A column of words that repeat: each once, and a number for each report.

    codes: little-endian uint16s, indices into words.
    """

    words: list[str] = []
    codes: bytes = b""

    def at(self, place: int) -> str:
        """The word of one report."""
        return self.words[int.from_bytes(self.codes[2 * place : 2 * place + 2], "little")]


def _labels(column: Sequence[str]) -> Labels:
    words = list(dict.fromkeys(column))
    numbers = {word: number for number, word in enumerate(words)}
    return Labels(words, _packed("H", [numbers[word] for word in column]))


def _sparse(column: Sequence[str]) -> dict[int, str]:
    return {place: text for place, text in enumerate(column) if text}


def _packed(code: str, column: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(column)}{code}", *column)


class Reports(Struct, array_like=True, gc=False):
    """Reports as columns: a third of the size, and tally reads them at once.

    Little-endian: identity, fingerprint, keys, problem, named, sketch uint64;
    reported_s, offset int64; origin uint16; severity, zero, key_counts uint8;
    sentiment int8. keys: of all reports on end, key_counts of them each. excerpts
    … case_ids: those that are not empty, by place. New columns come last and may
    be empty: an older pack has none of them.
    """

    identity: bytes = b""
    reported_s: bytes = b""
    offset: bytes = b""
    origin: bytes = b""
    severity: bytes = b""
    zero: bytes = b""
    county: Labels = msgspec.field(default_factory=Labels)
    category: Labels = msgspec.field(default_factory=Labels)
    channel: Labels = msgspec.field(default_factory=Labels)
    people_band: Labels = msgspec.field(default_factory=Labels)
    excerpts: dict[int, str] = {}
    sentiment: bytes = b""
    declared: dict[int, str] = {}
    cues: dict[int, str] = {}
    fingerprint: bytes = b""
    keys: bytes = b""
    key_counts: bytes = b""
    names: dict[int, str] = {}
    case_ids: dict[int, str] = {}
    problem: bytes = b""
    named: bytes = b""
    sketch: bytes = b""

    @classmethod
    def of(cls, rows: Iterable[ReportRow]) -> "Reports":
        """
        >>> reports = Reports.of([Report(7, 0, "620702", "S01", "phone", 1_700_000_000)])
        >>> len(reports), [report.category for report in reports]
        (1, ['S01'])
        """
        columns = list(zip(*rows, strict=True))
        if not columns:
            return cls()
        identity, origin, county, category, channel, reported_s = columns[:6]
        severity, people_band, zero, excerpt, offset, sentiment = columns[6:12]
        declared, cue, fingerprint, keys, name, case_id, problem, named, sketch = columns[12:]
        return cls(
            _packed("Q", identity),
            _packed("q", reported_s),
            _packed("q", offset),
            _packed("H", origin),
            bytes(severity),
            bytes(zero),
            _labels(county),
            _labels(category),
            _labels(channel),
            _labels(people_band),
            _sparse(excerpt),
            _packed("b", sentiment),
            _sparse(declared),
            _sparse(cue),
            _packed("Q", fingerprint),
            _packed("Q", list(chain.from_iterable(keys))),
            bytes(map(len, keys)),
            _sparse(name),
            _sparse(case_id),
            _packed("Q", problem),
            _packed("Q", named),
            _packed("Q", sketch),
        )

    def __len__(self) -> int:
        return len(self.severity)

    def __getitem__(self, place: int) -> Report:
        """Raises IndexError past the last."""
        if place >= len(self):
            raise IndexError(place)

        def number(code: str, column: bytes) -> int:
            (value,) = struct.unpack_from(f"<{code}", column, place * struct.calcsize(code))
            return int(value)

        return Report(
            number("Q", self.identity),
            number("H", self.origin),
            self.county.at(place),
            self.category.at(place),
            self.channel.at(place),
            number("q", self.reported_s),
            self.severity[place],
            self.people_band.at(place),
            bool(self.zero[place]),
            self.excerpts.get(place, ""),
            number("q", self.offset),
            number("b", self.sentiment) if self.sentiment else UNSAID,
            self.declared.get(place, ""),
            self.cues.get(place, ""),
            number("Q", self.fingerprint) if self.fingerprint else 0,
            self.keys_of(place),
            self.names.get(place, ""),
            self.case_ids.get(place, ""),
            number("Q", self.problem) if self.problem else 0,
            number("Q", self.named) if self.named else 0,
            number("Q", self.sketch) if self.sketch else 0,
        )

    def keys_of(self, place: int) -> tuple[int, ...]:
        """The keys of one report."""
        if not any(self.key_counts):
            return ()
        start = sum(self.key_counts[:place])
        return struct.unpack_from(f"<{self.key_counts[place]}Q", self.keys, start * 8)

    def __iter__(self) -> Iterator[Report]:
        return (self[place] for place in range(len(self)))


class Action(Struct, array_like=True, gc=False):
    """One accepted alert action."""

    identity: int
    origin: int
    county: str
    alert_id: str
    action: str
    by: str
    reported_s: int
    note: str = ""
    until_s: int = 0
    offset: int = -1
    assigned_to: str = ""


class Pack(Struct, array_like=True, gc=False):
    """Accepted events of one input stream for one partition of `reports`.

    at_ms: when intake packed it, milliseconds since 1970 UTC: tally's clock
    for everything that must come out the same when the pack is read again.
    origins: (CloudEvents source, runid), referred to by index.
    partition: of the input topic. Packs of one come in the order of its offsets.
    """

    format: int
    at_ms: int
    stream: str
    origins: list[tuple[str, str]]
    reports: Reports = msgspec.field(default_factory=Reports)
    cases: list[CaseStep] = []
    actions: list[Action] = []
    partition: int = -1
    corrections: list[Correction] = []
    duty: list[DutyEntry] = []


class CountRow(Struct, array_like=True, gc=False):
    """A total: n reports of a county, category, channel and hour.

    hour: hours since 1970 UTC, of reported_at. piece: 0 for the live total,
    else the pack that a history piece came from. red … blue: how many of the n
    were of that severity. sentiments: how many had a text to tell a sentiment
    from; negative, positive: of these, those below and above 0; sentiment_sum: of
    these, −2 … +2 each.
    """

    county: str
    category: str
    channel: str
    hour: int
    piece: int
    n: int
    red: int = 0
    orange: int = 0
    yellow: int = 0
    blue: int = 0
    sentiments: int = 0
    negative: int = 0
    positive: int = 0
    sentiment_sum: int = 0


class LedgerRow(Struct, array_like=True, gc=False):
    """What became of a source's events on one day: how many were counted, how many repeats.

    day: of arrival, days since 1970 UTC; readers sum days, so that past days can be forgotten.
    """

    county: str
    stream: str
    source: str
    runid: str
    day: int
    counted: int
    duplicates: int


class PresenceRow(Struct, array_like=True, gc=False):
    """Whether a county reported on a day (report window, days since 1970)."""

    county: str
    day: int
    grid_reports: int
    zero_reports: int


class DeclaredRow(Struct, array_like=True, gc=False):
    """n reports that upstream declared to be of one leaf and that were counted as another, or the same.

    day: of arrival, days since 1970 UTC; readers sum days.
    """

    county: str
    declared: str
    category: str
    day: int
    n: int


class ActionRow(Struct, array_like=True, gc=False):
    """A step of an alert's life, as an audit row.

    by: a post; empty for a step that the alert took by itself. verdict: what came of
    it (agents/alerting/life.py); empty where that was not told.
    """

    county: str
    alert_id: str
    identity: int
    action: str
    by: str
    at_s: int
    note: str = ""
    until_s: int = 0
    assigned_to: str = ""
    verdict: str = ""


class ExpectationRow(Struct, array_like=True, gc=False):
    """What the days before let expect of a day (days since 1970 UTC): reports, and where 19 of 20 days lie."""

    county: str
    category: str
    day: int
    expected: float
    low: float
    high: float


class Totals(Struct, array_like=True, gc=False):
    """Upserts of one tally batch; a row with a higher version replaces a lower one."""

    format: int
    version: int
    partition: int
    counts: list[CountRow] = []
    ledger: list[LedgerRow] = []
    presence: list[PresenceRow] = []
    cases: list[CaseRow] = []
    actions: list[ActionRow] = []
    declared: list[DeclaredRow] = []
    incidents: list[IncidentRow] = []
    singles: Singles = msgspec.field(default_factory=Singles)
    corrections: list[CorrectionRow] = []
    case_steps: list[CaseStepRow] = []
    case_days: list[CaseDayRow] = []
    duty: list[DutyRow] = []
    expectations: list[ExpectationRow] = []


encode = msgspec.msgpack.Encoder().encode
decode_pack = msgspec.msgpack.Decoder(Pack).decode
decode_totals = msgspec.msgpack.Decoder(Totals).decode
