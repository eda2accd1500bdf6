"""`python -m tests.upgrade`: the whole upgrade, and all the way back, with two workers of each stage."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.brokers import ApacheKafka, Broker
from tests.conftest import pytest_configure as leave_settings_outside
from tests.kafka.jars import KafkaMissing
from tests.upgrade.rollout import ORDER, Plan, play, told
from tests.versions.checkout import HistoryMissing, before, checked_out

_WORKERS = {"sink": 2, "tally": 2, "intake": 2}
_BACK = {"intake": 2, "tally": 2, "sink": 2}


def main() -> int:
    """Exit status: 0 nothing lost or doubled, 1 otherwise, 2 where Kafka or the history is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__)
    parser.add_argument(
        "--commit", default=before(), help="the version before (default %(default)s)"
    )
    parser.add_argument("--events", type=int, default=20_000, help="default %(default)s")
    parser.add_argument("--rate", type=float, default=30.0, help="events a second, default 30")
    parser.add_argument(
        "--order", default=",".join(ORDER), help="of the stages, default %(default)s"
    )
    given = parser.parse_args()
    leave_settings_outside()
    base = Path(tempfile.mkdtemp(prefix="huishang-upgrade-"))
    for name in ("kafka", "code", "data"):
        (base / name).mkdir()
    try:
        code = checked_out(given.commit, base / "code")
        kafka = ApacheKafka(base / "kafka")
    except (HistoryMissing, KafkaMissing) as missing:
        print(missing, file=sys.stderr)
        shutil.rmtree(base)
        return 2
    try:
        kafka.start()
        order = tuple(given.order.split(","))
        plan = Plan(given.commit, code, _WORKERS, _BACK, given.events, given.rate, order)
        outcome = play(plan, Broker("kafka", kafka, "upgrade.", base / "data"))
    except AssertionError as error:
        print(f"{error}\nlogs in {base / 'data'}", file=sys.stderr)
        return 1
    finally:
        kafka.kill()
    print("\n".join(told(outcome, given.commit)))
    if outcome.good:
        shutil.rmtree(base)
        return 0
    print(f"logs in {base / 'data'}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
