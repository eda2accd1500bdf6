"""Stages on an Apache Kafka with TLS, passwords, certificates and ACLs: let in, or told clearly why not."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from sinks.board.publishing import Publisher
from streams.acting import action_event
from streams.errors import AccessRefused
from streams.grants import GRANTS, rules
from tests.brokers import Broker, apart
from tests.kafka.guarded import GuardedKafka, guarded_kafka
from tests.processes import Child, run_huishang
from tests.stages import NOW, deployed, event, structured
from tests.waiting import eventually_sync

PASSWORDS: Final = {stage: f"Geheim-{stage}-7f3a" for stage in GRANTS}
WRONG: Final = "Geheim-falsch"
REFUSED: Final = 77
COUNTY: Final = "620702"

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded"), PASSWORDS) as server:
        yield server


@pytest.fixture
def broker(guarded: GuardedKafka, tmp_path: Path) -> Broker:
    return Broker("kafka", guarded, f"t{uuid.uuid4().hex[:8]}.", tmp_path)


def calls(number: int) -> list[Any]:
    return [
        structured("hotline-calls", event("hotline-calls", n, COUNTY, NOW, category="S01"))
        for n in range(number)
    ]


def allow(
    guarded: GuardedKafka, broker: Broker, stage: str, without: tuple[str, str] = ("", "")
) -> None:
    """The ACLs of a stage; without: a topic or group, and the operation on it that is left out."""
    for rule in rules(stage, broker.topic_prefix):
        operations = tuple(
            operation
            for operation in rule.operations
            if (rule.name.removeprefix(broker.topic_prefix), operation) != without
        )
        apart(guarded.allow(stage, rule._replace(operations=operations)))


def ended(broker: Broker, folder: Path, **settings: Any) -> Child:
    """An intake that ended by itself."""
    env = broker.env(**settings)
    with run_huishang("worker", "intake", folder=folder, env=env, name="ended") as child:
        child.wait(60)
        return child


@pytest.mark.parametrize("shown", [GuardedKafka.by_password, GuardedKafka.by_certificate])
def test_stages_count_exactly_however_they_show_who_they_are(
    guarded: GuardedKafka, broker: Broker, shown: Callable[[GuardedKafka, str], dict[str, Any]]
) -> None:
    for stage in GRANTS:
        allow(guarded, broker, stage)
    right = {(COUNTY, "hotline-calls", "/test/hotline-calls"): (300, 40)}
    with deployed(broker) as stages:
        for stage in GRANTS:
            stages.start(stage, **shown(guarded, stage))
        stages.ready()
        stages.publish([*calls(300), *calls(40)])
        eventually_sync(lambda: stages.ledger() == right, within_s=60, what="every call counted")
        said = "".join(child.text() for child in stages.workers.values())
    assert [word for word in PASSWORDS.values() if word in said] == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kafka_password": WRONG}, "refuses user 'intake': wrong password or unknown user"),
        ({"kafka_user": "nobody"}, "refuses user 'nobody': wrong password or unknown user"),
        ({"kafka_ca": "another"}, "set HUISHANG_KAFKA_CA"),
        ({"kafka_mechanism": "PLAIN"}, "set HUISHANG_KAFKA_MECHANISM"),
    ],
    ids=["password", "user", "authority", "mechanism"],
)
def test_who_is_not_let_in_is_told_why_once_and_ends(
    guarded: GuardedKafka, broker: Broker, tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    given = guarded.by_password("intake") | wrong
    if "kafka_ca" in wrong:
        given["kafka_ca"] = guarded.another_authority
    child = ended(broker, tmp_path, **given)
    said = child.text()
    assert (child.returncode, says in said, "Traceback" in said) == (REFUSED, True, False), said
    assert said.count(given["kafka"]) == 1, said  # it tried once
    assert [word for word in (*PASSWORDS.values(), WRONG) if word in said] == []


def test_a_certificate_that_is_not_shown_is_asked_for(
    guarded: GuardedKafka, broker: Broker, tmp_path: Path
) -> None:
    given = guarded.by_certificate("intake")
    del given["kafka_certificate"]
    child = ended(broker, tmp_path, **given)
    assert child.returncode == REFUSED, child.text()
    assert "HUISHANG_KAFKA_CERTIFICATE" in child.text()


@pytest.mark.parametrize(
    "missing",
    [("grid-reports", "Read"), ("reports", "Write"), ("huishang-intake", "Read")],
    ids=["input", "output", "group"],
)
def test_an_acl_that_is_missing_is_named_and_ends_the_stage(
    guarded: GuardedKafka, broker: Broker, missing: tuple[str, str]
) -> None:
    allow(guarded, broker, "intake", without=missing)
    with deployed(broker) as stages:
        child = stages.start("intake", **guarded.by_password("intake"))
        assert child.wait(60) == REFUSED, child.text()
    assert f"{broker.topic_prefix}{missing[0]}" in child.text()
    assert "deploy/README.md" in child.text()


def test_an_output_that_may_be_seen_but_not_written_ends_the_stage(
    guarded: GuardedKafka, broker: Broker
) -> None:
    allow(guarded, broker, "intake", without=("reports", "Write"))
    (rule,) = [one for one in rules("intake", broker.topic_prefix) if one.name.endswith(".reports")]
    apart(guarded.allow("intake", rule._replace(operations=("Describe",))))
    with deployed(broker) as stages:
        child = stages.start("intake", **guarded.by_password("intake"))
        stages.publish(calls(1))
        assert child.wait(60) == REFUSED, child.text()
    assert "does not allow this user what it needs" in child.text()
    assert f"{broker.topic_prefix}reports" in child.text()


def test_the_board_says_that_it_is_refused(guarded: GuardedKafka, broker: Broker) -> None:
    async def published(**given: Any) -> None:
        publisher = Publisher(broker.settings(**guarded.by_password("sink") | given))
        try:
            await publisher.publish(
                action_event("duty-log-entry", COUNTY, {"kind": "handover"}, source="/t", now=NOW)
            )
        finally:
            await publisher.close()

    with pytest.raises(AccessRefused, match="wrong password or unknown user"):
        apart(published(kafka_password=WRONG))
    with pytest.raises(AccessRefused, match="does not allow this user"):
        apart(published())


def test_settings_show_no_password(broker: Broker, tmp_path: Path) -> None:
    env = broker.env(
        kafka_security="sasl_ssl",
        kafka_user="intake",
        kafka_password=WRONG,
        clickhouse=f"https://huishang:{WRONG}@127.0.0.1:8443/default",
    )
    with run_huishang("settings", "--json", folder=tmp_path, env=env, name="settings") as child:
        assert child.wait(60) == 0, child.text()
        assert "HUISHANG_KAFKA_PASSWORD" in child.text()
        assert WRONG not in child.text()
