"""Follows incidents through one batch: reports linked, corrections carried out, rules judged."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from agents import hot
from agents.arrivals import Arrivals, case_key
from agents.correcting import Correcting
from agents.incidents import Incidents
from agents.joining import Joining, Target
from agents.matter import Incident, Matters
from agents.rules import Rules
from streams.answers import Alert
from streams.errors import InvalidEvent
from streams.incidents import Correction
from streams.packs import Reports


class Following:
    """One batch. Pure: incidents are only read."""

    def __init__(self, incidents: Incidents, merged_into: Callable[[str, str], str]) -> None:
        """merged_into: the case that a county's case was merged into; empty if it stands."""
        self._incidents = incidents
        self._merged_into = merged_into
        self._reports: list[tuple[Reports, NDArray[np.bool_]]] = []
        self._asked: list[Correction | tuple[str, str, str]] = []

    def take(self, reports: Reports, mask: NDArray[np.bool_]) -> None:
        """New reports: those of the mask."""
        self._reports.append((reports, mask))

    def correct(self, correction: Correction) -> None:
        """A new correction."""
        self._asked.append(correction)

    def merge_cases(self, county: str, case_id: str, into: str) -> None:
        """A case goes on as another one."""
        self._asked.append((county, case_id, into))

    def decide(self) -> list[tuple[Correction, InvalidEvent | None]]:
        """Work out what changes; each correction, and why it cannot be carried out."""
        self._arrivals = Arrivals(self._reports, self._goes_on_as)
        joining = Joining(self._incidents, self._arrivals)
        self._targets = joining.targets
        self.matters: Matters = joining.matters()
        answers: list[tuple[Correction, InvalidEvent | None]] = []
        correcting = Correcting(self._incidents, self.matters)
        for asked in self._asked:
            if isinstance(asked, Correction):
                try:
                    correcting.correct(asked)
                    answers.append((asked, None))
                except InvalidEvent as error:
                    answers.append((asked, error))
            else:
                county, gone, into = asked
                correcting.merge_cases(
                    case_key(county, gone), case_key(county, self._goes_on_as(county, into))
                )
        correcting.done()
        return answers

    def _goes_on_as(self, county: str, case_id: str) -> str:
        """The case that stands, after all that were merged into others."""
        met = {case_id}
        while True:
            into = self._merged_into(county, case_id)
            if not into or into in met:
                return case_id
            case_id = into
            met.add(case_id)

    def alerts(
        self, rules: Rules, raised: dict[str, Alert], at: datetime, zone: ZoneInfo
    ) -> Iterable[Alert]:
        """What the rules say of incidents that were touched. After `decide`."""
        excerpts = {incident: text for incident, _, text in self.matters.excerpts}
        restated = {incident.id: incident for incident in self.matters.restated}
        gone = {row.incident for row in self.matters.gone}
        for target in self._targets.values():
            if target.id in gone or target.id in restated:
                continue
            incident = self._joined(target, rules)
            if incident is not None:
                restated[incident.id] = incident
        for incident in restated.values():
            target_of = self._targets.get(incident.id)
            since_s = incident.first_s
            if target_of is not None:
                since_s = int(self._arrivals.records["at_s"][target_of.reports].min())
            if hot.may_raise(rules, incident.reports, incident.last_s - incident.first_s):
                excerpt = excerpts.get(incident.id) or self._incidents.excerpt(incident.id)
                touched = hot.Touched(incident, since_s, excerpt, at, zone)
                yield from hot.of_incident(rules, touched, raised)

    def _joined(self, target: Target, rules: Rules) -> Incident | None:
        """The incident with the reports of this batch, if these are enough for a rule."""
        held = self._incidents.linked.get(target.id)
        before = held.reports if held else int(not target.opens)
        span_s = target.last_s - target.first_s
        if not hot.may_raise(rules, before + len(target.reports), span_s):
            return None
        if target.opens:
            county = f"{int(self._arrivals.county[target.reports[0]]):06}"
            incident = Incident(target.id, county)
        else:
            known = self._incidents.get(target.id)
            if known is None:
                raise KeyError(target.id)
            incident = known
        incident.name = target.name
        incident.take(self._arrivals.records[target.reports].tobytes())
        return incident
