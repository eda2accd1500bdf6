"""What a batch of packs changes: repeats dropped, the rest counted, rules judged.

Pure: (state, packs, rules) in, a Change out; the state is only read. The clock
is the packs' own (at_ms), so that reading them again decides the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from agents import rules as judge
from agents.change import Change
from agents.counts import HOURS_PER_DAY
from agents.rules import Rules
from agents.state import HOUR_MS, LedgerKey, State
from agents.windows import window_day
from streams.contracts import Alert
from streams.packs import (
    Action,
    ActionRow,
    CaseRow,
    CaseStep,
    CountRow,
    LedgerRow,
    Pack,
    PresenceRow,
    Report,
)

_GRID: Final = "grid-reports"
_OFFSET_BITS: Final = 48  # of a piece; the rest numbers the log


def piece_of(log: int, offset: int) -> int:
    """The piece of history rows: the pack they came from, so that every reader of it agrees.

    Log numbers start at 0; piece 0 is the live total, so offsets are moved by one.
    """
    return log << _OFFSET_BITS | (offset + 1)


def decide(
    state: State, packs: Iterable[tuple[int, Pack]], rules: Rules, zone: ZoneInfo, log: int
) -> Change:
    """What these packs, (offset, pack) in offset order, change in `state`."""
    batch = _Batch(state, rules, zone)
    for offset, pack in packs:
        batch.take(pack, piece_of(log, offset))
    return batch.change()


class _Batch:
    """Gathers what one batch changes."""

    def __init__(self, state: State, rules: Rules, zone: ZoneInfo) -> None:
        self._state = state
        self._rules = rules
        self._zone = zone
        # What an event by itself can raise an alert for, so that only such events are judged.
        self._severities = {rule.severity for rule in rules.severity}
        self._bands = {rule.band for rule in rules.people_band}
        self._at_ms = state.at_ms
        self._new: set[int] = set()
        self._arrived: dict[int, array[int]] = {}
        self._counts: dict[tuple[str, str, str, int, int], CountRow] = {}
        self._ledger: dict[LedgerKey, LedgerRow] = {}
        self._presence: dict[tuple[str, int], PresenceRow] = {}
        self._cases: dict[tuple[str, str], CaseRow] = {}
        self._actions: list[ActionRow] = []
        self._read: dict[tuple[str, int], int] = {}
        self._alerts: dict[str, Alert] = {}

    def take(self, pack: Pack, piece: int) -> None:
        self._at_ms = max(self._at_ms, pack.at_ms)
        live_from = self._state.live_from(self._at_ms)
        arrived = self._arrived.setdefault(self._at_ms // HOUR_MS, array("Q"))
        ledger = _Ledger(self._ledger, pack, self._at_ms // HOUR_MS // HOURS_PER_DAY)
        new, seen = self._new, self._state.seen
        origin = (pack.stream, pack.partition)
        read = self._read.get(origin, self._state.read.get(origin, -1))
        events: list[Report | CaseStep | Action] = [*pack.reports, *pack.cases, *pack.actions]
        for event in events:
            identity = event.identity
            if identity in new or identity in seen:
                if not 0 <= event.offset <= read:
                    ledger.row(event.county, event.origin).duplicates += 1
                continue
            ledger.row(event.county, event.origin).counted += 1
            new.add(identity)
            arrived.append(identity)
            if isinstance(event, Report):
                self._count(pack, event, piece, live_from)
            elif isinstance(event, CaseStep):
                self._follow(event)
            else:
                self._actions.append(_action_row(event))
        if events:
            self._read[origin] = max(read, events[-1].offset)

    def _count(self, pack: Pack, report: Report, piece: int, live_from: int) -> None:
        hour = report.reported_s // 3600
        live = hour >= live_from
        if live and pack.stream == _GRID:
            self._note_presence(report)
        if report.zero:
            return
        key = (report.county, report.category, report.channel, hour, 0 if live else piece)
        row = self._counts.get(key)
        if row is None:
            row = self._counts[key] = CountRow(*key, 0)
        row.n += 1
        severity = report.severity
        if severity:
            if severity == 1:
                row.red += 1
            elif severity == 2:
                row.orange += 1
            elif severity == 3:
                row.yellow += 1
            else:
                row.blue += 1
        if live and (severity in self._severities or report.people_band in self._bands):
            for alert in judge.of_event(self._rules, report, self._at):
                self._raise(alert)

    def _note_presence(self, report: Report) -> None:
        day = window_day(report.reported_s, self._rules.cycle, self._zone)
        row = self._presence.get((report.county, day))
        if row is None:
            row = self._presence[report.county, day] = PresenceRow(report.county, day, 0, 0)
        if report.zero:
            row.zero_reports += 1
        else:
            row.grid_reports += 1

    def _follow(self, step: CaseStep) -> None:
        key = (step.county, step.case_id)
        held = self._cases.get(key) or self._state.cases.get(key)
        # Updates come out of order; the publisher's version says which one stands.
        if held is None or step.version > held.case_version:
            self._cases[key] = CaseRow(
                step.county,
                step.case_id,
                step.version,
                step.status,
                step.level,
                step.reported_s,
                step.owner_org,
                step.deadline_s,
            )

    @property
    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._at_ms / 1000, UTC)

    def _raise(self, alert: Alert) -> None:
        if alert.id not in self._state.alerts:
            self._alerts.setdefault(alert.id, alert)

    def change(self) -> Change:
        counts = list(self._counts.values())
        for alert in judge.of_counts(
            self._rules, self._state.counts, counts, self._state.alerts, self._at, self._zone
        ):
            self._raise(alert)
        return Change(
            at_ms=self._at_ms,
            identities=[(hour, ids.tobytes()) for hour, ids in self._arrived.items() if ids],
            counts=counts,
            ledger=list(self._ledger.values()),
            presence=list(self._presence.values()),
            cases=list(self._cases.values()),
            actions=self._actions,
            alerts=list(self._alerts.values()),
            read=[(*origin, offset) for origin, offset in self._read.items()],
        )


class _Ledger:
    """Finds the ledger row of a pack's events by county and origin."""

    def __init__(self, rows: dict[LedgerKey, LedgerRow], pack: Pack, day: int) -> None:
        self._rows = rows
        self._pack = pack
        self._day = day
        self._found: dict[tuple[str, int], LedgerRow] = {}

    def row(self, county: str, origin: int) -> LedgerRow:
        row = self._found.get((county, origin))
        if row is None:
            source, runid = self._pack.origins[origin]
            key = (county, self._pack.stream, source, runid, self._day)
            row = self._rows.setdefault(key, LedgerRow(*key, 0, 0))
            self._found[county, origin] = row
        return row


def _action_row(action: Action) -> ActionRow:
    return ActionRow(
        action.county,
        action.alert_id,
        action.identity,
        action.action,
        action.by,
        action.reported_s,
        action.note,
        action.until_s,
    )
