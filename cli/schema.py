"""`huishang schema`: makes and shows the tables in ClickHouse."""

import asyncio
import re
from hashlib import sha256
from typing import TextIO
from urllib.parse import urlsplit

import click

from cli import output
from cli.broker import broker
from sinks import migrate
from sinks.described import described
from sinks.grants import Reader, granted
from sinks.store import Store, dsn_for_reading, for_reading
from streams.clock import SystemClock
from streams.errors import UserError
from streams.settings import Settings, load, masked, read_run
from streams.topics import SUNK


@click.group()
def schema() -> None:
    """Make or show the tables in ClickHouse.

    The store is the one HUISHANG_CLICKHOUSE names. Without it: that of a running
    `huishang run`, else the folder it left.

    \b
    Examples:
      huishang schema apply
      huishang schema show
      huishang schema grants --user grafana_zhangye --city 620700 --password-file reader.txt
      HUISHANG_CLICKHOUSE=http://huishang:secret@clickhouse:8123/huishang huishang schema apply
    """


@schema.command("apply")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def apply_command(as_json: bool) -> None:
    """Apply the migrations that are due, and fill the tables of names.

    Makes the database when it is missing. Safe to repeat. A migration that
    changed after it was applied is refused.
    """
    settings = load()
    dsn = dsn_for_reading(settings)
    running = read_run(settings.data)
    if running and running.settings.get("clickhouse") == dsn:
        raise UserError(
            f"{masked(dsn)} belongs to `huishang run` (pid {running.pid}), which applies the "
            "schema itself when it starts; nothing is to be done"
        )
    with Store.open(dsn, settings, create=True) as store:
        applied = migrate.apply(store, SystemClock().now(), settings=settings)
    if as_json:
        output.as_json([{"number": one.number, "name": one.name} for one in applied])
    else:
        output.table(
            ("migration", "applied to"),
            [(one.name, masked(dsn)) for one in applied],
            empty=f"{masked(dsn)} has every migration already",
        )


@schema.command(
    "refill",
    epilog="\b\nExample:\n  huishang schema apply\n  huishang schema refill\n\nStop every sink first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def refill_command(as_json: bool) -> None:
    """Have the sink write again all that its topics still hold, after ClickHouse was lost.

    It reads counts (kept 14 days), alerts and dead letters (30), digests (90) from the
    beginning. What is in the store already stays as it is: the highest version of a row counts.
    """
    records = asyncio.run(_rewound(load()))
    if as_json:
        output.as_json({"records": records})
    else:
        click.echo(f"{records} records to be written again; start the sinks")


async def _rewound(settings: Settings) -> int:
    async with broker(settings) as at:
        await at.assert_stopped("sink")
        return await at.rewind("sink", SUNK)


@schema.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def show_command(context: click.Context, as_json: bool) -> None:
    """Show every migration and when it was applied; exits with 1 if one is due."""
    with for_reading(load()) as store:
        shown = migrate.show(store)
    if as_json:
        output.as_json([one._asdict() for one in shown])
    else:
        output.table(
            ("migration", "applied"),
            [
                (one.name, f"{one.applied_at:%Y-%m-%d %H:%M:%S} UTC" if one.applied_at else "due")
                for one in shown
            ],
        )
    if any(one.applied_at is None for one in shown):
        context.exit(1)


@schema.command("grants")
@click.option("--user", required=True, help="Name of the reader on the server.")
@click.option(
    "--city",
    "cities",
    multiple=True,
    help="Code or prefix of what it may see, such as 620700 or 62; repeat for more. Without: everything.",
)
@click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    required=True,
    help="File with its password; - for standard input. Only a hash of it is printed.",
)
@click.option("--public", is_flag=True, help="Only the views that may be published.")
@click.option(
    "--apply",
    "applied",
    is_flag=True,
    help="Run it as the user of HUISHANG_CLICKHOUSE, who must be allowed to make users.",
)
def grants_command(
    user: str, cities: tuple[str, ...], password_file: TextIO, public: bool, applied: bool
) -> None:
    """Print SQL that makes a reader, for Grafana: views only, and of its cities only.

    Run it as an administrator of the server, after `schema apply`, and again
    after an upgrade: new views come with new statements. Running it again sets
    the password anew.

    \b
    Example:
      huishang schema grants --user grafana --password-file secret.txt | clickhouse-client -n
    """
    settings = load()
    password = password_file.read().strip()
    if not password:
        raise UserError(f"{password_file.name} is empty; expected the password of {user}")
    if not re.fullmatch(r"[A-Za-z_]\w*", user):
        raise UserError(f"got --user {user}; expected letters, digits and _")
    for city in cities:
        if not re.fullmatch(r"\d{2,6}", city):
            raise UserError(f"got --city {city}; expected two to six digits, such as 620700 or 62")
    reader = Reader(
        user,
        sha256(password.encode()).hexdigest(),
        cities,
        urlsplit(settings.clickhouse).path.strip("/") or "default",
        settings.clickhouse_cluster,
        public,
    )
    if not applied:
        for statement in granted(reader):
            click.echo(f"{statement};")
        return
    with Store.open(settings.clickhouse, settings) as store:
        for statement in granted(reader):
            store.command(statement)
    click.echo(f"{user} may read {masked(settings.clickhouse)}")


@schema.command("describe")
def describe_command() -> None:
    """Print every view and table with what its columns mean, as Markdown.

    \b
    Example:
      huishang schema describe > schema.md
    """
    with for_reading(load()) as store:
        click.echo(described(store), nl=False)
