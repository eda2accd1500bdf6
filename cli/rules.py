"""`huishang rules`: what whoever edits the rules needs: a copy, and a check before use."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import msgspec

from agents.rules import Rules
from agents.rules_file import each_rule
from cli import output
from streams.errors import UserError
from streams.settings import load

_LEVELS = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}


@click.group()
def rules() -> None:
    """The rules that raise alerts, and what becomes of these: copy and check them.

    HUISHANG_RULES=FILE puts a file into use; tally takes changes of it without a restart.
    """


@rules.command(epilog="\b\nExample:\n  huishang rules export rules.yaml")
@click.argument("file", type=Path)
def export(file: Path) -> None:
    """Copy the rules that come with Huishang into a new FILE, to be edited."""
    try:
        with file.open("xb") as copy:
            copy.write((files("agents") / "rules.yaml").read_bytes())
    except FileExistsError:
        raise UserError(f"{file} is there already; name a new file") from None
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"{file}: a copy to edit; `huishang rules check {file}` reads it")


@rules.command(
    epilog="\b\nExamples:\n  huishang rules check rules.yaml\n  huishang rules check --json"
)
@click.argument("file", type=Path, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path | None, as_json: bool) -> None:
    """Read the rules in FILE (default: those in use), and show them.

    The first mistake is said with its line, its path, what was expected and what was got, and
    the exit code is 2. docs/contracts/rules.schema.json is the schema, for editors.
    """
    file = file or load().rules
    found = Rules.load(file)
    if as_json:
        output.as_json({"file": file, **msgspec.to_builtins(found)})
        return
    output.table(
        ("rule", "section", "level", "raised by"),
        [(one.id, section, _LEVELS[one.level], _rest(one)) for section, one in each_rule(found)],
    )
    click.echo()
    settings = [
        (section, _words(value))
        for section, value in msgspec.structs.asdict(found).items()
        if isinstance(value, msgspec.Struct) and not hasattr(value, "id")
    ]
    settings += [("inhibit", _words(one)) for one in found.inhibit]
    output.table(("section", "settings"), settings)
    click.echo(f"\n{file or 'the rules that come with Huishang'}: no mistake")


def _rest(rule: msgspec.Struct) -> str:
    return ", ".join(
        f"{name} {value}"
        for name, value in msgspec.structs.asdict(rule).items()
        if name not in ("id", "level")
    )


def _words(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    return ", ".join(f"{name} {_plain(one)}" for name, one in plain.items())


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {one}" for name, one in value.items()) + ")"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return str(value)
