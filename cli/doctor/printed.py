"""How findings are shown: lines for people, an object for programs."""

from collections.abc import Sequence
from typing import Any, Final

import click

from cli.doctor.findings import Group, Verdict, counted, folded, verdict_of

_COLOURS: Final = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.PROBLEM: "red",
    Verdict.UNASKED: "bright_black",
}
_WIDTH: Final = max(len(one.value) for one in Verdict)


def show(group: Group) -> None:
    """One line for each finding, and one for what to do about it."""
    click.echo(click.style(group.about, bold=True))
    shown = folded(group.findings)
    wide = max((len(one.check) for one in shown), default=0)
    for one in shown:
        verdict = click.style(f"{one.verdict.value:{_WIDTH}}", fg=_COLOURS[one.verdict])
        click.echo(f"  {verdict}  {one.check:{wide}}  {one.said}")
        if one.todo:
            click.echo(f"  {'':{_WIDTH}}  {'':{wide}}  → {one.todo}")
    click.echo()


def summed(groups: Sequence[Group]) -> str:
    """How many checks came out how.

    >>> from cli.doctor.findings import ok, problem
    >>> summed([Group("kafka", "Kafka", [ok("reached", ""), problem("topics", "")])])
    '1 ok, 1 problem.'
    """
    number = counted(groups)
    plural = {Verdict.WARNING: "warnings", Verdict.PROBLEM: "problems"}
    said = [
        f"{number[one]} {plural.get(one, one.value) if number[one] > 1 else one.value}"
        for one in Verdict
        if number[one]
    ]
    return ", ".join(said) + "."


def document(groups: Sequence[Group]) -> dict[str, Any]:
    """The same for programs."""
    number = counted(groups)
    return {
        "verdict": verdict_of(groups).value,
        "counts": {one.value: number[one] for one in Verdict},
        "findings": [
            {"group": group.name, **one._asdict()} for group in groups for one in group.findings
        ],
    }
