"""All that tally knows of one partition, and how a change is applied to it."""

from typing import Final

import numpy as np

from agents import incident_totals
from agents.alerting.lives import Lives
from agents.baselines import Baselines
from agents.cases.holding import Cases
from agents.change import Change
from agents.counts import HOURS_PER_DAY, Counts
from agents.dedupe import SeenIds
from agents.digests.issued import DAYS_KEPT, Issues
from agents.incidents import Incidents
from streams.answers import Alert
from streams.formats import TOTALS
from streams.totals import CountRow, DeclaredRow, LedgerRow, PresenceRow, Totals

HOUR_MS: Final = 3_600_000
PRESENCE_DAYS: Final = 14
LEDGER_DAYS: Final = 8
INCIDENTS_MAX: Final = 100_000
ROWS_PER_RECORD: Final = 4_000  # keeps a record of totals well under a broker's 1 MB

LedgerKey = tuple[str, str, str, str, int]


class State:
    """One partition. Changed by `apply` only; everything else reads."""

    def __init__(
        self, dedupe_days: int, totals_days: int, incidents_max: int = INCIDENTS_MAX
    ) -> None:
        self._dedupe_hours = dedupe_days * HOURS_PER_DAY
        self._totals_hours = totals_days * HOURS_PER_DAY
        self.at_ms = 0
        self._forgot_hour = 0
        self.seen = SeenIds()
        self.counts = Counts()
        self.ledger: dict[LedgerKey, tuple[int, int]] = {}
        self.presence: dict[tuple[str, int], tuple[int, int]] = {}
        # (county, declared, category, day of arrival) → reports
        self.declared: dict[tuple[str, str, str, int], int] = {}
        self.cases = Cases()
        self.incidents = Incidents(incidents_max)
        self.issues = Issues()
        self.baselines = Baselines()
        self.lives = Lives()
        self.marks: dict[str, int] = {}
        # Input (stream, partition) → last offset read: what comes again up to here was sent
        # twice by intake, and is no repeat of its source's.
        self.read: dict[tuple[str, int], int] = {}

    @property
    def alerts(self) -> dict[str, Alert]:
        """By id, those of the last 14 days."""
        return self.lives.alerts

    def live_from(self, at_ms: int) -> int:
        """First hour that has a live total at this time; earlier ones are history."""
        return at_ms // HOUR_MS - self._totals_hours

    @property
    def oldest_identity_hour(self) -> int:
        """Identities of earlier hours are forgotten, or about to be."""
        return self.at_ms // HOUR_MS - self._dedupe_hours

    def apply(self, change: Change) -> None:
        """Fold in a change, after forgetting what had passed its horizon before it.

        So what a change touched is still there for its totals to be sent.
        """
        if self.at_ms // HOUR_MS > self._forgot_hour:
            self._forget(self.at_ms)
        for hour, identities in change.identities:
            self.seen.add(hour, np.frombuffer(identities, "<u8"))
        for count in change.counts:
            self.counts.add(count)
        self._add_up(change)
        self.cases.apply(change.cases, change.case_days)
        self.incidents.apply(change.matters)
        self.lives.apply(change.alerts, change.actions, change.silences)
        for issued in change.issued:
            self.issues.add(issued)
        if change.series:
            self.baselines.restore(change.series)
        if change.learnt_until:
            self.baselines.learn_until(change.learnt_until, self.counts)
        self.marks.update(change.marks)
        for stream, partition, offset in change.read:
            self.read[stream, partition] = offset
        self.at_ms = max(self.at_ms, change.at_ms)
        if change.at_ms:  # a piece of a snapshot has none
            self.incidents.evict()

    def _add_up(self, change: Change) -> None:
        for entry in change.ledger:
            key = (entry.county, entry.stream, entry.source, entry.runid, entry.day)
            counted, duplicates = self.ledger.get(key, (0, 0))
            self.ledger[key] = (counted + entry.counted, duplicates + entry.duplicates)
        for seen in change.presence:
            grid, zero = self.presence.get((seen.county, seen.day), (0, 0))
            self.presence[seen.county, seen.day] = (
                grid + seen.grid_reports,
                zero + seen.zero_reports,
            )
        for told in change.declared:
            by = (told.county, told.declared, told.category, told.day)
            self.declared[by] = self.declared.get(by, 0) + told.n

    def _forget(self, at_ms: int) -> None:
        hour = self._forgot_hour = at_ms // HOUR_MS
        day = hour // HOURS_PER_DAY
        self.seen.forget(hour - self._dedupe_hours)
        self.counts.forget(self.live_from(at_ms))
        self.incidents.forget(at_ms // 1000)
        self.issues.forget(day - DAYS_KEPT)
        self.cases.forget(day)
        for key in [key for key in self.ledger if key[4] < day - LEDGER_DAYS]:
            del self.ledger[key]
        for told in [told for told in self.declared if told[3] < day - LEDGER_DAYS]:
            del self.declared[told]
        for seen in [seen for seen in self.presence if seen[1] < day - PRESENCE_DAYS]:
            del self.presence[seen]
        self.lives.forget(at_ms // 1000)

    def totals(self, change: Change, version: int, partition: int) -> list[Totals]:
        """Upserts for everything the change touched, as it stands now, in records of bounded size.

        The change must have been applied. Sending them twice changes nothing.
        """
        counts: list[CountRow] = [
            row
            if row.piece
            else self.counts.total((row.county, row.category, row.channel, row.hour))
            for row in change.counts
            # A total may have passed its horizon since; its last value was sent then.
            if row.piece or (row.county, row.category, row.channel, row.hour) in self.counts.live
        ]
        ledger = []
        for row in change.ledger:
            key = (row.county, row.stream, row.source, row.runid, row.day)
            if key in self.ledger:
                ledger.append(LedgerRow(*key, *self.ledger[key]))
        presence = [
            PresenceRow(row.county, row.day, *self.presence[row.county, row.day])
            for row in change.presence
            if (row.county, row.day) in self.presence
        ]
        told = ((row.county, row.declared, row.category, row.day) for row in change.declared)
        declared = [DeclaredRow(*by, self.declared[by]) for by in told if by in self.declared]
        cases, case_days = self.cases.totals(change.cases, change.case_days)
        first = Totals(
            TOTALS.writes,
            version,
            partition,
            counts[:ROWS_PER_RECORD],
            ledger,
            presence,
            cases,
            change.actions,
            declared,
            corrections=change.matters.corrections,
            case_steps=change.case_steps,
            case_days=case_days,
            duty=change.duty,
        )
        rest = [
            Totals(TOTALS.writes, version, partition, counts[start : start + ROWS_PER_RECORD])
            for start in range(ROWS_PER_RECORD, len(counts), ROWS_PER_RECORD)
        ]
        rest += [
            Totals(
                TOTALS.writes,
                version,
                partition,
                expectations=change.expectations[start : start + ROWS_PER_RECORD],
            )
            for start in range(0, len(change.expectations), ROWS_PER_RECORD)
        ]
        rest += [
            Totals(TOTALS.writes, version, partition, incidents=incidents, singles=singles)
            for incidents, singles in incident_totals.totals(self.incidents, change.matters)
        ]
        return [first, *rest]
