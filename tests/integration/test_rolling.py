"""The short form of an upgrade on Apache Kafka: both versions side by side, and nothing lost or doubled."""

import pytest

from tests.brokers import Broker
from tests.upgrade.rollout import Plan, play, told
from tests.versions.checkout import HistoryMissing, before, checked_out


@pytest.mark.timeout(900)
def test_workers_of_two_versions_count_exactly_side_by_side(
    kafka_only: Broker,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """One of two tallies goes back at the end, so each version takes over from the other.

    `make upgrade-test` has two workers of each stage, and goes all the way back.
    """
    try:
        code = checked_out(before(), tmp_path_factory.mktemp("code"))
    except HistoryMissing as missing:
        pytest.skip(str(missing))
    workers = {"sink": 1, "tally": 2, "intake": 1}
    outcome = play(Plan(before(), code, workers, {"tally": 1}, 4_000, 20.0), kafka_only)
    assert outcome.good, "\n".join(told(outcome, before()))
    assert outcome.together == {"sink", "tally", "intake"}
    assert outcome.snapshots
