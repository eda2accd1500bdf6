"""`huishang rules`: what whoever edits the rules needs: a copy, a check, and a try before use."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import msgspec

from agents.alerting.replaying import WARM_UP, replay, replayable
from agents.rules import Rules
from agents.rules_file import each_rule
from cli import output
from cli.counts import codes_of, hour_of
from sinks.accounts import Chosen, counts
from sinks.store import for_reading
from streams.errors import UserError
from streams.settings import load
from streams.totals import CountRow

_LEVELS = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}


@click.group()
def rules() -> None:
    """The rules that raise alerts, and what becomes of these: copy, check and try them.

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


@rules.command(
    "try",
    epilog="\b\nExamples:\n  huishang rules try rules.yaml --from 2026-03-01 --to 2026-04-01\n"
    "  huishang rules try new.yaml --against old.yaml --from 2026-03-01 --to 2026-04-01 --json",
)
@click.argument("file", type=Path)
@click.option("--from", "since", required=True, help="As 2026-03-01 or 2026-03-01T08:00.")
@click.option("--to", "until", required=True, help="Until this time.")
@click.option("--against", type=Path, help="Compare with these.  [default: those in use]")
@click.option(
    "--county", "counties", multiple=True, help="Code, prefix of codes or name; may be repeated."
)
@click.option("--examples", default=20, show_default=True, help="Alerts to show.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def try_(
    file: Path,
    since: str,
    until: str,
    against: Path | None,
    counties: Sequence[str],
    examples: int,
    as_json: bool,
) -> None:
    """Say what the rules in FILE would have raised, before they are put into use.

    Replays the counts that the store keeps, hour by hour, from twelve weeks before --from on.
    Rules of counts, surprising counts and silent sources are tried; those of single reports and
    incidents need what is not kept.
    """
    settings = load()
    start, end = hour_of("--from", since, settings), hour_of("--to", until, settings)
    if start is None or end is None or start >= end:
        raise UserError(f"--from {since} is not before --to {until}")
    sets = [Rules.load(against or settings.rules), Rules.load(file)]
    chosen = Chosen(codes_of(counties), start - WARM_UP, end)
    with for_reading(settings) as store:
        kept = counts(store, ("county", "category", "channel", "hour"), settings.zone, chosen)
    rows = [
        CountRow(
            *(row["county"], row["category"], row["channel"]),
            *(int(row["hour"].timestamp()) // 3_600, 0, int(row["count"])),
        )
        for row in kept
    ]
    before, after = (
        {one.id: one for one in replay(each, rows, start, end, settings.zone)} for each in sets
    )
    names = sorted(replayable(sets[0]) | replayable(sets[1]))
    told = {
        name: {
            "before": sum(one.rule == name for one in before.values()),
            "after": sum(one.rule == name for one in after.values()),
            "told_before": sum(one.rule == name and one.notify for one in before.values()),
            "told_after": sum(one.rule == name and one.notify for one in after.values()),
        }
        for name in names
    }
    changes = [
        ("gone" if one.id in before else "new", one)
        for one in sorted(
            (before | after).values(), key=lambda one: (one.raised_at, one.rule, one.id)
        )
        if (one.id in before) != (one.id in after)
    ]
    if as_json:
        differing = [
            {
                "change": change,
                **{name: getattr(one, name) for name in ("id", "rule", "county_code", "category")},
                **{name: getattr(one, name) for name in ("raised_at", "title", "notify")},
            }
            for change, one in changes
        ]
        output.as_json({"reports": sum(row.n for row in rows), "rules": told, "alerts": differing})
        return
    output.table(
        ("rule", "before", "after", "told before", "told after"),
        [(name, *numbers.values()) for name, numbers in told.items()],
        empty="No rules of counts, surprising counts or silent sources.",
    )
    click.echo()
    output.table(
        ("change", "rule", "raised", "title"),
        [
            (
                change,
                one.rule,
                f"{one.raised_at.astimezone(settings.zone):%Y-%m-%d %H:%M}",
                one.title,
            )
            for change, one in changes[:examples]
        ],
        empty="No alert is new or gone.",
    )


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
