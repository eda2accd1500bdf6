"""What crosses the border: events that upstream publishes, and what Huishang answers with.

The one source of the contracts. JSON Schema and AsyncAPI under docs/contracts/
are generated from these structs. Events are CloudEvents 1.0
(https://github.com/cloudevents/spec, v1.0.2) in structured or binary mode.
Unknown fields are refused; no field names a person.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, get_args, get_type_hints

from msgspec import UNSET, Meta, Struct, UnsetType

# `$` alone would let a line break through at the end.
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339, with offset")]
CountyCodeField = Annotated[
    str, Meta(pattern=r"^[0-9]{6}$(?!\n)", description="GB/T 2260 county code")
]
GridCodeField = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{9,18}$(?!\n)", description="grid code; its first six digits are the county"
    ),
]
TownshipCodeField = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{9}$(?!\n)",
        description="township code; its first six digits are the county",
    ),
]
Severity = Annotated[int, Meta(ge=1, le=4, description="1 red, 2 orange, 3 yellow, 4 blue")]
Label = Annotated[str, Meta(max_length=64)]
DeadlineClass = Literal["2h", "24h", "7d", "15d"]
CaseId = Annotated[str, Meta(min_length=1, max_length=64)]
Title = Annotated[
    str, Meta(description="longer than 200 characters is cut and counted, not refused; redacted")
]
Text = Annotated[
    str, Meta(description="longer than 4,000 characters is cut and counted, not refused; redacted")
]

WHOLE: Final = "000000"  # in place of a county: the whole deployment
TITLE_LIMIT: Final = 200  # characters; longer is cut and counted
TEXT_LIMIT: Final = 4_000  # characters; longer is cut and counted
EXCERPT_LIMIT: Final = 120  # characters of redacted text that may stay, for 30 days
PREVIEW_LIMIT: Final = 200  # characters of redacted preview in a dead letter
EVENT_LIMIT_BYTES: Final = 64 * 1024
DEPTH_LIMIT: Final = 8  # levels of nesting


class Matter(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Common to every kind of event: where, when, how grave."""

    county_code: CountyCodeField | UnsetType = UNSET
    grid_code: GridCodeField | UnsetType = UNSET
    county_name: Label | UnsetType = UNSET
    township_code: TownshipCodeField | UnsetType = UNSET
    occurred_at: Instant
    reported_at: Instant
    category: Label | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    case_id: CaseId | UnsetType = UNSET


class GridReport(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A grid worker's report, or an explicit "nothing today"."""

    channel: Literal["grid_app", "patrol", "window", "assigned_from_above", "leader_assigned"]
    people_band: Literal["1-2", "3-9", "10-29", "30+"] | UnsetType = UNSET
    on_site_resolved: bool
    is_zero_report: bool


class HotlineCall(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A call or message to a public-service hotline."""

    channel: Literal["phone", "web", "wechat", "app", "letter"]
    demand_type: Literal["consult", "help", "complaint", "report", "suggest", "thanks", "other"]
    wait_s: Annotated[int, Meta(ge=0, le=86_400)] | UnsetType = UNSET
    deadline_class: DeadlineClass | UnsetType = UNSET
    repeat: bool


class OpinionItem(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A public item about a dispute or service; never who wrote it or where."""

    platform_class: Literal["news", "forum", "short_video", "message_board", "other"]
    geo_confidence: Annotated[float, Meta(ge=0, le=1)]
    reach_band: Label | UnsetType = UNSET


Status = Literal[
    "registered",
    "accepted",
    "dispatched",
    "returned",
    "in_mediation",
    "escalated",
    "resolved",
    "closed_unresolved",
    "transferred",
    "verified",
    "reopened",
    "merged",
    "out_of_scope",
]


WhistleStep = Annotated[
    Literal["issued", "accepted", "arrived", "feedback", "verified"],
    Meta(description="of a whistle (吹哨报到) that belongs to the case"),
]


class Callback(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What the citizen said when called back."""

    contacted_at: Instant
    solved: bool
    satisfaction: Annotated[int, Meta(ge=1, le=5)]


class CaseUpdate(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One step of a case's way from registered to verified."""

    case_id: CaseId  # required here
    version: Annotated[int, Meta(ge=1, le=2**32 - 1)]
    status: Status
    level: Annotated[int, Meta(ge=1, le=4, description="1 village … 4 county")]
    deadline_at: Instant | UnsetType = UNSET
    owner_org: Label | UnsetType = UNSET
    callback: Callback | UnsetType = UNSET
    campaign: Label | UnsetType = UNSET
    merged_into: CaseId | UnsetType = UNSET
    deadline_class: DeadlineClass | UnsetType = UNSET
    plan: Annotated[bool, Meta(description="there is a plan (降星销号)")] | UnsetType = UNSET
    action: Annotated[bool, Meta(description="something was done (降星销号)")] | UnsetType = UNSET
    whistle_step: WhistleStep | UnsetType = UNSET


AlertActionName = Literal[
    "acknowledge",
    "assign",
    "escalate",
    "close",
    "reopen",
    "silence",
    "useful",
    "not_useful",
]


class AlertAction(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What duty staff did with an alert.

    silence: alerts of its rule, county and category are not told `until` then; `note` says why.
    assigned_to: the post or office that has it from now on, of `assign`.
    """

    alert_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    action: AlertActionName
    by: Annotated[str, Meta(min_length=1, max_length=64, description="a post, not a person")]
    note: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    until: Instant | UnsetType = UNSET
    assigned_to: Label | UnsetType = UNSET


IncidentId = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)", description="as `huishang incidents list` shows it")
]
ReportId = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{16}$(?!\n)",
        description="identity of a report, as `huishang incidents show` shows it",
    ),
]


DigestId = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)", description="as `huishang digests list` shows it")
]


class IncidentAction(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """How duty staff put right which reports are the same matter.

    merge: all of the incident goes into another one, `into`, and so does what comes later.
    split: `reports` become an incident of their own.
    """

    incident_id: IncidentId
    action: Literal["merge", "split"]
    into: IncidentId | UnsetType = UNSET
    reports: Annotated[list[ReportId], Meta(min_length=1, max_length=1_000)] | UnsetType = UNSET
    by: Annotated[str, Meta(min_length=1, max_length=64, description="a post, not a person")]
    note: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET


DutyKind = Literal["sign", "amend", "handover"]


class DutyLogEntry(Matter, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What duty staff sign, add to a digest, or hand over to the next shift.

    county_code: of a county, or of a city (four digits and 00), as the digest has it.
    sign (签发), amend (补充说明): need `digest_id`, amend a note too. handover (交接班记录): needs a note.
    """

    kind: DutyKind
    digest_id: DigestId | UnsetType = UNSET
    by: Annotated[str, Meta(min_length=1, max_length=64, description="a post, not a person")]
    note: Annotated[str, Meta(max_length=1_000, description="redacted")] | UnsetType = UNSET


class Envelope(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvents 1.0 context attributes.

    `source` and `id` together are the event's identity. `runid` is our
    extension: a publisher's label for one run, by which answers are counted.
    """

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=256)]
    source: Annotated[str, Meta(min_length=1, max_length=128)]
    time: Instant | UnsetType = UNSET
    datacontenttype: Literal["application/json"] = "application/json"
    subject: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    runid: Annotated[str, Meta(pattern=r"^[0-9a-z-]{1,32}$(?!\n)")] | UnsetType = UNSET
    partitionkey: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    traceparent: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    tracestate: Annotated[str, Meta(max_length=512)] | UnsetType = UNSET


class GridReportEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying a grid report."""

    type: Literal["huishang.grid-report.v1"]
    dataschema: Literal["urn:huishang:grid-report:1"] | UnsetType = UNSET
    data: GridReport


class HotlineCallEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying a hotline call."""

    type: Literal["huishang.hotline-call.v1"]
    dataschema: Literal["urn:huishang:hotline-call:1"] | UnsetType = UNSET
    data: HotlineCall


class OpinionItemEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying an opinion item."""

    type: Literal["huishang.opinion-item.v1"]
    dataschema: Literal["urn:huishang:opinion-item:1"] | UnsetType = UNSET
    data: OpinionItem


class CaseUpdateEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying a case update."""

    type: Literal["huishang.case-update.v1"]
    dataschema: Literal["urn:huishang:case-update:1"] | UnsetType = UNSET
    data: CaseUpdate


class AlertActionEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying an alert action."""

    type: Literal["huishang.alert-action.v1"]
    dataschema: Literal["urn:huishang:alert-action:1"] | UnsetType = UNSET
    data: AlertAction


class IncidentActionEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying an incident action."""

    type: Literal["huishang.incident-action.v1"]
    dataschema: Literal["urn:huishang:incident-action:1"] | UnsetType = UNSET
    data: IncidentAction


class DutyLogEntryEvent(Envelope, kw_only=True, forbid_unknown_fields=True, gc=False):
    """CloudEvent carrying an entry of the duty log."""

    type: Literal["huishang.duty-log-entry.v1"]
    dataschema: Literal["urn:huishang:duty-log-entry:1"] | UnsetType = UNSET
    data: DutyLogEntry


Event = (
    GridReportEvent
    | HotlineCallEvent
    | OpinionItemEvent
    | CaseUpdateEvent
    | AlertActionEvent
    | IncidentActionEvent
    | DutyLogEntryEvent
)

# Input stream (and topic name without prefix) → the event it carries.
EVENTS: Final[dict[str, type[Event]]] = {
    "grid-reports": GridReportEvent,
    "hotline-calls": HotlineCallEvent,
    "opinion-items": OpinionItemEvent,
    "case-updates": CaseUpdateEvent,
    "alert-actions": AlertActionEvent,
    "incident-actions": IncidentActionEvent,
    "duty-log": DutyLogEntryEvent,
}
# Of these, what duty staff do: when they do nothing, no source has fallen silent.
BY_STAFF: Final = frozenset({"alert-actions", "incident-actions", "duty-log"})


def kind_of(stream: str) -> str:
    """What the events of a stream are called in their type.

    >>> kind_of("grid-reports"), kind_of("duty-log")
    ('grid-report', 'duty-log-entry')
    """
    [name] = get_args(get_type_hints(EVENTS[stream])["type"])
    return str(name).split(".")[1]


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
