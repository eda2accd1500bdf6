"""`huishang doctor` finds what is wrong, says what mends it, and finds nothing where all is well."""

import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner

from cli.main import main
from sinks import migrate
from sinks.endpoint import application
from sinks.store import Store, embedded_dsn
from streams.grants import GRANTS, rules
from tests.brokers import Broker, administered, apart, make_anew, make_topics
from tests.kafka.guarded import GuardedKafka, guarded_kafka
from tests.stages import as_calls, calls, deployed
from tests.stores import NOW, Server, serving
from tests.waiting import eventually_sync, free_port

PASSWORDS: Final = {stage: f"Geheim-{stage}-3b9d" for stage in GRANTS}
WRONG: Final = "Geheim-falsch"


class Said(NamedTuple):
    """What the doctor answered. text: all it wrote."""

    code: int
    found: dict[tuple[str, str], dict[str, str]]
    text: str

    def of(self, group: str, check: str) -> str:
        """Verdict, sentence and what to do, in one line."""
        one = self.found[group, check]
        return f"{one['verdict']}: {one['said']} → {one['todo']}"

    def with_verdict(self, *verdicts: str) -> dict[tuple[str, str], dict[str, str]]:
        return {key: one for key, one in self.found.items() if one["verdict"] in verdicts}


def doctor(broker: Broker, *args: str, **settings: Any) -> Said:
    """Its answer with the settings of a test; Kafka and store are away unless given."""
    given: dict[str, Any] = {"clickhouse": f"http://127.0.0.1:{free_port()}/default"}
    for port in ("status_port", "intake_port", "tally_port"):
        given[port] = free_port()
    env = broker.env(**given | settings)
    done = CliRunner().invoke(main, ["doctor", "--json", *args], env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    findings = json.loads(done.stdout)["findings"]
    return Said(
        done.exit_code, {(one["group"], one["check"]): one for one in findings}, done.output
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A ClickHouse to write to, with the schema of this version."""
    with ExitStack() as children:
        served = Server(tmp_path, children)
        served.start()
        with Store.open(served.dsn) as store:
            migrate.apply(store, NOW)
        yield served


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded"), PASSWORDS) as server:
        yield server


@pytest.fixture
def guarded_broker(guarded: GuardedKafka, tmp_path: Path) -> Broker:
    return Broker("kafka", guarded, f"t{uuid.uuid4().hex[:8]}.", tmp_path)


def test_where_all_is_well_nothing_else_is_said_until_a_log_is_lost(
    kafka_only: Broker, server: Server
) -> None:
    ports = {name: free_port() for name in ("intake", "tally", "sink")}
    with deployed(kafka_only, clickhouse=server.dsn) as stages:
        for stage, port in ports.items():
            stages.start(stage, port=port)
        stages.ready()
        stages.ask_at(server.port)
        stages.publish(as_calls(calls(range(50))))
        eventually_sync(lambda: stages.counted() == 50, what="every call counted")
        said = doctor(
            kafka_only,
            clickhouse=server.dsn,
            status_port=ports["sink"],
            intake_port=ports["intake"],
            tally_port=ports["tally"],
        )
        # How full this machine's disk is, is no matter of the test.
        wrong = {
            key: one
            for key, one in said.with_verdict("warning", "problem", "not asked").items()
            if key[1] != "disk"
        }
        assert (said.code, wrong) == (0, {}), said.text
        assert set(said.found) >= {
            *(("kafka", f"group {stage}") for stage in ports),
            *(("stages", stage) for stage in ports),
            ("kafka", "log"),
            ("clickhouse", "permissions"),
        }
        for stage in ("intake", "tally"):
            assert stages.workers[stage].stop() == 0
        apart(make_anew(kafka_only.settings(), "reports"))
        lost = doctor(kafka_only, clickhouse=server.dsn)
        assert "problem: the topic reports was lost or made anew" in lost.of("kafka", "log")
        assert "huishang journal new-log" in lost.of("kafka", "log")
        assert "no tally is at work" in lost.of("kafka", "group tally")


def test_topics_that_are_missing_or_have_other_partitions_are_named(broker: Broker) -> None:
    said = doctor(broker)
    assert said.code == 1
    assert "problem: 13 of 13 are missing" in said.of("kafka", "topics")
    assert said.of("kafka", "topics").endswith("→ huishang topics apply")
    assert said.of("kafka", "partitions").startswith("not asked")

    apart(make_topics(broker.settings()))
    said = doctor(broker, partitions=6)
    assert said.of("kafka", "topics").startswith("ok")
    assert "has 4 partitions, HUISHANG_PARTITIONS is 6; set it to 4" in said.of(
        "kafka", "partitions"
    )
    assert said.of("kafka", "copies").startswith("ok")
    assert said.of("kafka", "configuration").startswith("ok")


def test_more_copies_than_brokers_and_another_configuration_are_found(kafka_only: Broker) -> None:
    apart(make_topics(kafka_only.settings()))
    prefix = kafka_only.topic_prefix
    changed = {
        f"{prefix}reports": {"cleanup.policy": "delete", "retention.ms": "1000"},
        f"{prefix}tally-journal": {"cleanup.policy": "delete"},
    }

    async def change() -> None:
        async with administered(kafka_only.bootstrap) as admin:
            topic = ConfigResourceType.TOPIC
            await admin.alter_configs([ConfigResource(topic, *one) for one in changed.items()])

    def told() -> str:
        return doctor(kafka_only, replication=3).of("kafka", "configuration")

    apart(change())
    eventually_sync(lambda: "retention.ms=1000, expected 1209600000" in told(), what="the change")
    assert told().startswith("problem")  # for the journal's sake
    assert f"{prefix}tally-journal has cleanup.policy=delete, expected compact" in told()
    assert told().endswith("→ huishang topics apply")
    said = doctor(kafka_only, replication=3).of("kafka", "brokers")
    assert "problem: 1 of them, and HUISHANG_REPLICATION wants 3 copies" in said


def test_services_that_are_away_are_findings_and_what_stands_on_them_says_so(
    embedded_only: Broker,
) -> None:
    address = f"127.0.0.1:{free_port()}"
    said = doctor(embedded_only, kafka=address)
    assert said.code == 1
    assert f"problem: Kafka at {address} does not answer" in said.of("kafka", "reached")
    assert "does not answer" in said.of("clickhouse", "reached")
    for group in ("kafka", "clickhouse"):
        others = {one["verdict"] for (of, check), one in said.found.items()
                  if of == group and check != "reached"}  # fmt: skip
        assert others == {"not asked"}
    assert f"Kafka at {address} was not reached" in said.of("kafka", "topics")
    assert said.of("stages", "tally").startswith("not asked")


def test_who_never_answers_is_waited_for_no_longer_than_asked(embedded_only: Broker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        said = doctor(
            embedded_only, "--within", "2", kafka=address, clickhouse=f"http://{address}/default"
        )
    assert said.code == 1
    assert "no answer within 2 s" in said.of("kafka", "reached")
    assert "no answer within 2 s" in said.of("clickhouse", "reached")


def test_a_schema_that_is_behind_and_a_user_who_may_only_read_are_found(
    embedded_only: Broker, tmp_path: Path
) -> None:
    with Store.open(embedded_dsn(tmp_path / "old"), create=True) as store:
        with serving(lambda: application(store, writable=True)) as port:
            dsn = f"http://127.0.0.1:{port}/default"
            said = doctor(embedded_only, clickhouse=dsn)
            assert said.of("clickhouse", "schema").startswith("problem")
            assert said.of("clickhouse", "schema").endswith("→ huishang schema apply")
            assert said.of("clickhouse", "permissions").startswith("not asked")
            assert said.of("clickhouse", "clock").startswith("ok")
            shipped = migrate.shipped()
            migrate.apply(store, NOW, shipped[:-1])
            said = doctor(embedded_only, clickhouse=dsn)
            assert f"1 migrations are due: {shipped[-1].name}" in said.of("clickhouse", "schema")
            migrate.apply(store, NOW)
            said = doctor(embedded_only, clickhouse=dsn)
            assert said.of("clickhouse", "schema").startswith("ok")
            assert said.of("clickhouse", "permissions").startswith("ok")
        with serving(lambda: application(store)) as port:
            dsn = f"http://127.0.0.1:{port}/default"
            said = doctor(embedded_only, "--stage", "sink", clickhouse=dsn)
            assert said.of("clickhouse", "permissions").startswith("problem: the sink could not")


@pytest.mark.kafka
@pytest.mark.parametrize("shown", [GuardedKafka.by_password, GuardedKafka.by_certificate])
def test_the_user_of_each_stage_is_told_what_it_may_not(
    guarded: GuardedKafka, guarded_broker: Broker, server: Server, shown: Any
) -> None:
    apart(make_topics(guarded_broker.settings()))
    prefix = guarded_broker.topic_prefix
    for stage in GRANTS:
        for rule in rules(stage, prefix):
            match stage, rule.name.removeprefix(prefix):
                case "intake", "reports":
                    apart(guarded.allow(stage, rule._replace(operations=("Describe",))))
                case "sink", "huishang-sink":
                    pass
                case _:
                    apart(guarded.allow(stage, rule))
    said = {
        stage: doctor(
            guarded_broker, "--stage", stage, clickhouse=server.dsn, **shown(guarded, stage)
        )
        for stage in GRANTS
    }
    assert said["tally"].code == 0, said["tally"].text
    assert said["tally"].of("kafka", "permissions").startswith("ok")
    assert said["tally"].of("kafka", "certificate").startswith("ok")
    assert said["tally"].of("kafka", "log").startswith("ok")
    intake = said["intake"].of("kafka", "permissions")
    assert f"problem: this user may not Write topic {prefix}reports → kafka-acls.sh" in intake
    assert f"--operation Write --topic {prefix}reports" in intake
    assert ("clickhouse", "reached") not in said["intake"].found  # it has no business there
    sink = said["sink"].of("kafka", "permissions")
    assert f"this user may not Read group {prefix}huishang-sink" in sink
    assert [word for word in PASSWORDS.values() for one in said.values() if word in one.text] == []


@pytest.mark.kafka
def test_who_is_not_let_in_or_shown_nothing_is_told_why(
    guarded: GuardedKafka, guarded_broker: Broker
) -> None:
    given = guarded.by_password("intake")
    said = doctor(guarded_broker, **given | {"kafka_password": WRONG})
    assert said.code == 1
    assert "refuses user 'intake': wrong password" in said.of("kafka", "reached")
    assert "was not reached" in said.of("kafka", "topics")
    assert WRONG not in said.text

    said = doctor(guarded_broker, **given | {"kafka_ca": guarded.another_authority})
    assert "set HUISHANG_KAFKA_CA" in said.of("kafka", "reached")

    apart(make_topics(guarded_broker.settings()))
    said = doctor(guarded_broker, "--stage", "intake", **given)
    assert "does not let this user see" in said.of("kafka", "topics")
    grid = guarded_broker.topic_prefix + "grid-reports"
    assert f"--operation Read --topic {grid}" in said.text


def test_a_record_from_the_future_shows_a_clock_that_is_ahead(kafka_only: Broker) -> None:
    apart(make_topics(kafka_only.settings()))

    async def write() -> None:
        async with AIOKafkaProducer(bootstrap_servers=kafka_only.bootstrap) as producer:
            ahead_ms = int(time.time() * 1_000) + 600_000  # Kafka takes what is up to an hour ahead
            await producer.send_and_wait(
                f"{kafka_only.topic_prefix}counts", b"{}", partition=1, timestamp_ms=ahead_ms
            )

    apart(write())
    said = doctor(kafka_only)
    assert "problem: the clock of a machine that runs intake or tally" in said.of("kafka", "clock")
