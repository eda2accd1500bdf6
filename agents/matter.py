"""An incident as tally keeps it: which reports it has, and what they come to."""

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from streams.categories import OUTSIDE
from streams.incidents import CHANNELS, CorrectionRow, IncidentRow

REPORTS_HELD: Final = 1_000  # of an incident one by one; of earlier ones only what they come to
REPORTS_SHOWN: Final = 100  # in a row of the store

# A report inside an incident: 17 bytes.
REPORT: Final = np.dtype(
    [
        ("identity", "<u8"),
        ("at_s", "<u4"),
        ("channel", "u1"),
        ("severity", "u1"),
        ("category", "S3"),
    ]
)
_REPORT: Final = struct.Struct("<QIBB3s")

Records = NDArray[np.void]


class Held(NamedTuple):
    """One report of an incident. channel: its place in CHANNELS."""

    identity: int
    at_s: int
    channel: int
    severity: int
    category: bytes


def held(records: bytes) -> Iterator[Held]:
    """The reports in packed records."""
    return map(Held._make, _REPORT.iter_unpack(records))


class Incident(Struct, array_like=True, gc=False):
    """Reports of one matter.

    first_s, first_channel: of the earliest report. severity: the gravest, 0 if none said.
    records: the latest REPORTS_HELD reports, packed. earlier: what the others came to, so
    that the sums can be made anew when some of the records go.
    mentions: rows of the table of mentions that are its own.
    """

    id: int
    county: str
    name: str = ""
    category: str = OUTSIDE
    reports: int = 0
    first_s: int = 0
    first_channel: int = 0
    last_s: int = 0
    severity: int = 0
    channels: dict[int, int] = {}
    records: bytes = b""
    earlier: "Incident | None" = None
    mentions: int = 0

    def take(self, records: bytes) -> None:
        """Add reports."""
        for report in held(records):
            self._count(report)
        self.records += records
        over = len(self.records) - REPORTS_HELD * REPORT.itemsize
        if over > 0:
            if self.earlier is None:
                self.earlier = Incident(self.id, self.county)
            for report in held(self.records[:over]):
                self.earlier._count(report)
            self.records = self.records[over:]

    def _count(self, report: Held) -> None:
        at_s = report.at_s
        if not self.reports or at_s < self.first_s:
            self.first_s, self.first_channel = at_s, report.channel
            if report.category != b"S99" or not self.reports:
                self.category = report.category.decode()
        if self.category == OUTSIDE:
            self.category = report.category.decode()
        self.last_s = max(self.last_s, at_s)
        self.severity = graver(self.severity, report.severity)
        self.channels[report.channel] = self.channels.get(report.channel, 0) + 1
        self.reports += 1

    def without(self, identities: Iterable[int]) -> bytes:
        """Let these reports go, where they are held; their records."""
        gone = set(identities)
        kept: list[bytes] = []
        out: list[bytes] = []
        for report in held(self.records):
            (out if report.identity in gone else kept).append(_REPORT.pack(*report))
        self._start_anew(b"".join(kept))
        return b"".join(out)

    def absorb(self, other: "Incident") -> None:
        """Add all that another incident has."""
        if other.earlier is not None:
            if self.earlier is None:
                self.earlier = Incident(self.id, self.county)
            self.earlier._add(other.earlier)
        both = [*held(self.records), *held(other.records)]
        both.sort(key=lambda report: (report.at_s, report.identity))
        self.name = self.name or other.name
        self.mentions += other.mentions
        self._start_anew(b"".join(_REPORT.pack(*report) for report in both))

    def copy(self) -> "Incident":
        """One that shares nothing with this."""
        earlier = self.earlier and self.earlier.copy()
        return replace(self, channels=dict(self.channels), earlier=earlier)

    def _start_anew(self, records: bytes) -> None:
        """Count again, with these records in place of those held."""
        earlier = self.earlier
        self.reports = self.first_s = self.first_channel = self.last_s = self.severity = 0
        self.category, self.channels, self.records = OUTSIDE, {}, b""
        if earlier is not None:
            self._add(earlier)
        self.take(records)

    def _add(self, other: "Incident") -> None:
        """Add sums."""
        if not self.reports or other.first_s < self.first_s:
            self.first_s, self.first_channel = other.first_s, other.first_channel
            if other.category != OUTSIDE:
                self.category = other.category
        if self.category == OUTSIDE:
            self.category = other.category
        self.last_s = max(self.last_s, other.last_s)
        self.severity = graver(self.severity, other.severity)
        self.reports += other.reports
        for channel, n in other.channels.items():
            self.channels[channel] = self.channels.get(channel, 0) + n

    def row(self, excerpt: str, merged_into: int = 0) -> IncidentRow:
        """As the store has it."""
        identities = np.frombuffer(self.records, REPORT)["identity"][-REPORTS_SHOWN:]
        return IncidentRow(
            self.county,
            self.id,
            self.category,
            self.name,
            self.first_s,
            self.last_s,
            self.reports,
            {CHANNELS[channel]: n for channel, n in sorted(self.channels.items())},
            CHANNELS[self.first_channel],
            self.severity,
            merged_into,
            excerpt,
            identities.tolist(),
        )


def graver(one: int, other: int) -> int:
    """The graver of two severities, 0 being none.

    >>> graver(0, 4), graver(2, 1)
    (4, 1)
    """
    return min(one or other, other or one)


# A mention, and the report that made it: 71 bytes. owner: its incident. county: the code
# as a number. case: hash of the case number, 0 without one. keys: how many it has.
# opens: whether its report was the first of an incident.
ROW: Final = np.dtype(
    [
        ("owner", "<u8"),
        ("report", REPORT),
        ("county", "<u4"),
        ("fingerprint", "<u8"),
        ("problem", "<u8"),
        ("named", "<u8"),
        ("case", "<u8"),
        ("keys", "u1"),
        ("opens", "u1"),
        ("sketch", "<u8"),
    ]
)


class Matters(Struct, array_like=True, gc=False):
    """What a batch changes in incidents, in the order in which it is applied.

    rows: new mentions, packed. keys: theirs, uint64s on end, the county mixed in. names:
    of those that name something, by place. excerpts: (incident, identity of the report,
    text). joined: (incident, its name if it had none, records of further reports).
    moves: what becomes of mentions: (True, incident, the one it is merged into) or
    (False, identity of a report, the incident it is of from now on). restated: incidents
    as corrections leave them; gone: those that went into others, as the store has them.
    """

    rows: bytes = b""
    keys: bytes = b""
    names: dict[int, str] = {}
    joined: list[tuple[int, str, bytes]] = []
    excerpts: list[tuple[int, int, str]] = []
    moves: list[tuple[bool, int, int]] = []
    restated: list[Incident] = []
    gone: list[IncidentRow] = []
    corrections: list[CorrectionRow] = []

    def owners(self, reports: set[int]) -> dict[int, int]:
        """Of new reports, by identity, those that this links: report → incident."""
        rows = np.frombuffer(self.rows, ROW)
        further = np.frombuffer(b"".join(records for _, _, records in self.joined), REPORT)
        numbers = [len(records) // REPORT.itemsize for _, _, records in self.joined]
        joined = np.array([incident for incident, _, _ in self.joined], np.uint64)
        identities = np.concatenate([rows["report"]["identity"], further["identity"]])
        incidents = np.concatenate([rows["owner"], np.repeat(joined, numbers)])
        asked = np.isin(identities, np.array(list(reports), np.uint64))
        owners = dict(zip(identities[asked].tolist(), incidents[asked].tolist(), strict=True))
        for all_of_it, moved, into in self.moves:
            if all_of_it:
                owners |= {one: into for one, owner in owners.items() if owner == moved}
            elif moved in owners:
                owners[moved] = into
        return owners
