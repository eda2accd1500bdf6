"""The duty log as it crosses inside: what duty staff signed, amended and handed over."""

from msgspec import Struct


class DutyEntry(Struct, array_like=True, gc=False):
    """One accepted entry. county: of a county, or of a city as its digests have it.

    digest_id: 16 hex digits; empty for a handover that is about none. note: redacted.
    """

    identity: int
    origin: int
    county: str
    kind: str
    by: str
    reported_s: int
    digest_id: str = ""
    note: str = ""
    offset: int = -1


class DutyRow(Struct, array_like=True, gc=False):
    """An entry that is new, as a row of the duty log."""

    county: str
    digest_id: str
    identity: int
    kind: str
    by: str
    at_s: int
    note: str = ""


def row_of(entry: DutyEntry) -> DutyRow:
    """The row of an entry."""
    return DutyRow(
        entry.county,
        entry.digest_id,
        entry.identity,
        entry.kind,
        entry.by,
        entry.reported_s,
        entry.note,
    )
