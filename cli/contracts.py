"""`huishang contracts`: JSON Schema and AsyncAPI of the events, written or compared."""

import json
from pathlib import Path
from typing import Final

import click
import msgspec

from agents.rules import Rules
from streams.errors import UserError
from streams.export import DIALECT
from streams.export import documents as documents_of_events

RULES_SCHEMA: Final = "rules.schema.json"


def documents() -> dict[str, str]:
    """Every file of the contracts, and the schema of rules.yaml beside them."""
    schema = {
        "$schema": DIALECT,
        "$id": "urn:huishang:rules:1",
        **msgspec.json.schema(Rules),
    }
    text = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    return {**documents_of_events(), RULES_SCHEMA: text}


@click.group()
def contracts() -> None:
    """JSON Schema and AsyncAPI of the events."""


@contracts.command()
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file differs.")
@click.pass_context
def export(ctx: click.Context, directory: Path | None, check: bool) -> None:
    """Write the contracts into DIR (docs/contracts if not given).

    \b
    huishang contracts export                   into docs/contracts
    huishang contracts export /tmp/contracts    somewhere else
    huishang contracts export --check           is docs/contracts what the code says?
    """
    folder = directory or Path("docs") / "contracts"
    if check:
        wrong = drift(folder)
        for line in wrong:
            click.echo(line)
        if wrong:
            click.echo(f"run: huishang contracts export {folder}", err=True)
            ctx.exit(1)
        click.echo(f"{folder} is what the code says")
        return
    files = documents()
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {error.filename or folder}: {error.strerror}") from None
    click.echo(f"{len(files)} files written to {folder}")


def drift(folder: Path) -> list[str]:
    """One line for each file that is missing, differs, or is no contract any more."""
    files = documents()
    lines = []
    for name, text in files.items():
        path = folder / name
        if not path.is_file():
            lines.append(f"missing: {path}")
        elif path.read_bytes() != text.encode():
            lines.append(f"differs: {path}")
    lines += [
        f"no contract any more, delete it: {path}"
        for path in sorted(folder.rglob("*.json"))
        if path.relative_to(folder).as_posix() not in files
    ]
    return lines
