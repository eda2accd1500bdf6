"""`huishang schema`: makes and shows the tables in ClickHouse."""

import click

from cli import output
from sinks import migrate
from sinks.store import Store, dsn_for_reading
from streams.clock import SystemClock
from streams.errors import UserError
from streams.settings import load, masked, read_run


@click.group()
def schema() -> None:
    """Make or show the tables in ClickHouse.

    The store is the one HUISHANG_CLICKHOUSE names. Without it: that of a running
    `huishang run`, else the folder it left.

    \b
    Examples:
      huishang schema apply
      huishang schema show
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
    with Store.open(dsn, create=True) as store:
        applied = migrate.apply(
            store, SystemClock().now(), zone=settings.timezone, counties=settings.counties
        )
    if as_json:
        output.as_json([{"number": one.number, "name": one.name} for one in applied])
    else:
        output.table(
            ("migration", "applied to"),
            [(one.name, masked(dsn)) for one in applied],
            empty=f"{masked(dsn)} has every migration already",
        )


@schema.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def show_command(context: click.Context, as_json: bool) -> None:
    """Show every migration and when it was applied; exits with 1 if one is due."""
    with Store.open(dsn_for_reading(load())) as store:
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
