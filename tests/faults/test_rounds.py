"""A short form of the fault suite: two rounds on Apache Kafka, nothing lost and nothing doubled."""

import os
from pathlib import Path

import pytest

from tests.faults.__main__ import broker, told
from tests.faults.round import Plan, play
from tests.kafka.jars import KafkaMissing

# Chosen so that every stage, the broker and both kinds of store are hit.
SEED = 4
ROUNDS = {
    1: ("kill_intake", "kill_tally", "broker_deaf", "disk_full"),
    2: ("kill_sink", "freeze_takeover", "broker_kill", "store_errors"),
}


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_two_rounds_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    try:
        with broker(tmp_path) as (kafka, ways):
            for number, kinds in ROUNDS.items():
                folder = tmp_path / f"round-{number}"
                folder.mkdir()
                plan = Plan(SEED, number, 1_200, publish_s=10.0, faults_drawn=4, kinds=kinds)
                outcome = play(plan, kafka, ways, folder)
                assert outcome.good, "\n".join(told(outcome, folder))
    except KafkaMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(f"REQUIRE_KAFKA=1, but {missing}", pytrace=False)
        pytest.skip(str(missing))
