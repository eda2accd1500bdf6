"""What the store gets of the incidents that a change touched."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from agents.incidents import Incidents
from agents.matter import REPORT, ROW, Matters
from streams.incidents import IncidentRow, Singles

# Some 500 KB of a record of totals: an incident of many reports takes 1 KB, one of one 60 bytes.
_ROWS_AT_ONCE: Final = 500
_SINGLES_AT_ONCE: Final = 4_000
# As streams.incidents.SINGLE has it.
_SINGLE: Final = np.dtype([("incident", "<u8"), ("county", "<u4"), ("report", REPORT)])


def totals(incidents: Incidents, matters: Matters) -> Iterator[tuple[list[IncidentRow], Singles]]:
    """What a change touched, as it stands now, in pieces; it must have been applied."""
    touched = [incident for incident, _, _ in matters.joined]
    touched += [incident.id for incident in matters.restated]
    rows = [
        incidents.linked[incident].row(incidents.excerpt(incident))
        for incident in dict.fromkeys(touched)
        if incident in incidents.linked
    ]
    rows += matters.gone
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield rows[start : start + _ROWS_AT_ONCE], Singles()
    opened = _opened(incidents, matters)
    for start in range(0, len(opened), _SINGLES_AT_ONCE):
        yield [], _singles(matters, opened[start : start + _SINGLES_AT_ONCE])


def _opened(incidents: Incidents, matters: Matters) -> list[int]:
    """Places of the mentions whose incident has one report still."""
    rows = np.frombuffer(matters.rows, ROW)
    linked, merged = incidents.linked, incidents.merged
    return [
        place
        for place, (incident, opens) in enumerate(
            zip(rows["owner"].tolist(), rows["opens"].tolist(), strict=True)
        )
        if opens and incident not in linked and incident not in merged
    ]


def _singles(matters: Matters, places: list[int]) -> Singles:
    chosen = np.frombuffer(matters.rows, ROW)[places]
    ids = chosen["owner"].tolist()
    packed = np.zeros(len(places), _SINGLE)
    packed["incident"], packed["county"] = chosen["owner"], chosen["county"]
    packed["report"] = chosen["report"]
    names, excerpts = matters.names, {each: text for each, _, text in matters.excerpts}
    return Singles(
        packed.tobytes(),
        {new: names[old] for new, old in enumerate(places) if old in names},
        {new: excerpts[each] for new, each in enumerate(ids) if each in excerpts},
    )
