"""`huishang journal`: what an operator does about tally's journal."""

import asyncio
import uuid
from typing import Final

import click
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams import journal as journals
from streams.errors import Fatal, UserError
from streams.journal import Claim
from streams.kafka import explained, reaching
from streams.settings import Settings, load
from streams.topics import JOURNAL, assert_partitions, full_name

_STATE: Final = 2  # field of a described group
_IDLE: Final = ("Empty", "Dead")


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
    try:
        await _assert_nobody_counts(settings)
        producer = AIOKafkaProducer(**reaching(settings), acks="all")
        await producer.start()
        try:
            owner = f"new-log-{uuid.uuid4().hex}"
            for partition in range(settings.partitions):
                await producer.send_and_wait(
                    full_name(settings, JOURNAL),
                    journals.encode(Claim(owner, new_log=True)),
                    key=b"claim-" + owner.encode(),
                    partition=partition,
                )
        finally:
            await producer.stop()
    except KafkaError as error:
        raise await explained(settings, error) from None


async def _assert_nobody_counts(settings: Settings) -> None:
    """A tally worker that runs on would write behind the new claim, in vain."""
    admin = AIOKafkaAdminClient(**reaching(settings))
    await admin.start()
    try:
        await assert_partitions(settings, admin)
        group = full_name(settings, "huishang-tally")
        state = (await admin.describe_consumer_groups([group]))[0].groups[0][_STATE]
    finally:
        await admin.close()
    if state not in _IDLE:
        raise Fatal(
            f"consumer group {group} is {state}: tally still runs; stop every tally worker first"
        )
