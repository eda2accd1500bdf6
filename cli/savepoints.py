"""Tally's state into a savepoint, out of one, and into another number of partitions.

    await backup(settings, path, now)         # beside running stages
    await restore(settings, path)             # into an empty journal
    await repartition(settings, 48, now=now)  # of a journal in use, stages stopped

A move can be killed anywhere and done again: what it brings counts only when it is
whole (streams/journal.py), and until then no tally starts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from aiokafka import TopicPartition

from agents import change as changes
from agents.moving import Moving, saved
from agents.state import State
from cli.bar import bar
from cli.broker import Broker, broker
from streams.errors import Fatal, UserError
from streams.savepoint import FORMAT, Head, Savepoint, writing
from streams.settings import Settings
from streams.topics import REPORTS, TIED, assert_partitions, full_name


class Told(NamedTuple):
    """What was saved or brought. new_log: offsets of `reports` start again at 0."""

    partitions: int
    partitions_before: int
    identities: int
    new_log: bool = False


async def backup(settings: Settings, path: Path, now: datetime) -> Told:
    """Save every partition as its journal has it, one after the other.

    Each goes on from its own place in `reports`, so they need not be of one moment.
    """
    _assert_on_topic(settings)
    async with broker(settings) as at:
        await assert_partitions(settings, at.admin)
        return await _save(at, settings.partitions, path, now)


async def restore(settings: Settings, path: Path) -> Told:
    """Bring a savepoint's state into the journal, in which nothing was counted yet.

    Where `reports` is empty its offsets start again, and its partitions may be any number.
    """
    _assert_on_topic(settings)
    savepoint = Savepoint(path)
    async with broker(settings) as at:
        await assert_partitions(settings, at.admin)
        await at.assert_stopped("intake", "tally")
        epoch = 0
        async for _, reading in at.readings(settings.partitions):
            if reading.counted_for is not None or reading.other_number:
                raise Fatal(
                    f"{at.journal_name} is not empty: a savepoint is restored instead of a state, not "
                    "beside one. Delete the topic, run `huishang topics apply`, and restore again"
                )
            epoch = max(epoch, reading.position.epoch)
        new_log = not any(await at.ends(REPORTS, settings.partitions))
        if not new_log and savepoint.partitions != settings.partitions:
            raise Fatal(
                f"{path} is of {savepoint.partitions} partitions, and {REPORTS} has "
                f"{settings.partitions} with records in them, which belong to other counties then. "
                f"Restore with HUISHANG_PARTITIONS={savepoint.partitions}, or into topics made anew"
            )
        await _bring(at, savepoint, settings.partitions, epoch, new_log=new_log)
        identities = sum(one.identities for one in savepoint.standings)
        return Told(settings.partitions, savepoint.partitions, identities, new_log)


async def repartition(
    settings: Settings,
    number: int,
    *,
    now: datetime,
    before: int | None = None,
    keep: Path | None = None,
) -> Told | None:
    """Grow `reports` and all that is tied to it to so many partitions, and bring the state along.

    before: partitions that the journal is written for, if not those of `reports`. keep: where to
    put the savepoint. None if they are so many already, and the journal is written for them.
    `reports` grows last: until then there is no number with which a stage starts.
    """
    _assert_on_topic(settings)
    async with broker(settings) as at:
        there = await at.tied()
        old = before or there[REPORTS]
        _assert_growing(there, old, number)
        await at.assert_stopped("intake", "tally")
        if number == there[REPORTS] and await _is_written_for(at, number, before):
            return None
        with TemporaryDirectory(prefix="huishang-") as folder:
            path = keep or Path(folder) / "savepoint"
            told = await _save(at, old, path, now, leaving=True)
            savepoint = Savepoint(path)
            await _assert_all_done(at, savepoint, there[REPORTS])
            await at.grow([topic for topic in TIED if topic != REPORTS], number)
            await _bring(at, savepoint, number)
        await at.assert_stopped("intake", "tally")
        await _assert_all_done(at, savepoint, there[REPORTS])
        await at.grow([REPORTS], number)
        return Told(number, old, told.identities)


def _assert_on_topic(settings: Settings) -> None:
    if settings.journal == "file":
        raise UserError(
            f"the journal of the embedded mode is files: copy the folder {settings.data} while "
            "`huishang run` is stopped; its number of partitions stays"
        )


async def _is_written_for(at: Broker, number: int, before: int | None) -> bool:
    """Whether the journal is. Raises Fatal if it is for another number, or for more than `before` says."""
    async for place, reading in at.readings(number):
        if not before:
            reading.recovered(f"{at.journal_name}[{place}]")
        elif reading.counted_for == number:
            raise Fatal(
                f"something was counted for {number} partitions already: nothing is moved there; "
                "run it without --from to see how the journal stands"
            )
    return not before


def _assert_growing(there: dict[str, int], old: int, number: int) -> None:
    if number < max(old, *there.values()):
        raise UserError(
            f"{', '.join(f'{topic} has {n}' for topic, n in there.items())} partitions: Kafka takes none "
            f"away again. For {number}: save the state with `huishang journal backup`, delete these "
            "topics, make them anew, and `huishang journal restore` (docs/backup.md)"
        )


async def _save(
    at: Broker, partitions: int, path: Path, now: datetime, *, leaving: bool = False
) -> Told:
    journal = at.journal(partitions)
    head = Head(FORMAT, partitions, int(now.timestamp()), version("huishang"))
    identities = 0
    with writing(path, head) as file, bar("saving partitions", partitions) as done:
        for place in range(partitions):
            reading = await journal.look(place, leaving=leaving)
            recovered = reading.recovered(f"{at.journal_name}[{place}]")
            one = saved(place, reading.position, recovered, _empty(at)())
            file.add(*one)
            identities += one.standing.identities
            done(1)
    return Told(partitions, partitions, identities)


async def _bring(
    at: Broker,
    savepoint: Savepoint,
    partitions: int,
    epoch: int = 0,
    *,
    new_log: bool = False,
) -> None:
    """Announce it in every partition, then bring it: so no tally counts in one and not in another.

    epoch: the highest that the journal has, beside those of the savepoint.
    """
    inputs = await at.input_ends()
    moving = Moving(savepoint, partitions, _empty(at), inputs=inputs, new_log=new_log)
    journal = at.journal(partitions)
    positions = [await journal.announce(place) for place in range(partitions)]
    with bar("bringing partitions", partitions) as done:
        for place, position in enumerate(positions):
            moving.stand(place, position, epoch)
            ids, parts = moving.ids(place), moving.parts(place)
            if await journal.snapshot(place, position, parts, ids, 0) is None:
                raise Fatal(
                    f"a tally worker claimed {at.journal_name}[{place}] meanwhile; stop it, and "
                    "run the same command again"
                )
            done(1)


async def _assert_all_done(at: Broker, savepoint: Savepoint, partitions: int) -> None:
    """Raise Fatal unless all that intake read was sent, and all that was sent is counted.

    partitions: of `reports`.
    """
    was = f"HUISHANG_PARTITIONS={savepoint.partitions}"
    applied = [one.applied for one in savepoint.standings] + [-1] * partitions
    ends = await at.ends(REPORTS, partitions)
    behind = sum(max(0, end - 1 - applied[place]) for place, end in enumerate(ends))
    if behind:
        raise Fatal(
            f"{behind} records of {REPORTS} are not counted yet: with intake stopped, start tally "
            f"with {was} until nothing lags, stop it, and run the command again"
        )
    committed, inputs = await at.committed("intake"), await at.input_ends()
    for one in savepoint.standings:
        for stream, place, offset in changes.decode(one.clock).read:
            tp = TopicPartition(full_name(at.settings, stream), place)
            if committed.get(tp, 0) <= offset < inputs.get((stream, place), 0):
                raise Fatal(
                    f"intake sent more of {tp.topic}[{place}] than it committed: it was killed. Start "
                    f"intake and tally with {was}, stop intake, then tally once nothing lags, and run "
                    "the command again"
                )


def _empty(at: Broker) -> Callable[[], State]:
    settings = at.settings
    return partial(State, settings.dedupe_days, settings.totals_days, settings.incidents_max)
