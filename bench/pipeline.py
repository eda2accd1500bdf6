"""The row `pipeline`: intake and tally on Apache Kafka, exact state, journal on.

The events are on the input topic when intake starts. Throughput is read off the
timestamps of what tally sent, from its first batch to its last; CPU is that of
both processes from ready to the end.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack

from aiokafka import ConsumerRecord

from bench.recovery import recovered_s
from bench.rows import Curve, Row, rate_of
from bench.site import Lab, Site, Worker, wait_until
from streams.topics import COUNTS
from streams.totals import decode_totals


def measure(lab: Lab) -> Row:
    return run(lab.input(), lab.events)


def run(
    site: Site, events: int, workers: int = 1, publish: Callable[[], None] | None = None
) -> Row:
    """Tally `events`, which are on the input topic, or which `publish` puts there.

    workers: of either stage, sharing its partitions. publish: called once all are ready.
    """
    with ExitStack() as running:
        tallies = started(running, site, "tally", workers)
        recovered_s(tallies, site.settings.partitions)
        intakes = started(running, site, "intake", workers)
        before = _cpu_s(intakes), _cpu_s(tallies)
        if publish:
            publish()
        wait_until(lambda: done_by(tallies) >= events, "every event tallied")
        intake_s, tally_s = _cpu_s(intakes) - before[0], _cpu_s(tallies) - before[1]
        rss = {"intake": _rss_mib(intakes), "tally": _rss_mib(tallies)}
    return {
        "events_per_s": rate_of(curve_of_totals(site.log_of(COUNTS))),
        "cpu_us_per_event": (intake_s + tally_s) * 1e6 / events,
        "intake_cpu_us_per_event": intake_s * 1e6 / events,
        "tally_cpu_us_per_event": tally_s * 1e6 / events,
        "intake_rss_mib": rss["intake"],
        "tally_rss_mib": rss["tally"],
    }


def done_by(workers: Iterable[Worker]) -> float:
    """Events that these workers have done, as their metrics say."""
    return sum(worker.metric("huishang_events_total") for worker in workers)


def curve_of_totals(records: Iterable[ConsumerRecord]) -> Curve:
    """Events answered after each record of totals that answers some: the daily cycle's do not.

    records: of the whole topic, by time.
    """
    ledger: dict[tuple[str, str, int], int] = {}
    done = 0
    curve = []
    for record in records:
        before = done
        for row in decode_totals(record.value).ledger:
            key = (row.county, row.source, row.day)
            answered = row.counted + row.duplicates
            done += answered - ledger.get(key, 0)
            ledger[key] = answered
        if done > before:
            curve.append((record.timestamp, done))
    return curve


def started(running: ExitStack, site: Site, stage: str, workers: int) -> list[Worker]:
    """Workers of a stage, all ready: a later one that joins moves partitions of the earlier."""
    found = [
        running.enter_context(site.worker(stage, f"{stage}-{number}")) for number in range(workers)
    ]
    wait_until(lambda: all(worker.ready() for worker in found), f"every {stage} ready")
    return found


def _cpu_s(workers: Iterable[Worker]) -> float:
    return sum(worker.cpu_s() for worker in workers)


def _rss_mib(workers: Iterable[Worker]) -> float:
    return sum(worker.rss_mib() for worker in workers)
