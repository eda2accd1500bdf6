"""What Huishang answers with: dead letters, alerts, and digests."""

from typing import Literal

from msgspec import Struct

from streams.contracts import CountyCodeField, Instant, Severity


class DeadLetter(Struct, kw_only=True, gc=False):
    """The answer to a bad event. Never holds the original bytes.

    preview: redacted, ≤ 200 characters, empty for an identity field.
    sha256: of the original record's value, hex; empty where only its place is known.
    The original is fetched by topic, partition and offset when it is replayed.
    """

    reason: str
    path: str
    expected: str
    topic: str
    partition: int
    offset: int
    at: Instant
    county_code: str = ""
    source: str = ""
    runid: str = ""
    size_bytes: int = 0
    sha256: str = ""
    preview: str = ""


AlertStatus = Literal["firing", "acknowledged", "assigned", "escalated", "closed"]


class Alert(Struct, kw_only=True, gc=False):
    """What a rule raised, with its reason, as it stands; each change is sent again.

    id: 16 hex digits, a hash of (rule, county, category, window), or of (rule, topic,
    partition, offset) where a record is what it is about: raised once.
    county_code: 000000 when it is about the whole deployment.
    observed, limit: in reports unless the rule says otherwise.
    history: reports per day of this county and category, 14 days, today last.
    status_at, by: since when it has its status, and by which post; neither while
    nobody acted, no post where it changed by itself. note: what was said with that.
    assigned_to: a post or an office. label: whether duty staff found it useful.
    notify: whether it is to be told; muted says why not: the silence, alert, group or cap.
    Told are alerts firing or escalated, once for an id, status and status_at. told_at: since
    when notify is true; none if it never was.
    group: the same for a county's alerts of one category: one notice can carry them.
    incident: of a rule that looks at single reports or incidents.
    version: of two with the same id, the higher one stands; 0 where nothing keeps its status.
    """

    id: str
    rule: str
    level: Severity
    county_code: CountyCodeField
    category: str
    window_start: Instant
    window_end: Instant
    observed: float
    limit: float
    title: str
    reason: str
    raised_at: Instant
    expected: float | None = None
    p_value: float | None = None
    history: list[int] = []
    excerpt: str = ""
    status: AlertStatus = "firing"
    status_at: Instant | None = None
    by: str = ""
    note: str = ""
    assigned_to: str = ""
    label: Literal["", "useful", "not_useful"] = ""
    notify: bool = True
    muted: str = ""
    told_at: Instant | None = None
    group: str = ""
    incident: str = ""
    version: int = 0


BulletinKind = Literal["weekly_bulletin", "monthly_bulletin", "quarterly_bulletin"]
DigestKind = Literal["daily_report", "daily_consult", "daily_dispatch", BulletinKind]


class Digest(Struct, kw_only=True, gc=False):
    """A county's or a city's daily report, consult or dispatch list, or bulletin.

    id: hash of (kind, county, window, edition). county_code: of a city, four digits and 00.
    body: Markdown, plain Chinese. figures: the numbers in the body, for machines.
    edition: from 1; a later one has the id of the one it replaces, and what it changes.
    """

    id: str
    kind: DigestKind
    county_code: CountyCodeField
    window_start: Instant
    window_end: Instant
    issued_at: Instant
    title: str
    body: str
    figures: dict[str, int] = {}
    edition: int = 1
    replaces: str = ""
    changes: list[str] = []
