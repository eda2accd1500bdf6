"""Decides what corrections change: incidents merged, reports split off, cases merged.

Pure: what is held is only read. Corrections of a batch come after its reports, in order.
"""

from datetime import UTC, datetime
from typing import Final

import numpy as np

from agents.incidents import Incidents, incident_id
from agents.matter import ROW, Incident, Matters
from streams.answers import DeadLetter
from streams.errors import InvalidEvent, Reason
from streams.incidents import Correction, CorrectionRow
from streams.packs import Action, Pack

MERGE: Final = "merge"


class Correcting:
    """The corrections of one batch. matters: what its reports changed; grows by what these do."""

    def __init__(self, incidents: Incidents, matters: Matters) -> None:
        self._incidents = incidents
        self._matters = matters
        self._changed: dict[int, Incident] = {}
        self._merged: dict[int, int] = {}
        self._of_case: dict[int, int] = {}

    def correct(self, correction: Correction) -> None:
        """Carry it out. Raises InvalidEvent, and then nothing has changed."""
        if correction.action == MERGE:
            into = self._merge_asked(correction)
        else:
            into = self._split(correction)
        self._matters.corrections.append(
            CorrectionRow(
                correction.county,
                correction.incident,
                correction.identity,
                correction.action,
                into,
                correction.by,
                correction.reported_s,
                correction.note,
            )
        )

    def _merge_asked(self, correction: Correction) -> int:
        survivor = self._known(correction.into, correction.county, "$.data.into")
        gone = self._resolved(correction.incident)
        if gone != correction.incident:
            if gone == survivor.id:
                return survivor.id  # it is so already
            raise InvalidEvent(
                Reason.UNKNOWN_INCIDENT,
                "$.data.incident_id",
                f"an incident that stands; this was merged into {gone:016x}",
            )
        incident = self._known(gone, correction.county, "$.data.incident_id")
        if incident is survivor:
            raise InvalidEvent(Reason.MALFORMED, "$.data.into", "another incident")
        self._merge(incident, survivor)
        return survivor.id

    def _split(self, correction: Correction) -> int:
        incident = self._known(correction.incident, correction.county, "$.data.incident_id")
        before = incident.reports
        out = incident.copy()
        taken = out.without(correction.reports)
        if not taken:
            raise InvalidEvent(
                Reason.UNKNOWN_INCIDENT,
                "$.data.reports",
                "identities of reports that the incident has",
            )
        if out.reports == 0:
            raise InvalidEvent(
                Reason.MALFORMED,
                "$.data.reports",
                f"some of the incident's {before} reports, not all",
            )
        self._changed[out.id] = out
        new = Incident(incident_id(out.county, correction.identity), out.county)
        new.take(taken)
        names = []
        for identity in correction.reports:
            self._matters.moves.append((False, identity, new.id))
            names += self._mentions_of(identity, out.id)
        new.mentions = len(names)
        out.mentions -= len(names)
        new.name = next(filter(None, names), out.name)
        self._changed[new.id] = new
        return new.id

    def merge_cases(self, gone: int, into: int) -> None:
        """A case goes on as another one: so do the incidents that reports of both are of.

        gone, into: see joining.case_key. Reports that come later are of the other case.
        """
        incident, survivor = self._with_case(gone), self._with_case(into)
        if incident is None or incident is survivor:
            return
        if survivor is not None:
            self._merge(incident, survivor)
            return
        # Nothing is known of the other one yet: what comes of it belongs here.
        row = np.zeros(1, ROW)
        row["owner"], row["county"], row["case"] = incident.id, int(incident.county), into
        row["report"] = np.frombuffer(incident.records, row["report"].dtype)[:1]
        incident.mentions += 1
        self._matters.rows += row.tobytes()
        self._of_case[into] = incident.id

    def _merge(self, incident: Incident, survivor: Incident) -> None:
        row = incident.row("", survivor.id)
        row.reports, row.channels = 0, {}
        self._matters.gone.append(row)
        self._matters.moves.append((True, incident.id, survivor.id))
        survivor.absorb(incident)
        self._merged[incident.id] = survivor.id
        self._changed.pop(incident.id, None)
        self._changed[survivor.id] = survivor

    # -- what is known, with what this batch changed ---------------------------------

    def _resolved(self, incident: int) -> int:
        """What an incident was merged into, if it was."""
        incident = self._incidents.merged.get(incident, incident)
        while incident in self._merged:
            incident = self._merged[incident]
        return incident

    def _known(self, incident: int, county: str, path: str) -> Incident:
        found = self._get(self._resolved(incident))
        if found is None or found.county != county:
            raise InvalidEvent(
                Reason.UNKNOWN_INCIDENT,
                path,
                f"an incident of {county} that was reported in the last 30 days",
            )
        return found

    def _get(self, incident: int) -> Incident | None:
        found = self._changed.get(incident)
        if found is not None:
            return found
        found = self._incidents.get(incident)
        rows = np.frombuffer(self._matters.rows, ROW)
        mine = rows["owner"] == incident
        if found is None:
            places = np.flatnonzero(mine & (rows["opens"] == 1))
            if not len(places):
                return None
            place = int(places[0])
            county = f"{int(rows['county'][place]):06}"
            found = Incident(incident, county, self._matters.names.get(place, ""), mentions=1)
            found.take(rows["report"][place].tobytes())
        found.mentions += int(np.count_nonzero(mine & (rows["opens"] == 0)))
        for joined, name, records in self._matters.joined:
            if joined == incident:
                found.take(records)
                found.name = found.name or name
        # One object for each, so that changes of it are seen by the next correction.
        self._changed[incident] = found
        return found

    def _with_case(self, case: int) -> Incident | None:
        owner = self._of_case.get(case)
        if owner is None:
            rows = np.frombuffer(self._matters.rows, ROW)
            owners = rows["owner"][rows["case"] == case].tolist()
            if not owners:
                _, numbers = self._incidents.find(np.array([case], np.uint64))
                owners = self._incidents.rows["owner"][numbers].tolist()
            if not owners:
                return None
            owner = owners[0]
        return self._get(self._resolved(owner))

    def _mentions_of(self, identity: int, owner: int) -> list[str]:
        """What the mentions of a report that an incident has are called."""
        held = self._incidents.rows
        numbers = np.flatnonzero(held["report"]["identity"] == identity).tolist()
        names = [
            self._incidents.mention(number).name
            for number in numbers
            if self._resolved(int(held["owner"][number])) == owner
        ]
        rows = np.frombuffer(self._matters.rows, ROW)
        places = np.flatnonzero(rows["report"]["identity"] == identity).tolist()
        return names + [
            self._matters.names.get(place, "")
            for place in places
            if self._resolved(int(rows["owner"][place])) == owner
        ]

    def done(self) -> None:
        """Put what became of incidents into the matters."""
        self._matters.restated += self._changed.values()


def refusal(pack: Pack, asked: Correction | Action, error: InvalidEvent, prefix: str) -> DeadLetter:
    """The answer to a correction or action of this pack that cannot be carried out. prefix: of topics."""
    source, runid = pack.origins[asked.origin]
    return DeadLetter(
        reason=error.reason.value,
        path=error.path,
        expected=error.expected,
        topic=prefix + pack.stream,
        partition=pack.partition,
        offset=asked.offset,
        at=datetime.fromtimestamp(pack.at_ms / 1000, UTC),
        county_code=asked.county,
        source=source,
        runid=runid,
    )
