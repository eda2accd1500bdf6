"""`python -m tests.faults`: rounds of traffic and faults on Apache Kafka, judged by an oracle."""

import argparse
import json
import logging
import shutil
import signal
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.brokers import ApacheKafka
from tests.conftest import pytest_configure as leave_settings_outside
from tests.faults import disk
from tests.faults.faults import KINDS
from tests.faults.proxy import Proxy, proxies
from tests.faults.round import Outcome, Plan, play
from tests.faults.world import STAGES, STORE
from tests.kafka.jars import KafkaMissing


def main() -> int:
    """Exit status: 0 nothing lost or doubled and all caught up, 1 otherwise, 2 no Kafka.

    130 when it was told to end; then it leaves nothing behind, failed rounds neither.
    """
    given = _arguments()
    leave_settings_outside()
    # Whoever ends the suite must find nothing left of it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is meant to miss the broker
    numbers = [given.round] if given.round is not None else range(1, given.rounds + 1)
    outcomes: list[Outcome] = []
    base = Path(tempfile.mkdtemp(prefix="huishang-faults-"))
    try:
        with broker(base) as (kafka, ways):
            for number in numbers:
                plan = Plan(
                    given.seed, number, given.events, given.seconds, given.faults, given.only
                )
                folder = base / f"round-{number}"
                folder.mkdir()
                outcome = play(plan, kafka, ways, folder)
                outcomes.append(outcome)
                print("\n".join(told(outcome, folder)), flush=True)
                if outcome.good and not given.keep:
                    shutil.rmtree(folder)
    except KafkaMissing as missing:
        print(missing, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        shutil.rmtree(base)
        return 130
    finally:
        if base.exists() and not any(base.iterdir()):
            base.rmdir()
    found = summary(outcomes, given.seed)
    print(_closing(found))
    if given.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0 if all(outcome.good for outcome in outcomes) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how many (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="of all draws (default 1)")
    parser.add_argument("--round", type=int, help="play only this one, with the same draws")
    parser.add_argument("--events", type=int, default=4_000, help="a round (default 4000)")
    parser.add_argument("--seconds", type=float, default=25.0, help="of publishing (default 25)")
    parser.add_argument("--faults", type=int, default=5, help="a round (default 5)")
    parser.add_argument("--only", type=_kinds, default=(), help="kinds of faults, with commas")
    parser.add_argument("--keep", action="store_true", help="keep the logs of good rounds too")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args()


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(","))
    if unknown := set(kinds) - KINDS.keys():
        raise argparse.ArgumentTypeError(f"no such kind: {unknown}; there are {sorted(KINDS)}")
    return kinds


@contextmanager
def broker(base: Path) -> Iterator[tuple[ApacheKafka, dict[str, Proxy]]]:
    """An Apache Kafka that each stage reaches through a proxy, and a proxy for the store."""
    folder = base / "kafka"
    folder.mkdir()
    with proxies(*STAGES, STORE) as ways:
        kafka = ApacheKafka(folder, {stage: ways[stage].port for stage in STAGES})
        try:
            kafka.start()
            for stage in STAGES:
                ways[stage].lead_to(kafka.doors[stage])
            yield kafka, ways
        finally:
            kafka.kill()
            kafka.remove()


def told(outcome: Outcome, folder: Path) -> Iterator[str]:
    """A round in a line; what went wrong below it."""
    plan, difference = outcome.plan, outcome.difference
    caught_up = "not caught up" if outcome.catch_up_s is None else f"{outcome.catch_up_s:.1f} s"
    yield (
        f"round {plan.number:>3}  {plan.store:<8}  {outcome.events} events  "
        f"lost {difference.lost}  doubled {difference.doubled}  caught up {caught_up}  "
        f"snapshots {outcome.snapshots}  restarts {outcome.restarts.total()}  [{', '.join(str(one) for one in outcome.faults)}]"
    )
    for ending in outcome.endings:
        yield f"           {ending[:400]}"
    if not outcome.good:
        yield f"           {outcome.error or difference.shown}"
        yield f"           logs in {folder}"
        yield f'           again: make faults ARGS="--seed {plan.seed} --round {plan.number}"'


def summary(outcomes: list[Outcome], seed: int) -> dict[str, Any]:
    """What --json prints."""
    times = [one.catch_up_s for one in outcomes if one.catch_up_s is not None]
    return {
        "rounds": len(outcomes),
        "seed": seed,
        "faults": dict(sorted(Counter(f.kind for one in outcomes for f in one.faults).items())),
        "not_drawn": {"disk_full": disk.why_not()} if disk.why_not() else {},
        "events": sum(one.events for one in outcomes),
        "lost": sum(one.difference.lost for one in outcomes),
        "doubled": sum(one.difference.doubled for one in outcomes),
        "repeats_wrong": sum(one.difference.repeats_wrong for one in outcomes),
        "catch_up_s": {
            "median": round(statistics.median(times), 2) if times else None,
            "max": max(times, default=None),
        },
        "restarts": dict(sum((one.restarts for one in outcomes), Counter())),
        "snapshots": sum(one.snapshots for one in outcomes),
        "failures": [
            {
                "seed": one.plan.seed,
                "round": one.plan.number,
                "tables": one.difference.tables,
                "error": one.error,
                "caught_up": one.catch_up_s is not None,
            }
            for one in outcomes
            if not one.good
        ],
    }


def _closing(found: dict[str, Any]) -> str:
    return (
        f"{found['rounds']} rounds, {found['events']} events, "
        f"{sum(found['faults'].values())} faults: lost {found['lost']}, "
        f"doubled {found['doubled']}, caught up in {found['catch_up_s']['median']} s (median), "
        f"{found['catch_up_s']['max']} s (longest)"
    )


if __name__ == "__main__":
    sys.exit(main())
