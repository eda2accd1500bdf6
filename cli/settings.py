"""`huishang settings`: every setting, its value, where it came from, what it is for."""

import click

from cli import output
from streams.settings import load, shown


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def settings(as_json: bool) -> None:
    """Show every setting, its value, where it came from and what it is for.

    Passwords inside addresses are masked. A setting is taken from the first of:
    the environment; the file that HUISHANG_<NAME>_FILE names; .env in the working
    folder; /run/secrets/HUISHANG_<NAME>; a `huishang run` that is up in the same
    data folder; the default. Exits with 78 if one cannot be used.

    \b
    Examples:
      huishang settings
      huishang settings --json
      HUISHANG_PARTITIONS=12 huishang settings
      HUISHANG_CLICKHOUSE_FILE=/etc/huishang/dsn huishang settings
    """
    rows = shown(load())
    if as_json:
        output.as_json([row._asdict() for row in rows])
    else:
        output.table(("setting", "value", "from", "what it is"), rows)
