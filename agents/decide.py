"""What a batch of packs changes: repeats dropped, the rest counted, rules judged.

Pure: (state, packs, rules) in, a Change out; the state is only read. The clock
is the packs' own (at_ms), so that reading them again decides the same.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar
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
_Event = TypeVar("_Event", Report, CaseStep, Action)
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
    taken = list(packs)
    identities = array("Q")
    for _, pack in taken:
        for events in (pack.reports, pack.cases, pack.actions):
            identities.extend([event.identity for event in events])
    batch = _Batch(state, state.seen.among(identities), rules, zone)
    for offset, pack in taken:
        batch.take(pack, piece_of(log, offset))
    return batch.change()


class _Batch:
    """Gathers what one batch changes."""

    def __init__(self, state: State, held: set[int], rules: Rules, zone: ZoneInfo) -> None:
        self._state = state
        self._seen = held  # identities that came before, and those of this batch so far
        self._rules = rules
        self._zone = zone
        # What an event by itself can raise an alert for, so that only such events are judged.
        self._severities = {rule.severity for rule in rules.severity}
        self._bands = {rule.band for rule in rules.people_band}
        self._at_ms = state.at_ms
        self._arrived: dict[int, array[int]] = {}
        # county, category, channel, hour, piece, severity
        self._counts: Counter[tuple[str, str, str, int, int, int]] = Counter()
        self._ledger: dict[LedgerKey, LedgerRow] = {}
        self._presence: dict[tuple[str, int], PresenceRow] = {}
        self._cases: dict[tuple[str, str], CaseRow] = {}
        self._actions: list[ActionRow] = []
        self._read: dict[tuple[str, int], int] = {}
        self._alerts: dict[str, Alert] = {}

    def take(self, pack: Pack, piece: int) -> None:
        self._at_ms = max(self._at_ms, pack.at_ms)
        origin = (pack.stream, pack.partition)
        read = self._read.get(origin, self._state.read.get(origin, -1))
        counted: Counter[tuple[str, int]] = Counter()
        repeated: Counter[tuple[str, int]] = Counter()
        arrived = self._arrived.setdefault(self._at_ms // HOUR_MS, array("Q"))
        reports = self._new(pack.reports, read, repeated)
        steps = self._new(pack.cases, read, repeated)
        actions = self._new(pack.actions, read, repeated)
        for events in (reports, steps, actions):
            counted.update([(event.county, event.origin) for event in events])
            arrived.extend([event.identity for event in events])
        for sent in (pack.reports, pack.cases, pack.actions):
            if sent:
                self._read[origin] = max(self._read.get(origin, read), sent[-1].offset)
        self._count(pack.stream, reports, piece)
        for step in steps:
            self._follow(step)
        self._actions += [_action_row(action) for action in actions]
        self._note_answers(pack, counted, repeated)

    def _new(
        self, events: Sequence[_Event], read: int, repeated: Counter[tuple[str, int]]
    ) -> list[_Event]:
        """Events not seen before; what its source repeated is noted, what intake re-sent is not."""
        seen = self._seen
        new = []
        for event in events:
            identity = event.identity
            if identity not in seen:
                seen.add(identity)
                new.append(event)
            elif not 0 <= event.offset <= read:
                repeated[event.county, event.origin] += 1
        return new

    def _note_answers(
        self, pack: Pack, counted: Counter[tuple[str, int]], repeated: Counter[tuple[str, int]]
    ) -> None:
        day = self._at_ms // HOUR_MS // HOURS_PER_DAY
        for county, origin in counted | repeated:
            source, runid = pack.origins[origin]
            key = (county, pack.stream, source, runid, day)
            row = self._ledger.setdefault(key, LedgerRow(*key, 0, 0))
            row.counted += counted[county, origin]
            row.duplicates += repeated[county, origin]

    def _count(self, stream: str, reports: Sequence[Report], piece: int) -> None:
        live_from = self._state.live_from(self._at_ms)
        since_s = live_from * 3600
        if stream == _GRID:
            for report in reports:
                if report.reported_s >= since_s:
                    self._note_presence(report)
        # Tuples that C code counts: most of tally's work is here.
        self._counts.update(
            [
                (
                    report.county,
                    report.category,
                    report.channel,
                    report.reported_s // 3600,
                    0 if report.reported_s >= since_s else piece,
                    report.severity,
                )
                for report in reports
                if not report.zero
            ]
        )
        for report in reports:
            if (
                (report.severity in self._severities or report.people_band in self._bands)
                and report.reported_s >= since_s
                and not report.zero
            ):
                for alert in judge.of_event(self._rules, report, self._at):
                    self._raise(alert)

    def _count_rows(self) -> list[CountRow]:
        rows: dict[tuple[str, str, str, int, int], CountRow] = {}
        for (county, category, channel, hour, piece, severity), n in self._counts.items():
            key = (county, category, channel, hour, piece)
            row = rows.get(key)
            if row is None:
                row = rows[key] = CountRow(*key, 0)
            row.n += n
            if severity == 1:
                row.red += n
            elif severity == 2:
                row.orange += n
            elif severity == 3:
                row.yellow += n
            elif severity == 4:
                row.blue += n
        return list(rows.values())

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
        counts = self._count_rows()
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
