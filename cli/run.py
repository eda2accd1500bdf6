"""`huishang run`: broker, store and all stages on this machine, until Ctrl-C."""

import asyncio
import json

import click

from cli.children import ChildEnded
from cli.embedded import Embedded, embedded
from cli.lock import locked
from cli.signals import until_asked
from streams.settings import load

_HELP = """\
Run everything on this machine: an embedded broker, an embedded store, and
one process per stage, until Ctrl-C.

Counts and identities are kept in the data folder (HUISHANG_DATA) and go on
at the next start, also after kill -9. The other commands find the addresses
through the same folder.

\b
Examples:
  huishang run
  HUISHANG_DATA=/srv/huishang huishang run
  HUISHANG_KAFKA_PORT=0 HUISHANG_CLICKHOUSE_PORT=0 huishang run --json

\b
Exit codes: 0 stopped on request; 2 wrong use, or a port is taken;
65 a process ended by itself, which stops everything.
"""


@click.command(help=_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line when ready.")
def run(as_json: bool) -> None:
    """Supervise the embedded broker and the stages."""
    with locked(load().data) as lock:
        asyncio.run(_run(lock, as_json))


async def _run(lock: int, as_json: bool) -> None:
    async def up_until_stopped() -> None:
        async with embedded(load(), lock) as up:
            click.echo(ready_line(up) if as_json else _ready_text(up))
            await up.while_up(asyncio.Event().wait())

    try:
        asked = await until_asked(up_until_stopped())
    except ChildEnded as ended:
        if ended.last_lines:
            click.echo(ended.last_lines, err=True)
        raise
    if asked and not as_json:
        click.echo("Stopped.")


def ready_line(up: Embedded) -> str:
    """The addresses as one JSON line."""
    addresses = {
        "kafka": up.settings.kafka,
        "clickhouse": up.settings.clickhouse,
        "board": up.board,
        "status": up.status,
    }
    return json.dumps({"ready": True, **addresses})


def _ready_text(up: Embedded) -> str:
    return (
        "Huishang is up. Ctrl-C stops it.\n"
        f"  Kafka        {up.settings.kafka}\n"
        f"  ClickHouse   {up.settings.clickhouse} (read only)\n"
        f"  duty board   {up.board}\n"
        f"  data, logs   {up.settings.data}"
    )
