"""Incidents as they cross inside: as rows for the store, and as corrections from duty staff."""

import struct
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

# Of every contract, in an order that stays: a channel's place stands for it in tally's state.
CHANNELS: Final = (
    *("other", "grid_app", "patrol", "window", "assigned_from_above", "leader_assigned"),
    *("phone", "web", "wechat", "app", "letter"),
    *("news", "forum", "short_video", "message_board"),
)


class Correction(Struct, array_like=True, gc=False):
    """One accepted incident action.

    action: merge (the incident into another one) or split (these reports, by
    identity, out of it into one of their own).
    """

    identity: int
    origin: int
    county: str
    incident: int
    action: str
    by: str
    reported_s: int
    into: int = 0
    reports: list[int] = []
    note: str = ""
    offset: int = -1


class IncidentRow(Struct, array_like=True, gc=False):
    """An incident as it stands.

    reports, channels: 0 and none once it is merged into another one. first_channel: of
    its earliest report. identities: of its latest reports.
    """

    county: str
    incident: int
    category: str
    name: str
    opened_s: int
    last_s: int
    reports: int
    channels: dict[str, int]
    first_channel: str
    severity: int = 0
    merged_into: int = 0
    excerpt: str = ""
    identities: list[int] = []


class Singles(Struct, array_like=True, gc=False):
    """Incidents of one report, as columns: most are, and stay so.

    records: packed as in SINGLE. names, excerpts: those that are not empty, by place.
    """

    records: bytes = b""
    names: dict[int, str] = {}
    excerpts: dict[int, str] = {}

    def rows(self) -> Iterator[IncidentRow]:
        """One for each."""
        for place, record in enumerate(SINGLE.iter_unpack(self.records)):
            incident, county, identity, at_s, channel, severity, category = record
            name = CHANNELS[channel]
            yield IncidentRow(
                f"{county:06}",
                incident,
                category.decode(),
                self.names.get(place, ""),
                at_s,
                at_s,
                1,
                {name: 1},
                name,
                severity,
                0,
                self.excerpts.get(place, ""),
                [identity],
            )


# incident, county, identity of the report, at_s, its place in CHANNELS, severity, category
SINGLE: Final = struct.Struct("<QIQIBB3s")


class CorrectionRow(Struct, array_like=True, gc=False):
    """An incident action that was carried out, as an audit row. into: what it made or enlarged."""

    county: str
    incident: int
    identity: int
    action: str
    into: int
    by: str
    at_s: int
    note: str = ""
