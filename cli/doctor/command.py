"""`huishang doctor`: looks at everything Huishang stands on, and says what to do."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import click

from cli import output
from cli.doctor.findings import (
    Finding,
    Group,
    Verdict,
    completed,
    counted,
    exit_code,
    folded,
    problem,
    verdict_of,
)
from cli.doctor.machine import machine, unusable
from streams.errors import HuishangError
from streams.grants import GRANTS
from streams.settings import Settings, load

_COLOURS: Final = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.PROBLEM: "red",
    Verdict.UNASKED: "bright_black",
}
_WIDTH: Final = max(len(one.value) for one in Verdict)


@click.command()
@click.option(
    "--stage",
    type=click.Choice(list(GRANTS)),
    help="Only what this stage needs, and whether its user may do what it does.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option(
    "--within",
    "within_s",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Seconds; what has not answered by then is a finding.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(
    context: click.Context, stage: str | None, strict: bool, within_s: float, as_json: bool
) -> None:
    """Check settings, Kafka, ClickHouse and the stages, and say what to do.

    Nothing is changed, and no secret is shown. Exits with 1 if there is a problem;
    what is away is a problem as well, and what stands on it is said not to be asked.

    \b
    Examples:
      huishang doctor
      huishang doctor --stage intake     # with the settings, and the user, of intake
      huishang doctor --json | jq '.findings[] | select(.verdict == "problem")'
    """
    show = (lambda _: None) if as_json else _show
    try:
        settings = load()
    except HuishangError as error:
        groups = [Group("machine", "This machine", unusable(error))]
        show(groups[0])
    else:
        groups = asyncio.run(_looked(settings, stage, within_s, show))
    if as_json:
        output.as_json(_document(groups))
    else:
        _sum_up(groups)
    context.exit(exit_code(groups, strict=strict))


async def _looked(
    settings: Settings, stage: str | None, within_s: float, show: Callable[[Group], None]
) -> list[Group]:
    """All groups; each is shown when it and those before it are there."""
    from cli.doctor import kafka, stages, store  # noqa: PLC0415 - after --help

    here = Group("machine", "This machine", machine(settings, stage, os.environ))
    show(here)
    work = [
        _group("kafka", f"Kafka at {settings.kafka}", kafka.kafka(settings, stage), within_s,
               kafka.checks(settings, stage)),
        _group("stages", "Stages on this machine", stages.stages(settings, stage), within_s, ()),
    ]  # fmt: skip
    if stage in (None, "sink"):
        work.insert(1, _group("clickhouse", f"ClickHouse at {store.about(settings)}",
                              _beside(lambda: store.store(settings, stage)), within_s,
                              store.CHECKS))  # fmt: skip
    groups = [here]
    for task in [asyncio.create_task(one) for one in work]:
        groups.append(await task)
        show(groups[-1])
    return groups


async def _group(
    name: str,
    about: str,
    findings: AsyncIterator[Finding],
    within_s: float,
    checks: Sequence[str],
) -> Group:
    """Findings that came in time, and a word for each check that did not come to be."""
    found: list[Finding] = []

    async def collect() -> None:
        async for one in findings:
            found.append(one)  # noqa: PERF401 - those before the deadline are kept

    why = f"{about} was not reached"
    try:
        await asyncio.wait_for(collect(), within_s)
    except TimeoutError:
        late = completed(found, checks, "")[len(found)].check if checks else name
        found.append(
            problem(late, f"no answer within {within_s:g} s", "is it overloaded, or away?")
        )
        if late != "reached":
            why = "the time was over before"
    return Group(name, about, completed(found, checks, why))


async def _beside(blocking: Callable[[], Iterator[Finding]]) -> AsyncIterator[Finding]:
    """Findings of a thread. At the deadline it is left behind, and does not keep the process."""
    loop = asyncio.get_running_loop()
    found: asyncio.Queue[Finding | BaseException | None] = asyncio.Queue()

    def put(one: Finding | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(found.put_nowait, one)

    def work() -> None:
        try:
            for one in blocking():
                put(one)
            put(None)
        except BaseException as error:
            put(error)

    threading.Thread(target=work, name="doctor-store", daemon=True).start()
    while (one := await found.get()) is not None:
        if isinstance(one, BaseException):
            raise one
        yield one


def _show(group: Group) -> None:
    click.echo(click.style(group.about, bold=True))
    shown = folded(group.findings)
    wide = max((len(one.check) for one in shown), default=0)
    for one in shown:
        verdict = click.style(f"{one.verdict.value:{_WIDTH}}", fg=_COLOURS[one.verdict])
        click.echo(f"  {verdict}  {one.check:{wide}}  {one.said}")
        if one.todo:
            click.echo(f"  {'':{_WIDTH}}  {'':{wide}}  → {one.todo}")
    click.echo()


def _sum_up(groups: Sequence[Group]) -> None:
    number = counted(groups)
    said = [
        f"{number[one]} {word}{'s' if number[one] > 1 and word != 'not asked' else ''}"
        for one, word in (
            (Verdict.PROBLEM, "problem"),
            (Verdict.WARNING, "warning"),
            (Verdict.UNASKED, "not asked"),
        )
        if number[one]
    ]
    well = f"{number[Verdict.OK]} checks are well"
    click.echo(", ".join([well, *said]) + ".")


def _document(groups: Sequence[Group]) -> dict[str, Any]:
    return {
        "verdict": verdict_of(groups).value,
        **{one.name.lower(): counted(groups)[one] for one in Verdict},
        "findings": [
            {"group": group.name, **one._asdict()} for group in groups for one in group.findings
        ],
    }
