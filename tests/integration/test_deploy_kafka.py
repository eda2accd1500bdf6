"""deploy/kafka starts a Kafka as docker-compose.yml does, and starts it again on the same log."""

from pathlib import Path

import pytest

from streams.topics import TOPICS, full_name
from tests.brokers import ApacheKafka, Broker, administered, make_topics
from tests.kafka import jars
from tests.processes import run_command
from tests.waiting import eventually, free_port, listening

DEPLOY = Path(__file__).parents[2] / "deploy" / "kafka"


@pytest.fixture
def scripts(apache_kafka: ApacheKafka, tmp_path: Path) -> Path:
    """Kafka's own scripts as far as start.sh calls them, over the jars of the tests."""
    folder = tmp_path / "bin"
    folder.mkdir()
    level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    java = f'exec {jars.java()} -Xmx512m {level} -cp "{jars.fetched()}/*"'
    for name, main in {
        "kafka-storage.sh": "kafka.tools.StorageTool",
        "kafka-server-start.sh": "kafka.Kafka",
    }.items():
        (folder / name).write_text(f'#!/bin/sh\n{java} {main} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.kafka
async def test_the_deployed_kafka_starts_again_on_its_log(
    scripts: Path, kafka_only: Broker, tmp_path: Path
) -> None:
    inside, host, controller = free_port(), free_port(), free_port()
    properties = tmp_path / "server.properties"
    text = (DEPLOY / "server.properties").read_text(encoding="utf-8")
    for name, port in {
        "@kafka:9093": f"@127.0.0.1:{controller}",
        "CONTROLLER://:9093": f"CONTROLLER://127.0.0.1:{controller}",
        "INSIDE://:19092": f"INSIDE://127.0.0.1:{inside}",
        "INSIDE://kafka:19092": f"INSIDE://127.0.0.1:{inside}",
        "HOST://:9092": f"HOST://127.0.0.1:{host}",
        "HOST://127.0.0.1:9092": f"HOST://127.0.0.1:{host}",
        "/var/lib/kafka/data": str(tmp_path / "log"),
    }.items():
        assert name in text
        text = text.replace(name, port)
    properties.write_text(text, encoding="utf-8")
    argv = ("/bin/sh", str(DEPLOY / "start.sh"), str(properties))
    settings = kafka_only.settings(kafka=f"127.0.0.1:{host}")
    for start in ("first", "second"):
        with run_command(
            *argv, folder=tmp_path, env={"KAFKA_BIN": str(scripts)}, name=start, stop_within_s=60
        ) as child:
            await eventually(
                lambda: not child.running or (listening(host) and listening(inside)), within_s=90
            )
            assert child.running, child.tail()
            if start == "first":
                await make_topics(settings)
            async with administered(f"127.0.0.1:{inside}") as admin:
                assert {full_name(settings, topic.name) for topic in TOPICS} <= set(
                    await admin.list_topics()
                )
