"""The CloudEvents 1.0 that upstream and duty staff publish, and the streams that carry them.

https://github.com/cloudevents/spec, v1.0.2, in structured or binary mode. What an event's
`data` holds is in streams/contracts.py.
"""

from typing import Annotated, Final, Literal, get_args, get_type_hints

from msgspec import UNSET, Meta, Struct, UnsetType

from streams.contracts import (
    AlertAction,
    CaseUpdate,
    DutyLogEntry,
    GridReport,
    HotlineCall,
    IncidentAction,
    Instant,
    OpinionItem,
)


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
