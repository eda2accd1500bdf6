"""`huishang demo`: a generated day through the whole pipeline, and whether every number is true."""

import asyncio
import shutil
import time
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click
import yaml

from cli import demo_check
from cli.children import ChildEnded
from cli.demo_check import Found
from cli.demo_day import CITY, MAXIMUM_EVENTS, MINIMUM_EVENTS, Day, generate
from cli.demo_shown import Outcome, Show, hints, print_json, print_table, progress
from cli.demo_truth import last_window_end
from cli.embedded import Embedded, embedded
from cli.lock import locked
from cli.producing import produce
from cli.signals import until_asked
from sinks.store import Store
from streams.clock import SystemClock
from streams.errors import Fatal, UserError
from streams.settings import PREFIX, Settings, load

BEFORE_END: Final = timedelta(minutes=1)  # the clock while publishing: 15:59
AFTER_END: Final = timedelta(hours=2, minutes=5)  # 18:05: report, cut-off and consult are due
_POLL_S: Final = 0.2
_COUNTED_WITHIN_S: Final = 300.0
_RAISED_WITHIN_S: Final = 60.0
_SETTLED_S: Final = 1.5  # longer than the sink waits: what should not come would be there

# The truth holds for these; nobody's environment changes them.
_JUDGED_BY: Final[dict[str, Any]] = {
    "counties": CITY,
    "timezone": "Asia/Shanghai",
    "lexicon": None,
    "model": None,
    "dedupe_days": 7,
    "totals_days": 7,
    "history_years": 10,
    "ahead_minutes": 10,
    "dead_letter_limit_pct": 50,
}

_HELP = """\
Show that it works: a generated day of the six counties of Zhangye, with
known truth, through broker, stages and store on this machine.

The day, and the two weeks before it, have grid reports, hotline calls, opinion
items and case updates, some repeated, some late by hours or years, some bad,
and one burst. At its end a table says per county what was published, counted,
dropped as duplicate and answered with a dead letter, which alerts came, and
whether every number is what it must be. Then everything stays up until Ctrl-C,
with the duty board open for use at the address it prints.

The demo has its own folder, emptied first: demo in HUISHANG_DATA.

\b
Examples:
  huishang demo
  huishang demo --once --json
  huishang demo --events 100000 --seed 2

\b
Exit codes: 0 every number is exact; 1 one is not; 2 wrong use;
65 a process ended by itself; 130 interrupted before the numbers were known.
"""


@click.command(help=_HELP)
@click.option(
    "--events",
    type=click.IntRange(MINIMUM_EVENTS, MAXIMUM_EVENTS),
    default=20_000,
    show_default=True,
    help="How many events are published.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another day.")
@click.option("--once", is_flag=True, help="Stop when the numbers are known.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def demo(events: int, seed: int, once: bool, as_json: bool) -> None:
    """Run the demo and exit by whether it was exact."""
    folder = load().data / "demo"
    _check_ours(folder)
    with locked(folder) as lock:
        _empty(folder)
        settings = load(
            data=folder, clock_file=folder / "clock", rules=demo_rules(folder), **_JUDGED_BY
        )
        day = generate(
            last_window_end(SystemClock().now(), settings.zone), events, seed, settings.topic_prefix
        )
        outcome = asyncio.run(_demo(settings, lock, day, once, as_json))
    if outcome is None:
        raise click.Abort
    if outcome.differences:
        click.get_current_context().exit(1)


def demo_rules(folder: Path) -> Path:
    """The rules shipped, without those that compare with days before: the demo's day has none like it."""
    table = yaml.safe_load((files("agents") / "rules.yaml").read_bytes())
    gone = {rule["id"] for rule in table.pop("statistical")} | {table.pop("silent_source")["id"]}
    table["inhibit"] = [one for one in table["inhibit"] if one["source"] not in gone]
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump(table, allow_unicode=True), encoding="utf-8")
    return path


def _check_ours(folder: Path) -> None:
    """Raise UserError if emptying the folder would destroy what no demo wrote."""
    if folder.is_dir() and not (folder / "lock").exists() and any(folder.iterdir()):
        raise UserError(
            f"{folder} holds files that are not a demo's, and would be emptied; "
            f"move them, or set {PREFIX}DATA to another folder"
        )


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()


async def _demo(
    settings: Settings, lock: int, day: Day, once: bool, as_json: bool
) -> Outcome | None:
    """The outcome, or None when interrupted before there was one."""
    outcome: Outcome | None = None

    async def whole() -> None:
        nonlocal outcome
        set_clock(settings, day.window_end - BEFORE_END)
        with progress(as_json) as show:
            show("starting broker, store and stages", 0, None)
            async with embedded(settings, lock, any_port=True) as up:
                outcome = await up.while_up(_through(up, day, show))
                show("", 0, None)
                (print_json if as_json else print_table)(outcome)
                set_clock(settings, None)
                if not once:
                    if not as_json:
                        click.echo(hints(up))
                    await up.while_up(asyncio.Event().wait())

    try:
        await until_asked(whole())
    except ChildEnded as ended:
        if ended.last_lines:
            click.echo(ended.last_lines, err=True)
        raise
    return outcome


async def _through(up: Embedded, day: Day, show: Show) -> Outcome:
    """Publish the day, wait until it is counted, let its cycle come, compare."""
    total = len(day.records)
    with Store.open(up.settings.clickhouse, up.settings) as store:
        started_at_s = time.monotonic()
        publishing = asyncio.create_task(
            produce(up.settings, day.records, on_acked=lambda n: show("published", n, total))
        )
        try:
            await _all_answered(store, day, publishing, show)
        finally:
            publishing.cancel()
            await asyncio.wait({publishing})
        counted_at_s = time.monotonic()
        set_clock(up.settings, day.window_end + AFTER_END)
        show("daily report, cut-off, consult and dispatch lists", 0, None)
        found = await _settled(store, day)
        return Outcome(
            day,
            found,
            demo_check.differences(day.truth, found),
            publishing.result(),
            round(total / (counted_at_s - started_at_s), 1),
            round(time.monotonic() - started_at_s, 1),
        )


async def _all_answered(
    store: Store, day: Day, publishing: "asyncio.Task[int]", show: Show
) -> None:
    """Wait until every event is counted or answered. Raises Fatal when that stands still."""
    total = len(day.records)
    answered, since_s = 0, time.monotonic()
    while answered < total:
        if publishing.done():
            publishing.result()  # raises what went wrong
        before, answered = answered, await asyncio.to_thread(demo_check.answered, store, day.runid)
        show("counted or answered", min(answered, total), total)
        if answered != before:
            since_s = time.monotonic()
        elif time.monotonic() - since_s > _COUNTED_WITHIN_S:
            raise Fatal(
                f"{total - answered} of {total} events were neither counted nor answered, and "
                f"nothing came for {_COUNTED_WITHIN_S:.0f} s; see the logs in the data folder"
            )
        await asyncio.sleep(_POLL_S)
    await publishing


async def _settled(store: Store, day: Day) -> Found:
    """What the store holds once it is as it must be and stays so, or when time is up."""
    deadline = time.monotonic() + _RAISED_WITHIN_S
    exact = False
    while True:
        was_exact = exact
        found = await asyncio.to_thread(demo_check.read, store, day.runid, day.truth.presence_after)
        exact = not demo_check.differences(day.truth, found)
        if (exact and was_exact) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(_SETTLED_S if exact else _POLL_S)


def set_clock(settings: Settings, now: datetime | None) -> None:
    """Move every stage's clock, or give it back to the machine."""
    path = settings.clock_file
    if path is None:
        return
    if now is None:
        path.unlink(missing_ok=True)
        return
    # Renamed into place: half a time would be read as none.
    fresh = path.with_suffix(".new")
    fresh.write_text(now.isoformat(), encoding="ascii")
    fresh.replace(path)
