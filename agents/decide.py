"""What a batch of packs changes: repeats dropped, the rest counted, rules judged.

Pure: (state, packs, rules) in, a Change out; the state is only read. The clock
is the packs' own (at_ms), so that reading them again decides the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from agents import raising
from agents.alerting.batch import BatchAlerts
from agents.cases.case import maker_of
from agents.cases.following import CaseFollowing
from agents.cells import Cells
from agents.change import Change
from agents.correcting import refusal
from agents.counts import HOURS_PER_DAY
from agents.following import Following
from agents.repeats import Mask, Other, first_seen, others_of
from agents.rules import Rules
from agents.state import HOUR_MS, LedgerKey, State
from agents.windows import window_day
from streams.answers import DeadLetter
from streams.cases import CaseStep
from streams.categories import OUTSIDE
from streams.duty import DutyEntry, DutyRow, row_of
from streams.errors import InvalidEvent
from streams.incidents import Correction
from streams.packs import Action, Pack, Reports
from streams.totals import CountRow, DeclaredRow, LedgerRow, PresenceRow

_GRID: Final = "grid-reports"
_OPINION: Final = "opinion-items"
_MERGED: Final = "merged"
Ints = NDArray[np.int64]
_OFFSET_BITS: Final = 48  # of a piece; the rest numbers the log


def piece_of(log: int, offset: int) -> int:
    """The piece of history rows: the pack they came from, so that every reader of it agrees.

    Log numbers start at 0; piece 0 is the live total, so offsets are moved by one.
    """
    return log << _OFFSET_BITS | (offset + 1)


def decide(
    state: State,
    packs: Iterable[tuple[int, Pack]],
    rules: Rules,
    zone: ZoneInfo,
    log: int,
    prefix: str = "",
) -> Change:
    """What these packs, (offset, pack) in offset order, change in `state`.

    prefix: of the topics, for the answers to what is refused.
    """
    taken = list(packs)
    new = first_seen(state, [pack for _, pack in taken])
    batch = _Batch(state, rules, zone, prefix)
    for offset, pack in taken:
        events = len(pack.reports) + len(others_of(pack))
        batch.take(pack, piece_of(log, offset), new[:events])
        new = new[events:]
    return batch.change()


class _Batch:
    """Gathers what one batch changes."""

    def __init__(self, state: State, rules: Rules, zone: ZoneInfo, prefix: str) -> None:
        self._state = state
        self._rules = rules
        self._zone = zone
        self._prefix = prefix
        # What an event by itself can raise an alert for, so that only such events are judged.
        self._severities = [rule.severity for rule in rules.severity]
        self._bands = {rule.band for rule in rules.people_band}
        self._at_ms = state.at_ms
        self._arrived: dict[int, list[bytes]] = {}
        self._live = Cells()
        self._history: list[CountRow] = []
        self._ledger: dict[LedgerKey, LedgerRow] = {}
        self._declared: Counter[tuple[str, str, str, int]] = Counter()
        self._presence: dict[tuple[str, int], PresenceRow] = {}
        self._cases = CaseFollowing(state.cases, maker_of(rules, zone))
        self._following = Following(state.incidents, self._cases.goes_on_as)
        self._asked: dict[int, tuple[Pack, int]] = {}
        # Repeats of these within the batch: what they get follows from what the first one gets.
        self._asked_again: defaultdict[int, list[tuple[Pack, Correction | Action, bool]]]
        self._asked_again = defaultdict(list)
        self._read: dict[tuple[str, int], int] = {}
        self._duty: list[DutyRow] = []
        self._alerts = BatchAlerts(state.lives, rules, zone)

    def take(self, pack: Pack, piece: int, new: Mask) -> None:
        """piece: of rows of history. new: see _first_seen."""
        self._at_ms = max(self._at_ms, pack.at_ms)
        origin = (pack.stream, pack.partition)
        read = self._read.get(origin, self._state.read.get(origin, -1))
        reports = len(pack.reports)
        self._take_reports(pack, piece, new[:reports], read)
        others = others_of(pack)
        for event, is_new in zip(others, new[reports:].tolist(), strict=True):
            self._take_other(pack, event, is_new, read)
        ends = [event.offset for event in others[-1:]]
        if reports:
            ends.append(pack.reports[reports - 1].offset)
        if ends:
            self._read[origin] = max(read, *ends)

    def _take_reports(self, pack: Pack, piece: int, new: Mask, read: int) -> None:
        reports = pack.reports
        self._arrive(np.frombuffer(reports.identity, "<u8")[new].tobytes())
        offsets = np.frombuffer(reports.offset, "<i8")
        # What intake sent again is no repeat of its source's.
        repeated = ~new & ~((offsets >= 0) & (offsets <= read))
        county = np.frombuffer(reports.county.codes, "<u2").astype(np.int64)
        origins = np.frombuffer(reports.origin, "<u2")
        senders = county * len(pack.origins) + origins
        for mask, counted in ((new, True), (repeated, False)):
            for sender, n in zip(*_counted(senders[mask]), strict=True):
                place, origin = divmod(sender, len(pack.origins))
                self._answer(pack, reports.county.words[place], origin, n, counted=counted)
        reported_s = np.frombuffer(reports.reported_s, "<i8")
        zero = np.frombuffer(reports.zero, np.bool_)
        live = new & (reported_s >= self._state.live_from(self._at_ms) * 3600)
        self._live.add(reports, live & ~zero)
        past = new & ~live & ~zero
        if past.any():
            cells = Cells()
            cells.add(reports, past)
            self._history += cells.rows(piece)
        self._note_declared(reports, new)
        if pack.stream == _GRID:
            self._note_presence(reports, live)
        self._judge(reports, live & ~zero)
        linked = live & ~zero
        if pack.stream == _OPINION:  # what is outside the taxonomy there is counted and dropped
            outside = [word == OUTSIDE for word in reports.category.words] or [False]
            linked &= ~np.array(outside)[np.frombuffer(reports.category.codes, "<u2")]
        if linked.any():
            self._following.take(reports, linked)

    def _judge(self, reports: Reports, mask: Mask) -> None:
        """Alerts that single events raise."""
        told = np.isin(np.frombuffer(reports.severity, np.uint8), self._severities)
        bands = [band in self._bands for band in reports.people_band.words]
        if any(bands):
            told |= np.array(bands)[np.frombuffer(reports.people_band.codes, "<u2")]
        for place in np.flatnonzero(told & mask).tolist():
            report = reports[place]
            self._alerts.take(raising.of_event(self._rules, report, self._at), report.identity)

    def _take_other(self, pack: Pack, event: Other, is_new: bool, read: int) -> None:
        sent_again = 0 <= event.offset <= read
        if isinstance(event, Action | Correction):
            # Answered when it is known whether it can be carried out.
            if is_new:
                self._ask(pack, event)
                return
            if event.identity in self._asked:
                self._asked_again[event.identity].append((pack, event, sent_again))
                return
        if is_new:
            self._arrive(event.identity.to_bytes(8, "little"))
            if isinstance(event, CaseStep):
                stands = self._cases.take(event, self._at_ms)
                if stands and event.status == _MERGED and event.merged_into:
                    self._following.merge_cases(event.county, event.case_id, event.merged_into)
            elif isinstance(event, DutyEntry):
                self._duty.append(row_of(event))
        if is_new or not sent_again:
            self._answer(pack, event.county, event.origin, 1, counted=is_new)

    def _ask(self, pack: Pack, event: Correction | Action) -> None:
        self._asked[event.identity] = pack, self._at_ms
        if isinstance(event, Correction):
            self._following.correct(event)
        else:
            self._alerts.ask(event)

    def _arrive(self, identities: bytes, at_ms: int = 0) -> None:
        """at_ms: now, unless it was earlier in the batch."""
        self._arrived.setdefault((at_ms or self._at_ms) // HOUR_MS, []).append(identities)

    def _answer(
        self, pack: Pack, county: str, origin: int, n: int, *, counted: bool, at_ms: int = 0
    ) -> None:
        source, runid = pack.origins[origin]
        day = (at_ms or self._at_ms) // HOUR_MS // HOURS_PER_DAY
        key = (county, pack.stream, source, runid, day)
        row = self._ledger.get(key)
        if row is None:
            row = self._ledger[key] = LedgerRow(*key, 0, 0)
        if counted:
            row.counted += n
        else:
            row.duplicates += n

    def _note_presence(self, reports: Reports, mask: Mask) -> None:
        minutes = np.frombuffer(reports.reported_s, "<i8")[mask] // 60
        county = np.frombuffer(reports.county.codes, "<u2")[mask].astype(np.int64)
        zero = np.frombuffer(reports.zero, np.uint8)[mask]
        keys = (minutes << 17) | (county << 1) | zero
        for key, n in zip(*_counted(keys), strict=True):
            name = reports.county.words[key >> 1 & 0xFFFF]
            day = window_day((key >> 17) * 60, self._rules.cycle, self._zone)
            row = self._presence.get((name, day))
            if row is None:
                row = self._presence[name, day] = PresenceRow(name, day, 0, 0)
            if key & 1:
                row.zero_reports += n
            else:
                row.grid_reports += n

    def _note_declared(self, reports: Reports, mask: Mask) -> None:
        day = self._at_ms // HOUR_MS // HOURS_PER_DAY
        for place, declared in reports.declared.items():
            if mask[place]:
                county = reports.county.at(place)
                self._declared[county, declared, reports.category.at(place), day] += 1

    def _answered(
        self, decided: Iterable[tuple[Correction | Action, InvalidEvent | None]]
    ) -> list[DeadLetter]:
        """Answers to those that are refused, which are then as if never seen: so are their repeats."""
        dead = []
        for asked, error in decided:
            pack, at_ms = self._asked[asked.identity]
            again = self._asked_again[asked.identity]
            if error is None:
                self._arrive(asked.identity.to_bytes(8, "little"), at_ms)
                self._answer(pack, asked.county, asked.origin, 1, counted=True, at_ms=at_ms)
                for its_pack, repeat, sent_again in again:
                    if not sent_again:
                        self._answer(its_pack, repeat.county, repeat.origin, 1, counted=False)
            else:
                dead.append(refusal(pack, asked, error, self._prefix))
                dead += [refusal(other, one, error, self._prefix) for other, one, _ in again]
        return dead

    @property
    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._at_ms / 1000, UTC)

    def change(self) -> Change:
        dead = self._answered(self._following.decide())
        self._cases.settle(self._at_ms)
        counts = [*self._live.rows(piece=0), *self._history]
        state, rules = self._state, self._rules
        self._alerts.take(
            raising.of_counts(rules, state.counts, counts, state.lives, self._at, self._zone)
        )
        self._alerts.take(self._following.alerts(rules, state.alerts, self._at, self._zone))
        dead += self._answered(self._alerts.settle(self._following.matters, self._at))
        arrived = [(hour, b"".join(ids)) for hour, ids in sorted(self._arrived.items())]
        return Change(
            at_ms=self._at_ms,
            identities=[(hour, joined) for hour, joined in arrived if joined],
            counts=counts,
            ledger=list(self._ledger.values()),
            presence=list(self._presence.values()),
            cases=self._cases.changed,
            actions=self._alerts.steps,
            alerts=self._alerts.alerts,
            read=[(*origin, offset) for origin, offset in self._read.items()],
            dead=dead,
            declared=[DeclaredRow(*by, n) for by, n in self._declared.items()],
            matters=self._following.matters,
            case_steps=self._cases.steps,
            case_days=self._cases.days,
            silences=self._alerts.silences,
            duty=self._duty,
        )


def _counted(keys: Ints) -> tuple[list[int], list[int]]:
    """The distinct keys, ascending, and how often each comes."""
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct.tolist(), counts.tolist()
