"""What tally sends to the sink: the totals that one batch changed, as upserts.

Msgpack arrays, opened by their format (streams/formats.py); of two rows with the same
key the one of the higher version stands.
"""

import msgspec
from msgspec import Struct

from streams import formats
from streams.cases import CaseDayRow, CaseRow, CaseStepRow
from streams.duty import DutyRow
from streams.incidents import CorrectionRow, IncidentRow, Singles


class CountRow(Struct, array_like=True, gc=False):
    """A total: n reports of a county, category, channel and hour.

    hour: hours since 1970 UTC, of reported_at. piece: 0 for the live total,
    else the pack that a history piece came from. red … blue: how many of the n
    were of that severity. sentiments: how many had a text to tell a sentiment
    from; negative, positive: of these, those below and above 0; sentiment_sum: of
    these, −2 … +2 each.
    """

    county: str
    category: str
    channel: str
    hour: int
    piece: int
    n: int
    red: int = 0
    orange: int = 0
    yellow: int = 0
    blue: int = 0
    sentiments: int = 0
    negative: int = 0
    positive: int = 0
    sentiment_sum: int = 0


class LedgerRow(Struct, array_like=True, gc=False):
    """What became of a source's events on one day: how many were counted, how many repeats.

    day: of arrival, days since 1970 UTC; readers sum days, so that past days can be forgotten.
    """

    county: str
    stream: str
    source: str
    runid: str
    day: int
    counted: int
    duplicates: int


class PresenceRow(Struct, array_like=True, gc=False):
    """Whether a county reported on a day (report window, days since 1970)."""

    county: str
    day: int
    grid_reports: int
    zero_reports: int


class DeclaredRow(Struct, array_like=True, gc=False):
    """n reports that upstream declared to be of one leaf and that were counted as another, or the same.

    day: of arrival, days since 1970 UTC; readers sum days.
    """

    county: str
    declared: str
    category: str
    day: int
    n: int


class ActionRow(Struct, array_like=True, gc=False):
    """A step of an alert's life, as an audit row.

    by: a post; empty for a step that the alert took by itself. verdict: what came of
    it (agents/alerting/life.py); empty where that was not told.
    """

    county: str
    alert_id: str
    identity: int
    action: str
    by: str
    at_s: int
    note: str = ""
    until_s: int = 0
    assigned_to: str = ""
    verdict: str = ""


class ExpectationRow(Struct, array_like=True, gc=False):
    """What the days before let expect of a day (days since 1970 UTC): reports, and where 19 of 20 days lie."""

    county: str
    category: str
    day: int
    expected: float
    low: float
    high: float


class Totals(Struct, array_like=True, gc=False):
    """Upserts of one tally batch; a row with a higher version replaces a lower one."""

    format: int
    version: int
    partition: int
    counts: list[CountRow] = []
    ledger: list[LedgerRow] = []
    presence: list[PresenceRow] = []
    cases: list[CaseRow] = []
    actions: list[ActionRow] = []
    declared: list[DeclaredRow] = []
    incidents: list[IncidentRow] = []
    singles: Singles = msgspec.field(default_factory=Singles)
    corrections: list[CorrectionRow] = []
    case_steps: list[CaseStepRow] = []
    case_days: list[CaseDayRow] = []
    duty: list[DutyRow] = []
    expectations: list[ExpectationRow] = []


decode_totals = formats.reader(Totals, formats.TOTALS)
