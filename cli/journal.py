"""`huishang journal`: what an operator does about tally's journal."""

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from cli import output
from cli.broker import broker
from cli.savepoints import Told, backup, repartition, restore
from streams import journal as journals
from streams.errors import UserError
from streams.journal import Claim
from streams.settings import Settings, load
from streams.topics import assert_partitions

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def journal() -> None:
    """Tally's journal: the record of what was counted, from which it recovers."""


@journal.command(
    "new-log",
    epilog="\b\nExample:\n  huishang journal new-log\n\nStop every tally worker first.",
)
def new_log() -> None:
    """Go on after the `reports` topic was lost or made anew.

    Identities and counts are kept; offsets of `reports` start again at zero.
    What was in the lost topic and not yet counted is lost with it: publish it
    again, repeats are dropped.
    """
    settings = load()
    if settings.journal == "file":
        raise UserError(
            "the journal of the embedded mode needs no new log: every `huishang run` starts one"
        )
    asyncio.run(_start_new_log(settings))
    click.echo(f"{settings.partitions} partitions start a new log; start the tally workers")


async def _start_new_log(settings: Settings) -> None:
    async with broker(settings) as at:
        await assert_partitions(settings, at.admin)
        await at.assert_stopped("tally")
        owner = f"new-log-{uuid.uuid4().hex}"
        claim = journals.encode(Claim(owner, new_log=True, partitions=settings.partitions))
        for partition in range(settings.partitions):
            await at.send(at.journal_name, partition, b"claim-" + owner.encode(), claim)


@journal.command(
    "backup",
    epilog="\b\nExample:\n  huishang journal backup --out /backup/2026-11-23.savepoint",
)
@click.option(
    "--out",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="New file.",
)
@_AS_JSON
def backup_command(path: Path, as_json: bool) -> None:
    """Save tally's state in a file, while the stages run or not.

    The file is a savepoint: identities, counts, cases, incidents, alerts and baselines of
    every partition, and how far each had read `reports`. It holds excerpts of reports, as
    the journal does; only its owner may read it.
    """
    told = asyncio.run(backup(load(), path, datetime.now(UTC)))
    _tell(told, as_json, f"{path}: {told.partitions} partitions, {told.identities} identities")


@journal.command(
    "restore",
    epilog="\b\nExample:\n  huishang topics apply\n"
    "  huishang journal restore /backup/2026-11-23.savepoint\n\n"
    "Stop intake and tally first. Interrupted, run it again: until then tally does not start.",
)
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@_AS_JSON
def restore_command(path: Path, as_json: bool) -> None:
    """Go on from a savepoint, on this broker or another one.

    The journal must be empty. Where `reports` still has its records, tally reads on from where
    the savepoint stood; where it is empty, its offsets start again at zero.
    """
    told = asyncio.run(restore(load(), path))
    log = "a new log" if told.new_log else "the log goes on"
    _tell(told, as_json, f"{told.partitions} partitions restored, {log}; start the stages")


@journal.command(
    "repartition",
    epilog="\b\nExample:\n  huishang journal repartition 48 --savepoint /backup/before.savepoint\n\n"
    "Stop intake, then tally once nothing lags. Interrupted, run it again: until then no\n"
    "stage starts.",
)
@click.argument("partitions", type=click.IntRange(1, 1024))
@click.option(
    "--from",
    "before",
    type=click.IntRange(1, 1024),
    help="Partitions that the journal is written for, if others made `reports` grow already.",
)
@click.option(
    "--savepoint",
    "keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="New file for the state as it was; kept.",
)
@_AS_JSON
def repartition_command(
    partitions: int, before: int | None, keep: Path | None, as_json: bool
) -> None:
    """Grow `reports`, `counts` and the journal to more partitions, with counts unchanged.

    Every county's state moves to the partition where its reports will be. Kafka takes no
    partitions away: for fewer, save, make the topics anew, and restore.
    """
    told = asyncio.run(
        repartition(load(), partitions, now=datetime.now(UTC), before=before, keep=keep)
    )
    if told is None:
        already = Told(partitions, partitions, 0)
        _tell(already, as_json, f"{partitions} partitions already; nothing to do")
        return
    _tell(
        told,
        as_json,
        f"{told.partitions} partitions, {told.partitions_before} before; set HUISHANG_PARTITIONS="
        f"{told.partitions} for every stage and start them",
    )


def _tell(told: Told, as_json: bool, sentence: str) -> None:
    if as_json:
        output.as_json(told)
    else:
        click.echo(sentence)
