"""What intake sends to tally: many reports in one Kafka record.

A pack holds what one intake batch of one input topic has for one partition of
`reports`. It is a msgpack array, opened by its format (streams/formats.py).
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from streams import formats
from streams.cases import CaseStep
from streams.duty import DutyEntry
from streams.incidents import Correction

FORMAT: Final = formats.PACKS.writes
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


encode = msgspec.msgpack.Encoder().encode
decode_pack = formats.reader(Pack, formats.PACKS)
