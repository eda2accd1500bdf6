"""`huishang digests`: daily reports, consult and dispatch lists, bulletins, to read and to print."""

from collections.abc import Sequence

import click

from cli import output
from cli.counts import places_of
from cli.dead_letters import since_of
from cli.duty_log import amend, in_store, sign
from sinks import paper
from sinks.digests import Asked, digests
from sinks.store import for_reading
from streams.clock import clock_of
from streams.counties import place_name
from streams.digests import NAMES
from streams.settings import load


@click.group(name="digests")
def commands() -> None:
    """Daily reports, consult and dispatch lists, bulletins; of counties and of cities.

    \b
    Examples:
      huishang digests list --county 6207 --kind daily_report
      huishang digests show 9c3a51f20e6b7d48
      huishang digests show 9c3a51f20e6b7d48 --format html > report.html
      huishang digests sign 9c3a51f20e6b7d48 --by 值班长
      huishang digests amend 9c3a51f20e6b7d48 --by 值班长 --note 南关小区已恢复供水
    """


commands.add_command(sign)
commands.add_command(amend)


@commands.command("list")
@click.option(
    "--county",
    "counties",
    multiple=True,
    help="Code of a county or a city (620700), prefix of codes, or a county's name; may be repeated.",
)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(NAMES)), help="May be repeated."
)
@click.option("--since", metavar="TIME", help="Issued since: 30m, 12h, 7d, or a time.")
@click.option("--earlier", is_flag=True, help="Also editions that were replaced.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(
    counties: Sequence[str],
    kinds: Sequence[str],
    since: str | None,
    earlier: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List digests, the latest issued first."""
    settings = load()
    asked = Asked(
        places_of(counties),
        kinds,
        since_of(since, clock_of(settings).now(), settings.zone) if since else None,
        earlier,
        limit + 1,
    )
    with for_reading(settings) as store:
        found = digests(store, asked)
    output.first(
        limit,
        found,
        ("digest", "kind", "county", "until", "edition", "issued", "signed by", "title"),
        lambda one: (
            one["id"],
            one["kind"],
            f"{one['county']} {place_name(one['county'])}",
            f"{one['window_end'].astimezone(settings.zone):%Y-%m-%d %H:%M}",
            one["edition"],
            f"{one['issued_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}",
            one["signed_by"],
            one["title"],
        ),
        as_json=as_json,
        empty="No digests.",
    )


@commands.command("show")
@click.argument("digest_id")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["markdown", "html", "json"]),
    default="markdown",
    show_default=True,
    help="html is a whole page, ready to print and to sign.",
)
def show_command(digest_id: str, shape: str) -> None:
    """Print one digest, with who signed it and what was added."""
    found, zone = in_store(digest_id), load().zone
    if shape == "json":
        output.as_json(found)
    elif shape == "html":
        click.echo(paper.page(found["title"], paper.fragment(found, zone)))
    else:
        click.echo(paper.markdown(found, zone), nl=False)
