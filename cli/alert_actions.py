"""What staff do with alerts from the command line: each command publishes an action for each alert."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import click

from cli.acting import act, said
from cli.times import UnreadableTime, read
from sinks.alerts import alert
from sinks.store import for_reading
from streams.clock import clock_of
from streams.errors import UserError
from streams.settings import Settings, load

_ID: Final = re.compile(r"[0-9a-f]{16}")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}

Command = Callable[..., None]
ACTIONS: Final[list[click.Command]] = []


def in_store(settings: Settings, identifiers: Sequence[str]) -> list[dict[str, Any]]:
    """Alerts as the store has them. Raises UserError for one that it has not."""
    for identifier in identifiers:
        if not _ID.fullmatch(identifier):
            raise UserError(f"ALERT_ID got {identifier!r}; expected sixteen hexadecimal digits")
    with for_reading(settings) as store:
        found = [(identifier, alert(store, identifier)) for identifier in identifiers]
    for identifier, one in found:
        if one is None:
            raise UserError(
                f"no alert {identifier}; `huishang alerts list --all` shows all there are"
            )
    return [one for _, one in found if one]


def _acting(name: str, help_: str) -> Callable[[Command], Command]:
    """A command that publishes one action for each alert it is given."""

    def made(command: Command) -> Command:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
            click.option(
                "--wait", is_flag=True, help="Until tally has answered, a minute at most."
            ),
            click.option("--note", help="Why; it is redacted."),
            click.option("--by", required=True, help="The post that acts, not a person."),
            click.argument("alert_ids", metavar="ALERT_ID...", nargs=-1, required=True),
        ):
            command = option(command)
        command.__doc__ = help_
        ACTIONS.append(click.command(name)(command))
        return command

    return made


def _plain(name: str, action: str, help_: str) -> None:
    def command(
        alert_ids: Sequence[str], by: str, note: str | None, wait: bool, as_json: bool
    ) -> None:
        _act(alert_ids, {"action": action, **said(by, note)}, wait=wait, as_json=as_json)

    _acting(name, help_)(command)


_plain("ack", "acknowledge", "Take alerts up: they are known, and do not escalate by themselves.")
_plain("escalate", "escalate", "Tell alerts again, as escalated.")
_plain("close", "close", "Close alerts: they are dealt with.")
_plain("reopen", "reopen", "Let closed alerts fire again.")


@_acting("assign", "Give alerts to a post or an office.")
@click.option("--to", "assigned_to", required=True, help="A post or an office, not a person.")
def _assign(
    alert_ids: Sequence[str],
    assigned_to: str,
    by: str,
    note: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    data = {"action": "assign", "assigned_to": assigned_to, **said(by, note)}
    _act(alert_ids, data, wait=wait, as_json=as_json)


@_acting(
    "silence",
    "Tell nobody of alerts of the same rule, county and category until then.\n\n"
    "They are raised and listed all the same. A later silence takes the place of an earlier "
    "one, so `--until 0m` ends it. --note, the reason, is asked for.",
)
@click.option("--until", required=True, metavar="TIME", help="30m, 12h, 7d from now, or a time.")
def _silence(
    alert_ids: Sequence[str],
    until: str,
    by: str,
    note: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    settings = load()
    if not note:
        raise UserError("a silence needs --note, the reason for it")
    end = until_of(until, clock_of(settings).now(), settings)
    data = {"action": "silence", "until": end.isoformat(), **said(by, note)}
    _act(alert_ids, data, wait=wait, as_json=as_json)


def until_of(text: str, now: datetime, settings: Settings) -> datetime:
    """A time, or how long from now. Raises UserError."""
    if ahead := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
    try:
        return read(text, settings.zone)
    except UnreadableTime as error:
        raise UserError(f"--until {text!r}: expected 30m, 12h, 7d, or {error}") from None


@_acting("label", "Say whether alerts were useful: --useful or --not-useful.")
@click.option("--useful/--not-useful", "useful", required=True, default=None)
def _label(
    alert_ids: Sequence[str],
    useful: bool,
    by: str,
    note: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    action = "useful" if useful else "not_useful"
    _act(alert_ids, {"action": action, **said(by, note)}, wait=wait, as_json=as_json)


def _act(identifiers: Sequence[str], data: dict[str, str], *, wait: bool, as_json: bool) -> None:
    settings = load()
    act(
        settings,
        "alert-action",
        "alert_actions",
        [
            (one["county"], {"alert_id": one["id"], **data})
            for one in in_store(settings, identifiers)
        ],
        wait=wait,
        as_json=as_json,
        shown_by=f"huishang alerts show {identifiers[0]}",
    )
