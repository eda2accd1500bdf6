"""What staff do from the board: checked here, published, carried out by intake and tally.

What comes of it is told as an event, like everything else: the board changes nothing by itself.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from sinks.asking import covers
from sinks.board import replies
from sinks.board.access import Seat
from sinks.board.api import Api
from sinks.board.audit import noted
from sinks.board.guard import SEAT
from sinks.board.replies import Denied, bad
from sinks.board.shapes import ACTION_NAMES
from streams.acting import Event, action_event, identity_of
from streams.alert_ways import SILENCE_DAYS, legal_actions
from streams.clock import Clock
from streams.contracts import AlertActionName, DutyKind
from streams.counties import CITIES, COUNTIES
from streams.errors import HuishangError, Retryable
from streams.names import STATUS_NAMES

SOURCE: Final = "huishang-board"
_Post = Annotated[str, Meta(min_length=1, max_length=64)]
T = TypeVar("T")


class ActionAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST alerts/<id>/actions."""

    action: AlertActionName
    by: _Post | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None
    assigned_to: _Post | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None


class EntryAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST duty-log."""

    kind: DutyKind
    county_code: Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)")]
    digest_id: Annotated[str, Meta(pattern=r"^([0-9a-f]{16})?$(?!\n)")] | None = None
    by: _Post | None = None
    note: Annotated[str, Meta(max_length=1_000)] | None = None


class Acting:
    """The handlers of POST. publish: raises Retryable or AccessRefused."""

    def __init__(self, api: Api, publish: Callable[[Event], Awaitable[None]], clock: Clock) -> None:
        self._api = api
        self._publish = publish
        self._clock = clock

    async def on_alert(self, request: web.Request) -> web.Response:
        identifier = request.match_info["id"]
        noted(request, "alert", target=identifier)
        seat = _may_act(request)
        asked = await _body(request, ActionAsked)
        noted(request, asked.action)
        alert = await self._api.alert_of(request)
        county = alert["county"]
        noted(request, county=county)
        by = _by(seat, asked.by)
        now = self._clock.now()
        _check(asked, alert, now)
        data = {"alert_id": identifier, "action": asked.action, "by": by, **_said(asked.note)}
        if asked.action == "assign":
            data["assigned_to"] = asked.assigned_to
        if asked.action == "silence" and asked.until:
            data["until"] = asked.until.isoformat()
        return await self._send(request, "alert-action", county, data, now)

    async def on_duty_log(self, request: web.Request) -> web.Response:
        noted(request, "duty_log")
        seat = _may_act(request)
        asked = await _body(request, EntryAsked)
        digest_id = asked.digest_id or ""
        noted(request, asked.kind, target=digest_id, county=asked.county_code)
        by = _by(seat, asked.by)
        if asked.county_code not in COUNTIES and asked.county_code not in CITIES:
            raise bad(f"county_code {asked.county_code}", "the code of a county or a city")
        if not covers(seat.counties, asked.county_code):
            raise Denied(
                HTTPStatus.FORBIDDEN,
                f"county {asked.county_code}",
                "one of your counties",
                "read /api/v1/me for these",
            )
        if asked.kind != "sign" and not (asked.note or "").strip():
            raise bad("no note", "a note", "say what is to be known")
        if asked.kind != "handover" and not digest_id:
            raise bad("no digest_id", "the id of the digest")
        if digest_id:
            digest = await self._api.digest_of(request, digest_id)
            if digest["county"] != asked.county_code:
                raise bad(f"county_code {asked.county_code}", f"{digest['county']}, the digest's")
        data = {"kind": asked.kind, "by": by, **_said(asked.note)}
        if digest_id:
            data["digest_id"] = digest_id
        return await self._send(
            request, "duty-log-entry", asked.county_code, data, self._clock.now()
        )

    async def _send(
        self, request: web.Request, kind: str, county: str, data: dict[str, Any], now: datetime
    ) -> web.Response:
        event = action_event(kind, county, data, source=SOURCE, now=now)
        noted(request, event=event["id"])
        try:
            await self._publish(event)
        except Retryable as error:
            raise replies.away(str(error)) from None
        except HuishangError as error:
            raise replies.refused(str(error)) from None
        return replies.json(
            {"event": event["id"], "identity": f"{identity_of(event):016x}"}, HTTPStatus.ACCEPTED
        )


def _may_act(request: web.Request) -> Seat:
    seat = request[SEAT]
    if not seat.can_act:
        raise Denied(
            HTTPStatus.FORBIDDEN,
            f"role {seat.role}",
            "duty or admin",
            "sign in with a post that may act",
        )
    return seat


async def _body(request: web.Request, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except msgspec.DecodeError as error:
        raise bad(str(error)[:200], f"JSON as docs/board.md has it ({shape.__name__})") from None


def _by(seat: Seat, asked: str | None) -> str:
    """The post that acts: the seat's own; on a machine without an access file, as it says."""
    if seat.anonymous:
        return asked or seat.post
    if asked not in (None, seat.post):
        raise bad(f"by {asked}", f"{seat.post}, the post that is signed in", "leave `by` out")
    return seat.post


def _said(note: str | None) -> dict[str, Any]:
    return {"note": note} if note else {}


def _check(asked: ActionAsked, alert: dict[str, Any], now: datetime) -> None:
    """What the alert, and the action itself, allow. Raises Denied."""
    legal = legal_actions(alert["status"], alert["county"])
    if asked.action not in legal:
        status = STATUS_NAMES.get(alert["status"], alert["status"])
        raise Denied(
            HTTPStatus.CONFLICT,
            f"{asked.action}（{ACTION_NAMES[asked.action]}） of an alert that is {alert['status']}（{status}）",
            ", ".join(legal) or "nothing: it belongs to no county",
            "look at the alert as it stands now",
        )
    if asked.action == "assign" and not asked.assigned_to:
        raise bad("no assigned_to", "the post or office that gets it")
    if asked.action != "silence":
        return
    if not (asked.note or "").strip():
        raise bad("no note", "the reason for the silence")
    if asked.until is None or asked.until > now + timedelta(days=SILENCE_DAYS):
        raise bad(
            f"until {asked.until}", f"when it ends, {SILENCE_DAYS} days from now at the latest"
        )
