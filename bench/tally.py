"""The rows `tally_1m` and `tally_50m`: tally alone, with that many identities held before it starts.

The journal is filled beforehand with a snapshot, as if the identities had come in evenly
over the dedupe horizon, so that tally recovers them; then packs that intake made beforehand
are put on `reports`. Memory per identity is what the recovered worker holds above
one that has nothing to hold.
"""

import os
import time
import uuid
from collections.abc import Iterator
from typing import Final, NamedTuple

from agents.change import Change
from agents.snapshot import Fresh, parts_of
from agents.state import HOUR_MS, State
from bench.pipeline import curve_of_totals, done_by
from bench.recovery import recovered_s
from bench.rows import Row, rate_of
from bench.site import MIB, Lab, Site, wait_until
from cli.producing import Record
from streams import journal
from streams.topics import COUNTS, JOURNAL, REPORTS

_ID_BYTES: Final = 8


class _Pack(NamedTuple):
    partition: int
    value: bytes


def measure(lab: Lab, ids: int) -> Row:
    """One run with `ids` identities held."""
    packs = lab.once("packs", lambda: _packs(lab))
    empty_mib = lab.once("empty tally", lambda: _empty_mib(lab))
    with lab.site() as site:
        site.publish(_held_before(site, ids))
        with site.worker("tally") as tally:
            recovery_s = recovered_s([tally], site.settings.partitions)
            recovered_mib = tally.rss_mib()
            before_s = tally.cpu_s()
            reports = site.topic(REPORTS)
            site.publish(
                Record(reports, None, pack.value, partition=pack.partition) for pack in packs
            )
            wait_until(lambda: done_by([tally]) >= lab.events, "every event tallied")
            cpu_s = tally.cpu_s() - before_s
            ended_mib = tally.rss_mib()
            held = tally.metric("huishang_state_ids")
        curve = curve_of_totals(site.log_of(COUNTS))
    if held < ids:
        raise RuntimeError(f"{ids} identities were in the journal, tally holds {held:.0f}")
    return {
        "events_per_s": rate_of(curve),
        "cpu_us_per_event": cpu_s * 1e6 / lab.events,
        "ids_recovered": ids,
        "ids_at_end": held,
        "recovery_s": recovery_s,
        "recovered_ids_per_s": ids / recovery_s,
        "recovered_rss_mib": recovered_mib,
        "rss_at_end_mib": ended_mib,
        "bytes_per_id": (recovered_mib - empty_mib) * MIB / ids,
    }


def _packs(lab: Lab) -> list[_Pack]:
    """What intake makes of the load."""
    with lab.site() as site:
        lab.publish_calls(site)
        with site.worker("intake") as intake:
            wait_until(lambda: done_by([intake]) >= lab.events, "every event taken in")
        return [_Pack(record.partition, record.value) for record in site.log_of(REPORTS)]


def _empty_mib(lab: Lab) -> float:
    with lab.site() as site, site.worker("tally") as tally:
        recovered_s([tally], site.settings.partitions)
        return tally.rss_mib()


def _held_before(site: Site, ids: int) -> Iterator[Record]:
    """A journal whose snapshot holds `ids` random identities, spread over the horizon."""
    settings = site.settings
    topic, partitions = site.topic(JOURNAL), settings.partitions
    hours = settings.dedupe_days * 24 - 1  # the first would be forgotten while we measure
    start_hour = int(time.time()) // 3600 - hours + 1
    for partition in range(partitions):
        held = _share(ids, partition, partitions)
        fresh = Fresh()
        for number in range(hours):
            taken = os.urandom(_ID_BYTES * _share(held, number, hours))
            fresh.note([(start_hour + number, taken)])
        state = State(settings.dedupe_days, settings.totals_days)
        state.apply(Change(at_ms=(start_hour + hours - 1) * HOUR_MS))
        for key, record in _snapshot(fresh, state):
            yield Record(topic, key.encode(), journal.encode(record), partition=partition)


def _snapshot(fresh: Fresh, state: State) -> Iterator[tuple[str, journal.Record]]:
    """A claim, chunks, parts and the record that names them, as an owner would have left them."""
    position = journal.Position()
    claim = journal.Claim(uuid.uuid4().hex)
    position.advance(claim)
    yield f"claim-{claim.owner}", claim
    chunks, parts = [], []
    for number, (until, body) in enumerate(fresh.chunks()):
        chunk = journal.Chunk(f"{claim.owner}-chunk-{number}", until)
        yield chunk.key, journal.Part(chunk.key, body)
        chunks.append(chunk)
    for number, body in enumerate(parts_of(state)):
        parts.append(f"{claim.owner}-a-{number}")
        yield parts[-1], journal.Part(parts[-1], body)
    yield f"{claim.owner}-a", position.snapshot(parts, chunks)


def _share(whole: int, number: int, parts: int) -> int:
    """The number-th of `parts` shares that differ by one at most and add up to the whole."""
    return whole * (number + 1) // parts - whole * number // parts
