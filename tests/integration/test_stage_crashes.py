"""Stages that are killed, stopped, frozen, joined and misled: counts stay those of the events."""

import signal
from collections import Counter
from collections.abc import Iterable

import pytest

from cli.producing import Record
from tests.brokers import Broker, administered, apart, make_topics
from tests.processes import run_huishang
from tests.stages import NOW, Event, Stages, Truth, as_calls, calls, deployed, event
from tests.waiting import eventually, eventually_sync

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


def committed(stages: Stages, stage: str, topic: str) -> dict[int, int]:
    """What a stage's group has committed, per partition."""

    async def ask() -> dict[int, int]:
        prefix = stages.broker.topic_prefix
        async with administered(stages.broker.bootstrap) as admin:
            found = await admin.list_consumer_group_offsets(f"{prefix}huishang-{stage}")
        return {tp.partition: o.offset for tp, o in found.items() if tp.topic == prefix + topic}

    return apart(ask())


@pytest.mark.parametrize("stage", ["intake", "tally", "sink"])
def test_a_stage_killed_in_the_middle_goes_on_exactly(broker: Broker, stage: str) -> None:
    events, truth = told(range(2_400))
    red = red_ones(5)
    truth.take(STREAM, red)
    with deployed(broker, "intake", "tally", "sink") as stages:
        with stages.publishing(as_calls([*red, *events]), rate=400):
            for part in (200, 1_000):
                until_counted(stages, part)
                stages.restart(stage)
        truth.holds(stages, exact_duplicates=stage != "intake")
        assert stages.alerts() == sorted(("red", one["data"]["county_code"], "D06") for one in red)


def test_the_journal_keeps_every_record_when_it_is_compacted(kafka_only: Broker) -> None:
    """Compaction keeps one record per key: claims and entries must never share one."""
    _, truth = told(range(200))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(calls(range(200), COUNTIES)))
        truth.holds(stages)
        # The second joins and leaves: the first claims its partitions three times.
        second = stages.start("tally", "tally-2")
        stages.ready("tally-2")
        eventually_sync(lambda: stages.partitions("tally-2") == 2, what="two partitions moved")
        assert second.stop() == 0
        eventually_sync(lambda: stages.partitions("tally") == 4, what="all partitions back")
        log = stages.log_of("tally-journal")
        repeated = [key for key, times in Counter((p, k) for p, k, _ in log).items() if times > 1]
        assert len(log) > 12
        assert repeated == []


def test_a_second_tally_joins_and_leaves(kafka_only: Broker) -> None:
    events, truth = told(range(3_000))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        with stages.publishing(as_calls(events), rate=250):
            until_counted(stages, 100)
            second = stages.start("tally", "tally-2")
            eventually_sync(lambda: stages.partitions("tally-2") == 2, what="two partitions moved")
            eventually_sync(lambda: stages.partitions("tally") == 2, what="two partitions kept")
            until_counted(stages, 1_500)
            assert second.stop() == 0
        truth.holds(stages)
        stages.publish(as_calls(events))
        truth.take(STREAM, events)
        truth.holds(stages)


def test_a_frozen_tally_that_thaws_counts_nothing_twice(kafka_only: Broker) -> None:
    """SIGSTOP until another has its partitions, more events meanwhile, SIGCONT."""
    events, truth = told(range(2_400))
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


def test_an_unknown_error_ends_tally_and_nothing_is_committed_beyond_it(broker: Broker) -> None:
    events, truth = told(range(400))
    with deployed(broker, "intake", "tally", "sink") as stages:
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
        assert sum(committed(stages, "tally", "reports").values()) <= before
        truth.holds(stages)


def test_a_topic_made_anew_is_noticed(kafka_only: Broker) -> None:
    events, truth = told(range(300))
    with deployed(kafka_only, "intake", "tally", "sink") as stages:
        stages.publish(as_calls(events))
        truth.holds(stages)
        assert stages.workers["intake"].stop() == 0
        assert stages.workers["tally"].stop() == 0
        _make_anew(kafka_only, "reports")
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
        _make_anew(kafka_only, "reports")
        for start in range(1_000, 1_000 + 40 * before, 40):
            stages.publish(as_calls(calls(range(start, start + 40), COUNTIES)))
        tally = stages.workers["tally"]
        assert tally.wait(60) == 65
        assert "huishang journal new-log" in tally.text()


def _new_log(broker: Broker) -> int:
    with run_huishang("journal", "new-log", folder=broker.data, env=broker.env()) as command:
        return command.wait(60)


def _make_anew(broker: Broker, topic: str) -> None:
    name = broker.topic_prefix + topic

    async def anew() -> None:
        async with administered(broker.bootstrap) as admin:
            await admin.delete_topics([name])

            async def gone() -> bool:
                return name not in await admin.list_topics()

            await eventually(gone, what=f"{topic} gone")
        await make_topics(broker.settings())

    apart(anew())
