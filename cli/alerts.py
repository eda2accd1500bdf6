"""`huishang alerts`: what was raised, who has it, and what staff do with it."""

import re
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, get_args

import click

from agents.alerting.precision import precision
from cli import output
from cli.acting import action_event, identity_of, publish_actions, said
from cli.counts import codes_of
from cli.dead_letters import since_of
from cli.times import UnreadableTime, read
from sinks.alerts import Asked, alert, alerts, answers_to, labels
from sinks.store import Store, dsn_for_reading
from streams.categories import CATEGORIES, CategoryCode
from streams.clock import clock_of
from streams.contracts import AlertStatus
from streams.counties import COUNTIES, CountyCode
from streams.errors import Retryable, UserError
from streams.settings import Settings, load

_ID: Final = re.compile(r"[0-9a-f]{16}")
_STATUSES: Final = get_args(AlertStatus)
_OPEN: Final = tuple(status for status in _STATUSES if status != "closed")
_LEVELS: Final = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_WAIT_S: Final = 60.0
_EVERY_S: Final = 0.3

Command = Callable[..., None]


@click.group(name="alerts")
def commands() -> None:
    """Alerts, and what duty staff do with them.

    \b
    Examples:
      huishang alerts list --county 6207
      huishang alerts show 4f1d2c9ab07e3358
      huishang alerts ack 4f1d2c9ab07e3358 --by 值班长
      huishang alerts assign 4f1d2c9ab07e3358 --to 住建局 --by 值班长 --note 今晚八点前回复
      huishang alerts silence 4f1d2c9ab07e3358 --until 6h --by 值班长 --note 管道检修
      huishang alerts label 4f1d2c9ab07e3358 --not-useful --by 值班长
    """


def _choosing(command: Command) -> Command:
    """Options that say which alerts."""
    for option in (
        click.option("--rule", "rules", multiple=True, help="Id of a rule; may be repeated."),
        click.option("--since", metavar="TIME", help="Raised since: 30m, 12h, 7d, or a time."),
        click.option(
            "--county",
            "counties",
            multiple=True,
            help="Code, prefix of codes or name; may be repeated.",
        ),
    ):
        command = option(command)
    return command


@commands.command("list")
@_choosing
@click.option("--status", "statuses", multiple=True, type=click.Choice(_STATUSES))
@click.option("--all", "every", is_flag=True, help="Also those that are closed.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(
    counties: Sequence[str],
    since: str | None,
    rules: Sequence[str],
    statuses: Sequence[str],
    every: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List open alerts, the latest raised first."""
    settings = load()
    chosen = statuses or (() if every else _OPEN)
    asked = Asked(codes_of(counties), _since(since, settings), rules, chosen, limit + 1)
    with Store.open(dsn_for_reading(settings)) as store:
        found = alerts(store, asked)
    if as_json:
        output.as_json(found[:limit])
    else:
        output.table(
            ("alert", "level", "status", "county", "category", "title", "raised", "has it", "told"),
            [_row(one, settings) for one in found[:limit]],
            empty="No alerts.",
        )
    if len(found) > limit:
        click.echo(f"There are more than these {limit}; --limit shows more.", err=True)


def _since(since: str | None, settings: Settings) -> datetime | None:
    return since_of(since, clock_of(settings).now(), settings.zone) if since else None


def _row(one: dict[str, Any], settings: Settings) -> tuple[object, ...]:
    place = COUNTIES.get(CountyCode(one["county"]))
    leaf = CATEGORIES.get(CategoryCode(one["category"]))
    return (
        one["id"],
        _LEVELS[one["level"]],
        one["status"],
        f"{one['county']} {place.name}" if place else one["county"],
        f"{one['category']} {leaf.name}" if leaf else one["category"],
        one["title"],
        _local(one["raised_at"], settings),
        one["assigned_to"] or one["by"],
        "yes" if one["notify"] else one["muted"],
    )


def _local(instant: datetime, settings: Settings) -> str:
    return instant.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M")


@commands.command("show")
@click.argument("alert_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_command(alert_id: str, as_json: bool) -> None:
    """Everything the store has of one alert, and the steps of its life."""
    settings = load()
    [found] = _found(settings, [alert_id])
    if as_json:
        output.as_json(found)
        return
    names = ("alert", "level", "status", "county", "category", "title", "raised", "has it", "told")
    rows: list[tuple[str, object]] = list(zip(names, _row(found, settings), strict=True))
    rows.insert(6, ("reason", found["reason"]))
    rows.append(("rule", f"{found['rule']}: {found['observed']:g} of {found['limit']:g}"))
    if found["expected"] is not None:
        rows.append(("expected", f"{found['expected']:g}, p = {found['p_value']:.2g}"))
    rows.append(("14 days", " ".join(map(str, found["history"]))))
    rows += [(name, found[name]) for name in ("excerpt", "group", "incident", "label")]
    rows += [(step["action"], _step(step, settings)) for step in found["steps"]]
    output.table(("what", "value"), rows)


def _step(step: dict[str, Any], settings: Settings) -> str:
    parts = [_local(step["at"], settings), step["by"] or "by itself", step["assigned_to"]]
    if step["until"]:
        parts.append(f"until {_local(step['until'], settings)}")
    parts += [step["note"], "" if step["verdict"] == "done" else step["verdict"]]
    return ", ".join(filter(None, parts))


def _found(settings: Settings, identifiers: Sequence[str]) -> list[dict[str, Any]]:
    for identifier in identifiers:
        if not _ID.fullmatch(identifier):
            raise UserError(f"ALERT_ID got {identifier!r}; expected sixteen hexadecimal digits")
    with Store.open(dsn_for_reading(settings)) as store:
        found = [(identifier, alert(store, identifier)) for identifier in identifiers]
    for identifier, one in found:
        if one is None:
            raise UserError(
                f"no alert {identifier}; `huishang alerts list --all` shows all there are"
            )
    return [one for _, one in found if one]


# -- actions -------------------------------------------------------------------------------


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
        done: Command = commands.command(name)(command)
        return done

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
    run = uuid.uuid4().hex
    found = _found(settings, identifiers)
    events = [
        action_event(settings, "alert-action", one["county"], {"alert_id": one["id"], **data}, run)
        for one in found
    ]
    publish_actions(settings, events)
    answers = _answers(settings, run, [identity_of(event) for event in events]) if wait else []
    wrong = [answer for answer in answers if answer not in ("done", "unchanged")]
    if as_json:
        ids = [event["id"] for event in events]
        output.as_json({"published": len(events), "ids": ids, "run": run, "answers": answers})
    elif wait:
        for answer in answers:
            click.echo(answer)
    else:
        click.echo(
            f"published; `huishang alerts show {identifiers[0]}` shows what came of it, and if "
            "nothing did, `huishang dead-letters list` why"
        )
    if wrong:
        click.get_current_context().exit(1)


def _answers(settings: Settings, run: str, identities: Sequence[int]) -> list[str]:
    until = time.monotonic() + _WAIT_S
    with Store.open(dsn_for_reading(settings)) as store:
        while time.monotonic() < until:
            answers = answers_to(store, run, identities)
            if len(answers) >= len(identities):
                return answers
            time.sleep(_EVERY_S)
    raise Retryable(
        f"no answer within {_WAIT_S:g} s; the action is published and will be carried out once "
        "intake, tally and sink run"
    )


# -- what they are worth -------------------------------------------------------------------


@commands.command("precision")
@_choosing
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def precision_command(
    counties: Sequence[str], since: str | None, rules: Sequence[str], as_json: bool
) -> None:
    """How many alerts of each rule staff called useful, of those they labelled.

    A rule with 10 labels or more of which less than 30 % are useful is proposed for
    demotion: a lower level, a higher limit, or none.
    """
    settings = load()
    asked = Asked(codes_of(counties), _since(since, settings), rules)
    with Store.open(dsn_for_reading(settings)) as store:
        found = [precision(**row) for row in labels(store, asked)]
    if as_json:
        output.as_json([one._asdict() for one in found])
        return
    output.table(
        ("rule", "alerts", "useful", "not useful", "precision", "proposal"),
        [
            (
                *(one.rule, one.alerts, one.useful, one.not_useful),
                "" if one.precision is None else f"{one.precision:.0%}",
                "demote" if one.demote else "",
            )
            for one in found
        ],
        empty="No alerts.",
    )
