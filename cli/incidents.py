"""`huishang incidents`: reports of the same matter, and putting right which they are."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import click

from cli import output
from cli.acting import action_event, publish_actions, said
from cli.counts import codes_of
from cli.dead_letters import since_of
from sinks.incidents import Asked, incident, incidents
from sinks.store import for_reading
from streams.categories import CATEGORIES, CategoryCode
from streams.clock import clock_of
from streams.counties import COUNTIES, CountyCode
from streams.errors import UserError
from streams.settings import Settings, load

_ID: Final = re.compile(r"[0-9a-f]{16}")


@click.group(name="incidents")
def commands() -> None:
    """Reports of the same matter, linked, whatever way they came.

    \b
    Examples:
      huishang incidents list --county 6207 --least 3
      huishang incidents show 9c3a51f20e6b7d48
      huishang incidents merge 9c3a51f20e6b7d48 --into 1f0b6a7732c9d5e4 --by 值班长
      huishang incidents split 1f0b6a7732c9d5e4 --reports 00c1…,83fe… --by 值班长
    """


@commands.command("list")
@click.option(
    "--county", "counties", multiple=True, help="Code, prefix of codes or name; may be repeated."
)
@click.option("--since", metavar="TIME", help="Reported since: 30m, 12h, 7d, or a time.")
@click.option(
    "--least", type=click.IntRange(1), default=2, show_default=True, help="Reports at least."
)
@click.option("--merged", is_flag=True, help="Also those that were merged into others.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(
    counties: Sequence[str], since: str | None, least: int, merged: bool, limit: int, as_json: bool
) -> None:
    """List incidents, the latest reported first; --least 1 shows all."""
    settings = load()
    asked = Asked(
        codes_of(counties),
        since_of(since, clock_of(settings).now(), settings.zone) if since else None,
        least,
        merged,
        limit + 1,
    )
    with for_reading(settings) as store:
        found = incidents(store, asked)
    output.first(
        limit,
        found,
        ("incident", "county", "category", "name", "reports", "channels", "first", "last"),
        lambda one: _row(one, settings),
        as_json=as_json,
        empty="No incidents.",
    )


def _row(one: dict[str, Any], settings: Settings) -> tuple[object, ...]:
    place = COUNTIES.get(CountyCode(one["county"]))
    leaf = CATEGORIES.get(CategoryCode(one["category"]))
    merged = f"→ {one['merged_into']}" if one["merged_into"] else ""
    return (
        one["incident"],
        f"{one['county']} {place.name}" if place else one["county"],
        f"{one['category']} {leaf.name}" if leaf else one["category"],
        one["name"],
        one["reports"],
        merged or ", ".join(f"{name} {n}" for name, n in one["channels"].items()),
        f"{_local(one['opened_at'], settings)} {one['first_channel']}",
        _local(one["last_at"], settings),
    )


def _local(instant: datetime, settings: Settings) -> str:
    return instant.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M")


@commands.command("show")
@click.argument("incident_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_command(incident_id: str, as_json: bool) -> None:
    """Everything the store has of one incident, and what staff put right about it."""
    settings = load()
    found = _found(settings, incident_id)
    if as_json:
        output.as_json(found)
        return
    shown = [*_row(found, settings)]
    rows = list(zip(("incident", "county", "category", "name", "reports"), shown, strict=False))
    rows += [("channels", shown[5]), ("first", shown[6]), ("last", shown[7])]
    rows += [("severity", found["severity"] or ""), ("excerpt", found["excerpt"])]
    rows.append(("report ids, the latest", "\n".join(found["report_ids"])))
    rows += [
        (one["action"], f"{one['incident']} → {one['into']}, {one['by']}, {one['note']}")
        for one in found["actions"]
    ]
    output.table(("what", "value"), rows)


def _found(settings: Settings, incident_id: str) -> dict[str, Any]:
    _checked("INCIDENT_ID", incident_id)
    with for_reading(settings) as store:
        found = incident(store, incident_id)
    if found is None:
        raise UserError(
            f"no incident {incident_id}; `huishang incidents list --least 1` shows all there are"
        )
    return found


def _checked(name: str, identifier: str) -> str:
    if not _ID.fullmatch(identifier):
        raise UserError(f"{name} got {identifier!r}; expected sixteen hexadecimal digits")
    return identifier


@commands.command("merge")
@click.argument("incident_id")
@click.option("--into", required=True, metavar="INCIDENT_ID", help="The incident that goes on.")
@click.option("--by", required=True, help="The post that decides, not a person.")
@click.option("--note", help="Why; it is redacted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def merge_command(incident_id: str, into: str, by: str, note: str | None, as_json: bool) -> None:
    """Let one incident go into another: it has all reports from then on, and later ones.

    Publishes an incident action; tally carries it out, or answers with a dead letter.
    """
    settings = load()
    county = _found(settings, incident_id)["county"]
    data = {"incident_id": incident_id, "action": "merge", "into": _checked("--into", into)}
    _publish(settings, county, data, by, note, as_json=as_json)


@commands.command("split")
@click.argument("incident_id")
@click.option(
    "--reports", metavar="IDS", help="Report ids with commas, as `incidents show` has them."
)
@click.option(
    "--merged", metavar="INCIDENT_ID", help="Undo a merge: the reports that this one had (≤ 100)."
)
@click.option("--by", required=True, help="The post that decides, not a person.")
@click.option("--note", help="Why; it is redacted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def split_command(
    incident_id: str,
    reports: str | None,
    merged: str | None,
    by: str,
    note: str | None,
    as_json: bool,
) -> None:
    """Take reports out of an incident, into one of their own.

    Publishes an incident action; tally carries it out, or answers with a dead letter.
    """
    settings = load()
    if (reports is None) == (merged is None):
        raise UserError("give one of --reports IDS and --merged INCIDENT_ID")
    county = _found(settings, incident_id)["county"]
    if merged is not None:
        taken = list(_found(settings, merged)["report_ids"])
    else:
        taken = [_checked("--reports", one.strip()) for one in (reports or "").split(",")]
    data = {"incident_id": incident_id, "action": "split", "reports": taken}
    _publish(settings, county, data, by, note, as_json=as_json)


def _publish(
    settings: Settings,
    county: str,
    data: dict[str, Any],
    by: str,
    note: str | None,
    *,
    as_json: bool,
) -> None:
    event = action_event(settings, "incident-action", county, {**data, **said(by, note)})
    publish_actions(settings, [event])
    if as_json:
        output.as_json({"published": 1, "id": event["id"], "source": event["source"]})
    else:
        click.echo(
            f"published; `huishang incidents show {data.get('into') or data['incident_id']}` "
            "shows what came of it, and if nothing did, `huishang dead-letters list` why"
        )
