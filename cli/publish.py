"""`huishang publish`: a CSV or JSON-lines file becomes events, each counted or answered."""

import asyncio
from typing import Any, Final

import click

from cli import answers, output
from cli.asked import Asked, Pairs
from cli.mapping import DEFAULTS
from cli.resuming import Keeper, Progress, new_runid
from cli.screen import Screen
from cli.sending import FileChanged, Sending
from cli.signals import until_asked
from sinks.store import Store
from streams.clock import SystemClock
from streams.errors import HuishangError
from streams.events import EVENTS
from streams.settings import Settings, load, read_run
from streams.topics import full_name

_HELP: Final = """\
Publish the rows of a CSV or JSON-lines file as events of one stream.

A row becomes one CloudEvent, checked against the stream's contract before it is
sent. --map says which column fills which field (fields: `huishang contracts
export`); `id` may be mapped too. Without it, an id is made of the row's content
and its place among equal rows, so publishing a file again, or a file that grew,
changes no count. The file may be UTF-8 or GB18030.

What a row leaves empty comes from --set, or from these defaults:

\b
{defaults}

Times are read as people write them: 2019/2/28 12:32, 2019-02-28,
2019年2月28日 12时32分, ISO 8601 with or without offset, epoch seconds or
milliseconds. A row without a time gets --time or a moment of --spread, else the
moment the run started. What reads in two ways is refused.

An interrupted run goes on where it was when the same command is given again.

\b
Examples:
  huishang publish --stream hotline-calls --csv mailbox.csv \\
      --map text=text,reported_at=time --county 620702 --source mailbox --wait
  huishang publish --stream grid-reports --jsonl reports.jsonl \\
      --map id=number,grid_code=grid,text=content,reported_at=at \\
      --set channel=patrol --source grid-app --follow
  zcat old.csv.gz | huishang publish --stream hotline-calls --csv - \\
      --map text=内容,county_name=区县 --source archive --time 2025-06-30

\b
Exit codes: 0 published, even if some rows were refused (each is said);
1 every row was refused, or --wait ran out of time; 2 wrong use;
69 Kafka or ClickHouse is away; 130 interrupted.
""".replace(
    "{defaults}",
    "\n".join(
        f"  {stream}: {', '.join(f'{name}={value}' for name, value in given.items())}"
        for stream, given in DEFAULTS.items()
        if given
    ),
)


@click.command(help=_HELP)
@click.option("--stream", required=True, help=f"One of {', '.join(EVENTS)}.")
@click.option("--csv", "csv_file", metavar="FILE", help="CSV with a header line; - for stdin.")
@click.option("--jsonl", "jsonl_file", metavar="FILE", help="A JSON object a line; - for stdin.")
@click.option("--map", "columns", type=Pairs(), multiple=True, required=True, help="field=column,…")
@click.option("--set", "given", type=Pairs(), multiple=True, help="Values for what rows leave out.")
@click.option("--county", help="Code or name, for rows that name no county.")
@click.option("--source", required=True, help="The publishing system; with the id, the identity.")
@click.option("--time", "fixed_time", metavar="T", help="The time of rows that have none.")
@click.option(
    "--spread", nargs=2, metavar="FROM TO", help="Rows without a time: evenly from FROM until TO."
)
@click.option("--zone", help="Of times without an offset.  [default: HUISHANG_TIMEZONE]")
@click.option("--encoding", help="Of the file.  [default: UTF-8, else GB18030]")
@click.option("--delimiter", metavar="CHAR", help="Between cells; \\t for a tab.  [default: found]")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Events per second at most.")
@click.option("--follow", is_flag=True, help="Go on with lines as they are appended, until Ctrl-C.")
@click.option("--wait", is_flag=True, help="Until every event is counted or answered.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0),
    default=300.0,
    show_default=True,
    help="Seconds that --wait waits.",
)
@click.option("--restart", is_flag=True, help="From the first row, whatever was done before.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.pass_context
def publish(context: click.Context, /, **options: Any) -> None:
    """Publish a file, and say what became of it."""
    settings = load()
    asked = Asked.of(options, settings)
    with Screen(asked.table.path) as screen:
        progress, ended = _send(asked, settings, screen)
        if not ended and not asked.table.follow:
            screen.note(
                f"interrupted after {progress.point.rows:,} rows; "
                "the same command goes on from there"
            )
            context.exit(130)
        found, missing = _wait(asked, progress, settings, screen) if asked.wait else (None, "")
    if missing:
        click.echo(missing, err=True)
    _say(asked, progress, found)
    if missing or (progress.point.rows and not progress.point.published):
        context.exit(1)


def _send(asked: Asked, settings: Settings, screen: Screen) -> tuple[Progress, bool]:
    """Publish what is left; the progress, and whether the end of the file was reached."""
    keeper = Keeper(settings.data, asked.identity) if asked.table.path else None
    progress = _begin(asked, settings, keeper, screen)
    while True:
        sending = Sending(
            asked.table,
            asked.plan._replace(runid=progress.runid),
            full_name(settings, asked.plan.stream),
            asked.when,
            progress,
            keeper,
            screen,
        )
        try:
            ended = asyncio.run(_until_asked(sending, settings, asked.rate))
        except FileChanged:
            screen.note("the file changed before the place to go on from; publishing all of it")
            progress = _fresh(asked, settings)
        except HuishangError:
            if keeper and sending.progress.point.rows:
                screen.note(
                    f"{sending.progress.point.rows:,} rows are done; "
                    "the same command goes on from there"
                )
            raise
        else:
            return sending.progress, ended


async def _until_asked(sending: Sending, settings: Settings, rate: float | None) -> bool:
    ended = False

    async def work() -> None:
        nonlocal ended
        ended = await sending.run(settings, rate)

    await until_asked(work())
    return ended


def _begin(asked: Asked, settings: Settings, keeper: Keeper | None, screen: Screen) -> Progress:
    """The progress to go on from, or a new one, and why."""
    fresh = _fresh(asked, settings)
    kept = keeper.load() if keeper and not asked.restart else None
    if kept is None or kept.finished or not kept.point.rows:
        return fresh
    if kept.broker != fresh.broker:
        screen.note("the broker is another one than before; publishing all of the file")
        return fresh
    screen.note(f"going on after row {kept.point.rows:,}; --restart would start from the first")
    return kept


def _fresh(asked: Asked, settings: Settings) -> Progress:
    running = read_run(settings.data)
    # The embedded broker forgets its log when it stops: each start is another one.
    log = f" of run {running.pid}" if running else ""
    return Progress(
        runid=new_runid(),
        broker=f"{settings.kafka}{log}, topic {full_name(settings, asked.plan.stream)}",
        started_at=SystemClock().now().astimezone(asked.plan.zone).replace(microsecond=0),
        total_rows=asked.table.how_many() if asked.when.spread else None,
    )


def _wait(
    asked: Asked, progress: Progress, settings: Settings, screen: Screen
) -> tuple[answers.Answers, str]:
    """What became of the run's events, and what is missing when time is up."""
    store: Store | None = None

    def ask() -> answers.Answers:
        nonlocal store
        if store is None:
            store = Store.open(settings.clickhouse, settings)
        return answers.read(store, asked.plan.source, progress.runid)

    running = read_run(settings.data)

    def in_vain() -> str:
        if running is None or read_run(settings.data) == running:
            return ""
        return f"the `huishang run` that had them ended (logs: {settings.data / 'logs'})"

    published = progress.point.published
    screen.answering(published)
    try:
        return answers.wait(
            ask,
            published,
            asked.timeout_s,
            on_answers=lambda found: screen.answered(found.total),
            in_vain=in_vain,
        )
    finally:
        if store is not None:
            store.close()


def _say(asked: Asked, progress: Progress, found: answers.Answers | None) -> None:
    """The summary: one JSON object, or sentences."""
    point = progress.point
    if asked.as_json:
        output.as_json(
            {
                "rows": point.rows,
                "published": point.published,
                "refused": point.refused,
                "counted": found and found.counted,
                "duplicates": found and found.duplicates,
                "dead_letters": found and found.dead_letters,
                "source": asked.plan.source,
                "runid": progress.runid,
                "without_time": point.without_time,
                "cut": point.cut,
            }
        )
        return
    click.echo(
        f"{point.rows:,} rows: {point.published:,} published to {asked.plan.stream} "
        f"as {asked.plan.source}, {point.refused:,} refused (run {progress.runid})"
    )
    if point.without_time:
        click.echo(f"{point.without_time:,} had no time and got {asked.when.words(progress)}")
    if point.cut:
        click.echo(f"{point.cut:,} texts were cut to fit an event")
    if found:
        click.echo(
            f"{found.counted:,} counted, {found.duplicates:,} duplicates, "
            f"{found.dead_letters:,} dead letters"
        )
        if found.total > point.published:
            click.echo(
                f"{found.total - point.published:,} more answers than events: "
                "sent again after an interruption"
            )
