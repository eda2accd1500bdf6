"""`huishang duty-log`, and signing and amending digests: what duty staff write from the command line."""

from collections.abc import Callable, Sequence
from typing import Any, Final, get_args

import click

from cli import output
from cli.acting import act, said
from cli.counts import places_of
from cli.dead_letters import since_of
from cli.mapping import county_of
from sinks.digests import digest
from sinks.duty_log import Asked, entries
from sinks.store import for_reading
from streams.clock import clock_of
from streams.contracts import DutyKind
from streams.counties import CITIES, place_name
from streams.errors import UserError
from streams.settings import load

_NOTE_LIMIT: Final = 1_000  # characters, as in the contract

Command = Callable[..., None]


@click.group(name="duty-log")
def commands() -> None:
    """What was signed, amended and handed over to the next shift (值班日志、交接班记录).

    \b
    Examples:
      huishang duty-log list --county 6207 --since 3d
      huishang duty-log add --county 甘州区 --by 值班长 --note 南关小区停水已恢复，待住建局书面反馈
      huishang digests sign 694a72fd4de67ee5 --by 值班长
    """


def _writing(command: Command) -> Command:
    """Options of every command that writes an entry."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--wait", is_flag=True, help="Until it is in the duty log, a minute at most."),
        click.option("--by", required=True, help="The post that writes it, not a person."),
    ):
        command = option(command)
    return command


@commands.command("list")
@click.option(
    "--county",
    "counties",
    multiple=True,
    help="Code of a county or a city (620700), prefix of codes, or a county's name; may be repeated.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(get_args(DutyKind)),
    help="May be repeated.",
)
@click.option("--since", metavar="TIME", help="Written since: 30m, 12h, 7d, or a time.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(
    counties: Sequence[str], kinds: Sequence[str], since: str | None, limit: int, as_json: bool
) -> None:
    """List entries, the latest first."""
    settings = load()
    asked = Asked(
        places_of(counties),
        kinds,
        since_of(since, clock_of(settings).now(), settings.zone) if since else None,
        limit + 1,
    )
    with for_reading(settings) as store:
        found = entries(store, asked)
    output.first(
        limit,
        found,
        ("at", "county", "kind", "by", "digest", "note"),
        lambda one: (
            f"{one['at'].astimezone(settings.zone):%Y-%m-%d %H:%M}",
            f"{one['county']} {place_name(one['county'])}",
            one["kind"],
            one["by"],
            one["digest_id"],
            one["note"],
        ),
        as_json=as_json,
        empty="No entries.",
    )


@commands.command("add")
@click.option("--county", required=True, help="Code or name of a county, or code of a city.")
@_writing
@click.option("--note", required=True, help="What the next shift must know; it is redacted.")
def add_command(county: str, by: str, note: str, wait: bool, as_json: bool) -> None:
    """Write a handover note for the next shift (交接班记录)."""
    code = county if county in CITIES else county_of(county)
    _write(code, {"kind": "handover", **_said(by, note)}, "duty-log list", wait, as_json)


@click.command("sign")
@click.argument("digest_id")
@_writing
@click.option("--note", help="What is said with the signature; it is redacted.")
def sign(digest_id: str, by: str, note: str | None, wait: bool, as_json: bool) -> None:
    """Sign a digest (签发): it is shown under it, with post and time."""
    _write_under(digest_id, {"kind": "sign", **_said(by, note)}, wait, as_json)


@click.command("amend")
@click.argument("digest_id")
@_writing
@click.option("--note", required=True, help="What is added; it is redacted.")
def amend(digest_id: str, by: str, note: str, wait: bool, as_json: bool) -> None:
    """Add a note to a digest (补充说明). What was issued stays as it is; the note stands under it."""
    _write_under(digest_id, {"kind": "amend", **_said(by, note)}, wait, as_json)


def in_store(digest_id: str) -> dict[str, Any]:
    """A digest as the store has it; a later edition is told of. Raises UserError if there is none."""
    with for_reading(load()) as store:
        found = digest(store, digest_id)
    if found is None:
        raise UserError(f"no digest {digest_id}; `huishang digests list` shows all there are")
    if later := found["replaced_by"]:
        click.echo(f"A later edition replaces this one: huishang digests show {later}", err=True)
    return found


def _said(by: str, note: str | None) -> dict[str, str]:
    if note is not None and not (note.strip() and len(note) <= _NOTE_LIMIT):
        raise UserError(
            f"--note got {len(note):,} characters; expected a text of 1 to {_NOTE_LIMIT:,}"
        )
    return said(by, note)


def _write_under(digest_id: str, data: dict[str, str], wait: bool, as_json: bool) -> None:
    found = in_store(digest_id)
    data = {"digest_id": found["id"], **data}
    _write(found["county"], data, f"digests show {found['id']}", wait, as_json)


def _write(county: str, data: dict[str, str], shown_by: str, wait: bool, as_json: bool) -> None:
    act(
        load(),
        "duty-log-entry",
        "duty_log",
        [(county, data)],
        wait=wait,
        as_json=as_json,
        shown_by=f"huishang {shown_by}",
    )
