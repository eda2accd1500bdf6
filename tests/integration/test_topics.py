"""`huishang topics` on the embedded broker and on Apache Kafka."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner

from cli.main import Exit, main
from cli.topics import Done, Fact, apply, facts
from streams.errors import Fatal, Retryable
from streams.topics import TOPICS, assert_partitions
from tests.brokers import Broker
from tests.waiting import eventually, free_port


@asynccontextmanager
async def administrating(broker: Broker) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def test_apply_makes_every_topic_once(broker: Broker) -> None:
    settings = broker.settings(partitions=3)
    assert {one.state for one in await facts(settings)} == {"missing"}
    first = await apply(settings)
    assert [one.done for one in first] == [Done.CREATED] * len(TOPICS)
    again = await apply(settings)
    assert [one.done for one in again] == [Done.EXISTS] * len(TOPICS)
    partitions = {one.topic.removeprefix(broker.topic_prefix): one.partitions for one in again}
    assert partitions["reports"] == partitions["counts"] == partitions["tally-journal"] == 3
    assert partitions["alerts"] == 4
    shown = await facts(settings)
    assert {one.state for one in shown} == {"fine"}
    assert [one.replication for one in shown] == [1] * len(TOPICS)


async def test_another_number_of_partitions_is_refused_before_anything_changes(
    broker: Broker,
) -> None:
    await apply(broker.settings(partitions=3))
    with pytest.raises(Fatal, match=r"reports has 3 partitions, HUISHANG_PARTITIONS is 5"):
        await apply(broker.settings(partitions=5))
    assert {one.partitions for one in await facts(broker.settings(partitions=3))} == {3, 4}


async def test_a_stage_is_told_at_its_start(broker: Broker) -> None:
    settings = broker.settings(partitions=3)
    async with administrating(broker) as admin:
        with pytest.raises(Fatal, match=r"reports is missing .*huishang topics apply"):
            await assert_partitions(settings, admin)
        await apply(settings)
        await assert_partitions(settings, admin)
        with pytest.raises(Fatal, match="HUISHANG_PARTITIONS is 4; set it to 3"):
            await assert_partitions(broker.settings(partitions=4), admin)


async def test_retention_is_set_again_and_other_configuration_kept(kafka_only: Broker) -> None:
    settings = kafka_only.settings()
    await apply(settings)
    name = f"{kafka_only.topic_prefix}reports"
    changed = {"cleanup.policy": "delete", "retention.ms": "1000", "max.message.bytes": "2000000"}
    async with administrating(kafka_only) as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, changed)])

    async def fact_in(state: str) -> Fact | None:
        fact = next(one for one in await facts(settings) if one.topic == name)
        return fact if fact.state == state else None

    await eventually(lambda: fact_in("other configuration"))
    done = {one.topic: one.done for one in await apply(settings)}
    assert done.pop(name) is Done.CONFIGURED
    assert set(done.values()) == {Done.EXISTS}
    fact = await eventually(lambda: fact_in("fine"))
    assert fact is not None
    assert fact.config["max.message.bytes"] == "2000000"


async def test_more_copies_than_brokers_is_refused_with_the_setting(kafka_only: Broker) -> None:
    with pytest.raises(Fatal, match=r"asked for 3 copies \(HUISHANG_REPLICATION\)"):
        await apply(kafka_only.settings(replication=3))


async def test_a_broker_that_is_away_can_be_tried_again(embedded_only: Broker) -> None:
    with pytest.raises(Retryable, match="does not answer"):
        await apply(embedded_only.settings(kafka=f"127.0.0.1:{free_port()}"))


def test_the_commands_show_and_apply(embedded_only: Broker) -> None:
    environment = embedded_only.env()
    runner = CliRunner()
    assert runner.invoke(main, ["topics", "show"], env=environment).exit_code == Exit.NO
    applied = runner.invoke(main, ["topics", "apply", "--json"], env=environment)
    assert {one["done"] for one in json.loads(applied.stdout)} == {"created"}
    shown = runner.invoke(main, ["topics", "show"], env=environment)
    assert shown.exit_code == 0, shown.output
    assert f"{embedded_only.topic_prefix}reports" in shown.stdout
    assert "14 days" in shown.stdout
    assert "last per key" in shown.stdout
