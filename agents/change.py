"""What one batch changed: decided once, journaled, then applied the same way live and in recovery."""

import msgspec
from msgspec import Struct

from agents.alerting.lives import Silence
from agents.baselines import SeriesRow
from agents.cases.case import Case
from agents.digests.issued import Issued
from agents.matter import Matters
from streams.answers import Alert, DeadLetter, Digest
from streams.cases import CaseDayRow, CaseStepRow
from streams.duty import DutyRow
from streams.formats import JOURNAL
from streams.totals import (
    ActionRow,
    CountRow,
    DeclaredRow,
    ExpectationRow,
    LedgerRow,
    PresenceRow,
)


class Change(Struct, array_like=True, gc=False):
    """The body of a journal entry.

    at_ms: the partition's clock after this change (latest pack seen).
    identities: (hour of arrival, new identities as little-endian uint64s).
    counts: increments; those with piece 0 go to live totals, others are whole
    history rows. ledger, presence, declared, case_days: increments. cases, case_steps,
    actions (steps of alerts' lives), alerts: as they stand.
    marks: points of the daily cycle that are done: (kind, day since 1970).
    read: (input stream, partition, last offset that a pack brought).
    issued: what later digests are written from, of every digest that was issued.
    learnt_until: day since 1970 up to which baselines learn from the counts; 0: nothing new.
    series: baselines as they stand, in a snapshot.
    duty: new entries of the duty log; nothing of them is kept.
    expectations: for boards, of the days that are learnt and of the one after; nothing of them is kept.
    dead: events that could not be decided, and kill the stage; corrections and actions refused.
    """

    at_ms: int
    identities: list[tuple[int, bytes]] = []
    counts: list[CountRow] = []
    ledger: list[LedgerRow] = []
    presence: list[PresenceRow] = []
    cases: list[Case] = []
    actions: list[ActionRow] = []
    alerts: list[Alert] = []
    digests: list[Digest] = []
    marks: list[tuple[str, int]] = []
    read: list[tuple[str, int, int]] = []
    dead: list[DeadLetter] = []
    declared: list[DeclaredRow] = []
    matters: Matters = msgspec.field(default_factory=Matters)
    issued: list[Issued] = []
    case_steps: list[CaseStepRow] = []
    case_days: list[CaseDayRow] = []
    silences: list[Silence] = []
    learnt_until: int = 0
    series: list[SeriesRow] = []
    duty: list[DutyRow] = []
    expectations: list[ExpectationRow] = []


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Change).decode


def decode(body: bytes) -> Change:
    """Raises Fatal for what this version cannot read."""
    try:
        return _decode(body)
    except msgspec.ValidationError:
        raise JOURNAL.unreadable() from None
