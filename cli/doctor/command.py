"""`huishang doctor`: looks at everything Huishang stands on, and says what to do."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import click

from cli import output
from cli.doctor import printed
from cli.doctor.findings import Finding, Group, completed, exit_code, problem
from cli.doctor.machine import machine, unusable
from streams.errors import HuishangError
from streams.grants import GRANTS
from streams.settings import Settings, load


class Look(NamedTuple):
    """One thing to look at. checks: the names of those that findings are expected of."""

    name: str
    about: str
    findings: AsyncIterator[Finding]
    checks: Sequence[str] = ()


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
    show = (lambda _: None) if as_json else printed.show
    try:
        settings = load()
    except HuishangError as error:
        groups = [Group("machine", "This machine", unusable(error))]
        show(groups[0])
    else:
        groups = asyncio.run(_looked(settings, stage, within_s, show))
    if as_json:
        output.as_json(printed.document(groups))
    else:
        click.echo(printed.summed(groups))
    context.exit(exit_code(groups, strict=strict))


async def _looked(
    settings: Settings, stage: str | None, within_s: float, show: Callable[[Group], None]
) -> list[Group]:
    """All groups; each is shown when it and those before it are there."""
    from cli.doctor import kafka, stages, store  # noqa: PLC0415 - after --help

    here = Group("machine", "This machine", machine(settings, stage, os.environ))
    show(here)
    about = f"Kafka at {settings.kafka}"
    looks = [Look("kafka", about, kafka.kafka(settings, stage), kafka.checks(settings, stage))]
    if stage in (None, "sink"):
        about = f"ClickHouse at {store.about(settings)}"
        found = _beside(lambda: store.store(settings, stage))
        looks.append(Look("clickhouse", about, found, store.checks(settings)))
    looks.append(Look("stages", "Stages on this machine", stages.stages(settings, stage)))
    groups = [here]
    for task in [asyncio.create_task(_taken(look, within_s)) for look in looks]:
        groups.append(await task)
        show(groups[-1])
    return groups


async def _taken(look: Look, within_s: float) -> Group:
    """Findings that came in time, and a word for each check that did not come to be."""
    found: list[Finding] = []

    async def collect() -> None:
        async for one in look.findings:
            found.append(one)  # noqa: PERF401 - those before the deadline are kept

    why = f"{look.about} was not reached"
    try:
        await asyncio.wait_for(collect(), within_s)
    except TimeoutError:
        left = [one.check for one in completed(found, look.checks, "")[len(found) :]]
        late = left[0] if left else look.name
        said = f"no answer within {within_s:g} s"
        found.append(problem(late, said, "is it overloaded, or away?"))
        if late != "reached":
            why = "the time was over before"
    return Group(look.name, look.about, completed(found, look.checks, why))


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
