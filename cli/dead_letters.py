"""`huishang dead-letters`: what was refused and why, and publishing it once more."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

import click

from cli import output
from cli.replaying import Letter, Outcome, replay
from cli.times import UnreadableTime, read
from sinks.store import for_reading
from streams.clock import clock_of
from streams.errors import Reason, UserError
from streams.events import EVENTS
from streams.settings import Settings, load
from streams.topics import full_name

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Query(NamedTuple):
    """One SELECT with its bound parameters."""

    sql: str
    parameters: dict[str, Any]


class Filters(NamedTuple):
    """Which dead letters; what is None does not matter. limit: newest first."""

    reason: str | None = None
    county: str | None = None
    source: str | None = None
    topic: str | None = None
    since: datetime | None = None
    limit: int | None = None


def query(filters: Filters, prefix: str) -> Query:
    """The SELECT for these filters, newest first.

    prefix: of the topics; --topic is taken with or without it.
    """
    asked: dict[str, tuple[str, Any]] = {
        "reason = {reason:String}": ("reason", filters.reason),
        "county = {county:String}": ("county", filters.county),
        "source = {source:String}": ("source", filters.source),
        "topic IN ({topic:String}, concat({prefix:String}, {topic:String}))": (
            "topic",
            filters.topic,
        ),
        "at >= fromUnixTimestamp64Milli({since_ms:Int64})": (
            "since_ms",
            round(filters.since.timestamp() * 1000) if filters.since else None,
        ),
    }
    kept = {part: bound for part, bound in asked.items() if bound[1] is not None}
    where = f" WHERE {' AND '.join(kept)}" if kept else ""
    limit = f" LIMIT {int(filters.limit)}" if filters.limit is not None else ""
    parameters = dict(kept.values())
    if filters.topic is not None:
        parameters["prefix"] = prefix
    columns = ", ".join(f"`{name}`" for name in Letter._fields)
    order = "ORDER BY at DESC, topic, `partition`, `offset` DESC"
    # Columns are ours and values are bound: nothing a user typed becomes SQL.
    sql = f"SELECT {columns} FROM dead_letters FINAL{where} {order}{limit}"  # noqa: S608
    return Query(sql, parameters)


def found(settings: Settings, filters: Filters) -> list[Letter]:
    """The dead letters in the store. Raises SinkBusy when it is away."""
    with for_reading(settings) as store:
        return [Letter(**row) for row in store.query(*query(filters, settings.topic_prefix))]


def since_of(text: str, now: datetime, zone: tzinfo) -> datetime:
    """A time, or how long ago.

    >>> from datetime import UTC
    >>> since_of("90m", datetime(2026, 3, 1, 12, tzinfo=UTC), UTC).isoformat()
    '2026-03-01T10:30:00+00:00'
    """
    if ago := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return read(text, zone)
    except UnreadableTime as error:
        raise UserError(f"--since {text!r}: expected 30m, 12h, 7d, or {error}") from None


def _filters(limit: int | None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that list and replay share."""
    options = [
        click.option("--reason", type=click.Choice([reason.value for reason in Reason])),
        click.option("--county", metavar="CODE", help="Six digits, such as 620702."),
        click.option("--source", metavar="NAME", help="The event's CloudEvents source."),
        click.option("--topic", metavar="NAME", help=f"One of {', '.join(EVENTS)}."),
        click.option("--since", metavar="TIME", help="Answered since: 30m, 12h, 7d, or a time."),
        click.option(
            "--limit",
            type=click.IntRange(1),
            default=limit,
            show_default=limit is not None,
            help="At most so many, newest first.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _read_filters(settings: Settings, options: dict[str, Any]) -> Filters:
    since = options.pop("since")
    topic = options["topic"]
    if topic and topic not in EVENTS and topic not in _full_names(settings):
        raise UserError(f"--topic {topic!r} is none of {', '.join(EVENTS)}")
    now = clock_of(settings).now()
    return Filters(**options, since=since_of(since, now, settings.zone) if since else None)


def _full_names(settings: Settings) -> set[str]:
    return {full_name(settings, stream) for stream in EVENTS}


@click.group()
def dead_letters() -> None:
    """What was refused and why; and publishing it once more.

    \b
    Examples:
      huishang dead-letters list --since 24h
      huishang dead-letters list --reason unknown_county --json
      huishang dead-letters replay --reason unknown_county --dry-run
      huishang dead-letters replay --county 620702 --since '2026-03-01 08:00'
    """


@dead_letters.command("list")
@_filters(limit=100)
def list_command(as_json: bool, **options: Any) -> None:
    """List dead letters, newest first.

    A dead letter says what was wrong and where the original is. It never holds
    the original; the preview is redacted.
    """
    settings = load()
    filters = _read_filters(settings, options)
    limit = filters.limit or 100
    letters = found(settings, filters._replace(limit=limit + 1))
    output.first(
        limit,
        letters,
        ("at", "original", "reason", "path", "expected", "county", "source", "preview"),
        lambda letter: _row(letter, settings.zone),
        as_json=as_json,
        empty="No dead letters.",
    )


def _row(letter: Letter, zone: tzinfo) -> tuple[object, ...]:
    return (
        letter.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        letter.place,
        letter.reason,
        letter.path,
        letter.expected,
        letter.county,
        letter.source,
        letter.preview,
    )


@dead_letters.command("replay")
@_filters(limit=None)
@click.option("--dry-run", is_flag=True, help="Only look which originals are still there.")
def replay_command(as_json: bool, dry_run: bool, **options: Any) -> None:
    """Fetch the originals from Kafka and publish them again to their topics.

    For when the cause is mended: a county added, a contract widened. An event
    that is accepted now is counted; one that is refused again gets a new dead
    letter; replaying twice counts nothing twice. Exits with 1 if an original is
    gone (kept too short, or the topic made anew).
    """
    settings = load()
    letters = found(settings, _read_filters(settings, options))
    outcomes = asyncio.run(replay(settings, letters, dry_run=dry_run)) if letters else []
    totals = Counter(outcome for _, outcome in outcomes)
    if as_json:
        output.as_json(
            {outcome.name.lower(): totals[outcome] for outcome in Outcome}
            | {
                "letters": [
                    {"original": one.place, "outcome": done.name.lower()} for one, done in outcomes
                ]
            }
        )
    else:
        output.table(
            ("original", "reason", "outcome"),
            [(letter.place, letter.reason, outcome.value) for letter, outcome in outcomes],
            empty="No dead letters.",
        )
        for outcome, number in totals.items():
            click.echo(f"{number} {outcome.value}")
    if totals.total() > totals[Outcome.REPLAYED] + totals[Outcome.FOUND]:
        click.get_current_context().exit(1)
