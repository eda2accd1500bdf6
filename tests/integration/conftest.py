"""Brokers for the tests: one Tansu per test, one Apache Kafka for the whole session."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import ApacheKafka, Broker, EmbeddedBroker, apart, remove_topics
from tests.kafka.jars import KafkaMissing


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """The session's Apache Kafka; skips where it cannot run, fails with REQUIRE_KAFKA=1."""
    server = _kafka_or_why_not(tmp_path_factory.mktemp("kafka"))
    if isinstance(server, str):
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(f"REQUIRE_KAFKA=1, but {server}", pytrace=False)
        pytest.skip(server)
    server.start()
    try:
        yield server
    finally:
        if server.running:
            server.stop()
        server.remove()


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """Both brokers in turn; `-k embedded` or `-k kafka` picks one."""
    if request.param == "kafka":
        yield from _on_kafka(request.getfixturevalue("apache_kafka"), tmp_path)
    else:
        yield from _on_tansu(tmp_path)


@pytest.fixture
def embedded_only(tmp_path: Path) -> Iterator[Broker]:
    """For what is about the embedded mode itself."""
    yield from _on_tansu(tmp_path)


@pytest.fixture
def kafka_only(apache_kafka: ApacheKafka, tmp_path: Path) -> Iterator[Broker]:
    """For what Tansu cannot do: end offsets, crashes. `broker.server` may be killed and started."""
    yield from _on_kafka(apache_kafka, tmp_path)


def _kafka_or_why_not(folder: Path) -> ApacheKafka | str:
    try:
        return ApacheKafka(folder)
    except KafkaMissing as missing:
        return f"Apache Kafka cannot run: {missing}"


def _on_tansu(folder: Path) -> Iterator[Broker]:
    server = EmbeddedBroker(folder)
    server.start()
    try:
        yield Broker("embedded", server, _own_prefix(), folder)
    finally:
        if server.running:
            server.stop()


def _on_kafka(server: ApacheKafka, folder: Path) -> Iterator[Broker]:
    broker = Broker("kafka", server, _own_prefix(), folder)
    try:
        yield broker
    finally:
        if not server.running:
            server.start()
        apart(remove_topics(server.bootstrap, broker.topic_prefix))


def _own_prefix() -> str:
    return f"t{uuid.uuid4().hex[:10]}."
