"""`huishang channels`: whether channels.yaml can be used, and whether a message gets through."""

import asyncio
from pathlib import Path
from typing import Any, Final

import click
import xxhash

from cli import output
from sinks.channels.answers import Outcome
from sinks.channels.config import Channel, Channels, load
from sinks.channels.desk import Notice
from sinks.channels.services import service_of, shown
from streams import settings as settings_
from streams.clock import SystemClock
from streams.errors import UserError
from streams.settings import Settings

_THEN: Final = {
    Outcome.LATER: "it is away or busy, or cannot be reached from here; try again",
    Outcome.MISPLACED: "its address, key, signature or permission is not right",
    Outcome.REFUSED: "it does not want the message",
}


@click.group()
def channels() -> None:
    """Whom alerts and reports are told to: chat groups, mail, webhooks.

    docs/channels.md shows how each is set up.
    """


@channels.command(
    epilog="\b\nExamples:\n  huishang channels check\n  huishang channels check channels.yaml --json"
)
@click.argument("file", type=Path, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path | None, as_json: bool) -> None:
    """Read FILE (default: HUISHANG_CHANNELS) as the sink would, and show who gets what.

    Nothing is sent. Secrets are put in, so that a missing one is found, and not shown.
    The first mistake is said with its place, and the exit code is 2.
    """
    settings = settings_.load()
    path, read = _read(file, settings)
    rows = [
        _row(channel, service_of(channel, read.page, settings.zone).kind)
        for channel in read.channels
    ]
    if as_json:
        output.as_json({"file": path, "page": read.page, "channels": rows})
        return
    output.table(
        (
            "channel",
            "service",
            "address",
            "from",
            "counties",
            "kinds",
            "escalated",
            "limit",
            "quiet",
        ),
        [
            (
                *(row["name"], row["service"], row["address"], row["level"]),
                *(", ".join(row["counties"]) or "all", ", ".join(row["kinds"]), row["escalated"]),
                f"{row['limit']['messages']} in {row['limit']['minutes']} min",
                "{start}–{end} below {spare}".format(**row["quiet"]) if row["quiet"] else "",
            )
            for row in rows
        ],
    )
    click.echo(f"\n{path}: no mistake")


@channels.command(
    epilog="\b\nExamples:\n  huishang channels test duty-wecom\n"
    "  huishang channels test duty-wecom --file channels.yaml"
)
@click.argument("name")
@click.option("--file", type=Path, help="The channels file.  [default: HUISHANG_CHANNELS]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def test(context: click.Context, name: str, file: Path | None, as_json: bool) -> None:
    """Send a test message to the channel NAME, once; it says that it is none.

    Exits with 1 when the service does not take it, and says what it said.
    """
    settings = settings_.load()
    path, read = _read(file, settings)
    channel = next((one for one in read.channels if one.name == name), None)
    if channel is None:
        known = ", ".join(one.name for one in read.channels) or "none"
        raise UserError(f"{path} has no channel {name!r}; it has {known}")
    service = service_of(channel, read.page, settings.zone)
    now = SystemClock().now()
    notice = Notice(xxhash.xxh3_64_hexdigest(f"test {name} {now.isoformat()}".encode()))
    answer = asyncio.run(service.tell(notice, now))
    if as_json:
        output.as_json({"channel": name, "outcome": answer.outcome, "said": answer.said})
    elif answer.outcome is Outcome.ACCEPTED:
        click.echo(f"{name}: taken by {service.kind}; see whether it arrived")
    else:
        click.echo(f"{name}: not taken ({answer.said}): {_THEN[answer.outcome]}")
    if answer.outcome is not Outcome.ACCEPTED:
        context.exit(1)


def _read(file: Path | None, settings: Settings) -> tuple[Path, Channels]:
    path = file or settings.channels
    if path is None:
        raise UserError("no channels file is set; name one, or set HUISHANG_CHANNELS to it")
    return path, load(path)


def _row(channel: Channel, kind: str) -> dict[str, Any]:
    quiet = channel.quiet
    return {
        "name": channel.name,
        "service": kind,
        "address": shown(channel.url),
        "server": channel.server,
        "level": channel.level,
        "counties": channel.counties,
        "categories": channel.categories,
        "kinds": channel.kinds,
        "escalated": channel.escalated,
        "limit": {"messages": channel.limit.messages, "minutes": channel.limit.minutes},
        "quiet": quiet and {"start": quiet.start, "end": quiet.end, "spare": quiet.spare},
        "excerpt": channel.excerpt,
    }
