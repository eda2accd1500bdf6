"""What crosses the border: the data that upstream and duty staff publish.

With streams/events.py (the envelopes) and streams/answers.py (what Huishang answers)
the one source of the contracts: JSON Schema and AsyncAPI under docs/contracts/ are
generated from these structs. Unknown fields are refused; no field names a person.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

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
