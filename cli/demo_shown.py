"""What the demo shows: bars while it runs, then a table or a JSON object."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli import demo_check, output
from cli.demo_check import Found
from cli.demo_day import Day
from cli.embedded import Embedded
from streams.counties import COUNTIES, CountyCode
from streams.errors import Reason
from streams.settings import PREFIX

_DIFFERENCES_SHOWN: Final = 20
# Headers that leave the table narrow enough for a terminal of 80 columns.
_REASONS: Final = {
    Reason.MALFORMED.value: "mal-\nformed",
    Reason.IDENTITY_FIELD.value: "identity\nfield",
    Reason.UNKNOWN_COUNTY.value: "unknown\ncounty",
    Reason.TIME_OUT_OF_RANGE.value: "time out\nof range",
}


class Outcome(NamedTuple):
    """What the demo found. differences: empty when every number is what it must be."""

    day: Day
    found: Found
    differences: list[str]
    published: int
    events_per_s: float
    elapsed_s: float


Show = Callable[[str, int, int | None], None]


@contextmanager
def progress(as_json: bool) -> Iterator[Show]:
    """A bar per step on a terminal; else a line per step, or nothing beside JSON."""
    console = Console(stderr=True)
    tasks: dict[str, Any] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def show(step: str, done: int, total: int | None) -> None:
            if step not in tasks:
                for name, task in tasks.items():
                    if bars.tasks[task].total is None and name != step:
                        bars.update(task, total=1, completed=1)
                if not step:
                    bars.stop()
                    return
                tasks[step] = bars.add_task(step, total=total)
                if not console.is_terminal and not as_json:
                    click.echo(step, err=True)
            bars.update(tasks[step], completed=done)

        yield show


def print_json(outcome: Outcome) -> None:
    lines = demo_check.by_county(outcome.day.truth, outcome.found)
    by_rule: dict[str, int] = {}
    for (rule, _, _), n in sorted(outcome.found.alerts.items()):
        by_rule[rule] = by_rule.get(rule, 0) + n
    by_reason: dict[str, int] = {}
    for (_, reason), n in outcome.found.dead_letters.items():
        by_reason[reason] = by_reason.get(reason, 0) + n
    output.as_json(
        {
            "published": outcome.published,
            "counted": outcome.found.counted.total(),
            "duplicates": outcome.found.duplicates.total(),
            "dead_letters": outcome.found.dead_letters.total(),
            "alerts": outcome.found.alerts.total(),
            "exact": not outcome.differences,
            "events_per_s": outcome.events_per_s,
            "elapsed_s": outcome.elapsed_s,
            "dead_letters_by_reason": by_reason,
            "alerts_by_rule": by_rule,
            "counties": {line.county: line._asdict() for line in lines},
            "differences": outcome.differences,
        }
    )


def print_table(outcome: Outcome) -> None:
    lines = demo_check.by_county(outcome.day.truth, outcome.found)
    rows = [
        (
            line.published,
            line.counted,
            line.duplicates,
            *(line.dead_letters.get(reason, 0) for reason in _REASONS),
            sum(line.alerts.values()),
        )
        for line in lines
    ]
    drawn = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    drawn.add_column("county", no_wrap=True, vertical="bottom")
    for column in ("pub-\nlished", "\ncounted", "dupli-\ncates", *_REASONS.values(), "\nalerts"):
        drawn.add_column(column, justify="right", no_wrap=True)
    for line, row in zip(lines, rows, strict=True):
        drawn.add_row(_name(line.county), *map(str, row))
    drawn.add_row("all six", *(str(sum(column)) for column in zip(*rows, strict=True)))
    click.echo("Dead letters by reason stand right of the duplicates.\n")
    Console(width=None if sys.stdout.isatty() else 100).print(drawn)
    click.echo()
    for line in lines:
        if line.alerts:
            click.echo(f"Alert in {_name(line.county)}: {', '.join(line.alerts)}")
    click.echo(
        f"{outcome.published:,} events in {outcome.elapsed_s:.1f} s, "
        f"{outcome.events_per_s:,.0f} a second from the first one sent to the last one counted."
    )
    if not outcome.differences:
        click.secho("Every number equals the truth.", fg="green", bold=True)
        return
    click.secho("Not every number equals the truth:", fg="red", bold=True)
    for difference in outcome.differences[:_DIFFERENCES_SHOWN]:
        click.echo(f"  {difference}")
    if len(outcome.differences) > _DIFFERENCES_SHOWN:
        click.echo(f"  and {len(outcome.differences) - _DIFFERENCES_SHOWN} more")


def _name(county: str) -> str:
    return COUNTIES[CountyCode(county)].name


def hints(up: Embedded) -> str:
    address = up.settings.clickhouse.removesuffix("default")
    per_county = "SELECT county, sum(n) FROM counts FINAL GROUP BY county"
    return (
        f"\nDuty board: {up.board}\n"
        f"On a wall:  {up.board}?size=wall\n"
        "Everything is left running; Ctrl-C stops it. In another terminal:\n"
        f"  {PREFIX}DATA={up.settings.data} huishang counts --by county,category\n"
        f"  {PREFIX}DATA={up.settings.data} huishang dead-letters list\n"
        f"  curl {address} --data-binary '{per_county}'"
    )
