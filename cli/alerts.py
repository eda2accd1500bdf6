"""`huishang alerts`: what was raised, who has it, and what staff do with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, get_args

import click

from agents.alerting.precision import precision
from cli import output
from cli.alert_actions import ACTIONS, in_store
from cli.counts import codes_of
from cli.dead_letters import since_of
from sinks.alerts import Asked, alerts, labels
from sinks.store import for_reading
from streams.answers import AlertStatus
from streams.categories import CATEGORIES, CategoryCode
from streams.clock import clock_of
from streams.counties import COUNTIES, CountyCode
from streams.settings import Settings, load

_STATUSES: Final = get_args(AlertStatus)
_OPEN: Final = tuple(status for status in _STATUSES if status != "closed")
_LEVELS: Final = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}

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


for acting in ACTIONS:
    commands.add_command(acting)


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
    with for_reading(settings) as store:
        found = alerts(store, asked)
    output.first(
        limit,
        found,
        ("alert", "level", "status", "county", "category", "title", "raised", "has it", "told"),
        lambda one: _row(one, settings),
        as_json=as_json,
        empty="No alerts.",
    )


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
    [found] = in_store(settings, [alert_id])
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
    with for_reading(settings) as store:
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
