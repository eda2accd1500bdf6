"""Stages that are killed, stopped, frozen, joined and misled: counts stay those of the events."""

import signal
from collections import Counter
from collections.abc import Iterable

import pytest

from cli.producing import Record
from tests.brokers import Broker, apart, make_anew
from tests.processes import run_huishang
from tests.stages import NOW, Event, Stages, Truth, as_calls, calls, deployed, event
from tests.waiting import eventually_sync

STREAM = "hotline-calls"
COUNTIES = ("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621")


def told(numbers: Iterable[int]) -> tuple[list[Event], Truth]:
    """Calls over all partitions, and what must come of them."""
    events = calls(numbers, COUNTIES)
    truth = Truth()
    truth.take(STREAM, events)
    return events, truth


def until_counted(stages: Stages, number: int) -> None:
    eventually_sync(lambda: stages.counted() >= number, within_s=60, what=f"{number} counted")


def red_ones(number: int) -> list[Event]:
    """Red events, each of which raises an alert."""
    return [
        event(STREAM, f"red-{n}", COUNTIES[n % 8], NOW, category="D06", severity=1)
        for n in range(number)
    ]


def alerts_of(red: list[Event]) -> list[tuple[str, str, str]]:
    return sorted(("red", one["data"]["county_code"], "D06") for one in red)


@pytest.mark.parametrize("stage", ["intake", "tally", "sink"])
def test_a_stage_killed_in_the_middle_goes_on_exactly(kafka_only: Broker, stage: str) -> None:
    events, truth = told(range(1_150))
    red = red_ones(5)
    truth.take(STREAM, red)
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        with stages.publishing(as_calls([*red, *events]), rate=300):
            until_counted(stages, 200)
            stages.restart(stage)
        truth.holds(stages)
        assert stages.alerts() == alerts_of(red)


def test_stages_that_are_told_to_stop_in_the_middle_end_well_and_go_on(kafka_only: Broker) -> None:
    events, truth = told(range(2_000))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        with stages.publishing(as_calls(events), rate=500):
            until_counted(stages, 200)
            for stage in ("intake", "tally", "sink"):
                assert stages.workers[stage].stop() == 0, stages.workers[stage].tail()
                stages.start(stage)
            stages.ready()
        truth.holds(stages)


def test_snapshots_amid_kills_lose_and_double_nothing(kafka_only: Broker) -> None:
    """A snapshot every few batches; after the first kill there is nothing but them to go by."""
    events, truth = told(range(4_000))
    with deployed(kafka_only, "intake", "tally", "sink", snapshot_kb=16) as stages:
        with stages.publishing(as_calls(events), rate=400):
            for counted in (600, 1_500, 2_400, 3_300):
                until_counted(stages, counted)
                stages.restart("tally")
        truth.holds(stages)
        stages.publish(as_calls(events))
        truth.take(STREAM, events)
        truth.holds(stages)
        keys = {key for _, key, _ in stages.log_of("tally-journal")}
        assert any(key.endswith((b"-a", b"-b")) for key in keys), "no snapshot was taken"


def test_all_stages_killed_in_the_middle_go_on_exactly(embedded_only: Broker) -> None:
    events, truth = told(range(1_150))
    red = red_ones(5)
    truth.take(STREAM, red)
    with deployed(embedded_only, "intake", "tally", "sink") as stages:
        with stages.publishing(as_calls([*red, *events]), rate=300):
            until_counted(stages, 200)
            for stage in ("intake", "tally", "sink"):
                stages.workers[stage].kill()
            for stage in ("intake", "tally", "sink"):
                stages.start(stage)
            stages.ready()
        truth.holds(stages)
        assert stages.alerts() == alerts_of(red)


def test_a_second_tally_joins_and_leaves(kafka_only: Broker) -> None:
    """And what the journal holds outlives compaction, which keeps one record per key."""
    events, truth = told(range(2_000))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        with stages.publishing(as_calls(events), rate=250):
            until_counted(stages, 100)
            second = stages.start("tally", "tally-2")
            eventually_sync(lambda: stages.partitions("tally-2") == 2, what="two partitions moved")
            eventually_sync(lambda: stages.partitions("tally") == 2, what="two partitions kept")
            until_counted(stages, 1_000)
            assert second.stop() == 0
        truth.holds(stages)
        stages.publish(as_calls(events))
        truth.take(STREAM, events)
        truth.holds(stages)
        log = stages.log_of("tally-journal")
        claims = [key for _, key, _ in log if key.startswith(b"claim-")]
        assert len(claims) >= 4 + 4 + 4  # alone, both, alone again
        repeated = [key for key, times in Counter((p, k) for p, k, _ in log).items() if times > 1]
        assert repeated == []


def test_a_frozen_tally_that_thaws_counts_nothing_twice(kafka_only: Broker) -> None:
    """SIGSTOP until another has its partitions, more events meanwhile, SIGCONT."""
    events, truth = told(range(2_000))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        frozen = stages.workers["tally"]
        with stages.publishing(as_calls(events), rate=250):
            until_counted(stages, 200)
            frozen.send(signal.SIGSTOP)
            stages.start("tally", "tally-2")
            eventually_sync(
                lambda: stages.partitions("tally-2") == 4, within_s=60, what="all taken over"
            )
            until_counted(stages, 700)
            frozen.send(signal.SIGCONT)
        truth.holds(stages)
        eventually_sync(lambda: stages.partitions("tally") == 2, what="the thawed one works again")
        stages.publish(as_calls(events))
        truth.take(STREAM, events)
        truth.holds(stages)


def test_an_unknown_error_ends_tally_and_nothing_is_committed_beyond_it(
    embedded_only: Broker,
) -> None:
    events, truth = told(range(400))
    with deployed(embedded_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(events))
        truth.holds(stages)
        before = len(stages.log_of("reports"))
        spoiled = [Record("reports", None, b"\x93no pack", partition=part) for part in range(4)]
        stages.publish(spoiled)
        assert stages.workers["tally"].wait(60) in (65, 70)
        more, _ = told(range(400, 500))
        stages.publish(as_calls(more))
        eventually_sync(lambda: len(stages.log_of("reports")) > before + 4, what="more packs")
        # Started again, it reads the same record again, and ends again.
        again = stages.start("tally", "tally-2")
        assert again.wait(60) in (65, 70)
        assert sum(stages.committed("tally", "reports")) <= before
        truth.holds(stages)


def test_a_topic_made_anew_is_noticed(kafka_only: Broker) -> None:
    events, truth = told(range(300))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(events))
        truth.holds(stages)
        assert stages.workers["intake"].stop() == 0
        assert stages.workers["tally"].stop() == 0
        apart(make_anew(kafka_only.settings(), "reports"))
        tally = stages.start("tally", "tally-2")
        assert tally.wait(60) == 65
        assert "huishang journal new-log" in tally.text()
        eventually_sync(lambda: _new_log(kafka_only) == 0, what="the broker missing the worker")
        stages.start("intake", "intake-2")
        stages.start("tally", "tally-3")
        more, _ = told(range(200, 500))
        stages.publish(as_calls(more))
        truth.take(STREAM, more)
        truth.holds(stages)


def test_a_topic_made_anew_under_a_running_tally_is_noticed(kafka_only: Broker) -> None:
    """Records on the new log must not be taken for ones that were counted, however many."""
    events, truth = told(range(300))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(events))
        truth.holds(stages)
        before = len(stages.log_of("reports"))
        apart(make_anew(kafka_only.settings(), "reports"))
        for start in range(1_000, 1_000 + 40 * before, 40):
            stages.publish(as_calls(calls(range(start, start + 40), COUNTIES)))
        tally = stages.workers["tally"]
        assert tally.wait(60) == 65
        assert "huishang journal new-log" in tally.text()


def _new_log(broker: Broker) -> int:
    with run_huishang("journal", "new-log", folder=broker.data, env=broker.env()) as command:
        return command.wait(60)
