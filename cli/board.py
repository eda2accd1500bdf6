"""`huishang board`: tokens for the duty board, and whether its access file can be used."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import click
import yaml

from cli import output
from cli.counts import places_of
from sinks.board.access import Access, Role, load
from streams import settings as settings_
from streams.errors import UserError

_BYTES = 32


@click.group()
def board() -> None:
    """Who may see the duty board, and act on it.

    docs/board.md shows how an access file is written.
    """


@board.command(
    epilog="\b\nExamples:\n  huishang board token --post 甘州区值班室 --role duty --county 620702\n"
    "  huishang board token --post 市级大屏 --role reader --county 6207 >> access.yaml"
)
@click.option("--post", required=True, help="The post that gets it, not a person.")
@click.option(
    "--role", required=True, type=click.Choice(get_args(Role)), help="reader sees, duty acts."
)
@click.option(
    "--county",
    "counties",
    multiple=True,
    help="Code of a county or city, prefix, or a county's name; may be repeated.  [default: all]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def token(post: str, role: str, counties: Sequence[str], as_json: bool) -> None:
    """Make a token, and the entry of the access file that lets it in.

    The token is shown once, on stderr, and kept nowhere: the entry, on stdout, holds its
    SHA-256. Put the entry under `tokens:` of the file that HUISHANG_BOARD_ACCESS names.
    """
    if not 1 <= len(post) <= 64:
        raise UserError("--post is the name of a post, of 1 to 64 characters")
    made = secrets.token_urlsafe(_BYTES)
    entry: dict[str, Any] = {
        "post": post,
        "role": role,
        "sha256": sha256(made.encode()).hexdigest(),
    }
    if counties:
        entry["counties"] = places_of(counties)
    if as_json:
        output.as_json({"token": made, "entry": entry})
        return
    click.echo(f"Token, shown only now: {made}", err=True)
    click.echo(yaml.safe_dump([entry], allow_unicode=True, sort_keys=False), nl=False)


@board.command(
    epilog="\b\nExamples:\n  huishang board check\n  huishang board check access.yaml --json"
)
@click.argument("file", type=Path, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path | None, as_json: bool) -> None:
    """Read FILE (default: HUISHANG_BOARD_ACCESS) as the sink would, and show who may do what.

    The first mistake is said with its place, and the exit code is 2.
    """
    path = file or settings_.load().board_access
    if path is None:
        raise UserError("name an access file, or set HUISHANG_BOARD_ACCESS to one")
    rows = _rows(load(path))
    if as_json:
        output.as_json({"file": path, "seats": rows})
        return
    output.table(
        ("post", "role", "counties", "by"),
        [
            (row["post"], row["role"], ", ".join(row["counties"]) or "all", row["by"])
            for row in rows
        ],
    )
    click.echo(f"\n{path}: no mistake")


def _rows(access: Access) -> list[dict[str, Any]]:
    found = [
        {"post": one.post, "role": one.role, "counties": one.counties, "by": "token"}
        for one in access.tokens
    ]
    for user in access.proxy.users if access.proxy else ():
        by = f"proxy, {user.user}"
        found.append({"post": user.post, "role": user.role, "counties": user.counties, "by": by})
    return found
