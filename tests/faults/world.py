"""What faults happen to: the workers of a round, their supervisor, the broker, the store."""

import json
import random
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.topics import JOURNAL, TOPICS
from tests.brokers import ApacheKafka, Broker, administered, apart
from tests.faults.proxy import Mode, Proxy
from tests.faults.store import Embedded, Endpoint, StoreKind, embedded, endpoint
from tests.stages import Stages, deployed
from tests.waiting import eventually_sync

STAGES: Final = ("intake", "tally", "sink")
STORE: Final = "store"
RULES: Final = Path(__file__).with_name("rules.yaml")
_READS: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": (
        *("grid-reports", "hotline-calls", "opinion-items", "case-updates"),
        *("alert-actions", "duty-log"),
    ),
    "tally": ("reports",),
    "sink": ("counts", "alerts", "digests", "dead-letters"),
}
# Snapshots as often as may be, and a broker that compacts what they replaced at once.
_SNAPSHOT_KB: Final = 16
_COMPACT_SOON: Final = {
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "1000",
}
_RESTARTS_LIMIT: Final = 40  # in one round; more is a crash loop


class Broken(Exception):
    """What no fault excuses: a crash loop, a worker that does not stop, a broker that stays away."""


class World:
    """One round's deployment. Use `deployment`.

    doors: stage → its way to the broker.
    """

    def __init__(
        self,
        stages: Stages,
        kafka: ApacheKafka,
        doors: Mapping[str, Proxy],
        store: Embedded | Endpoint,
    ) -> None:
        self.stages = stages
        self.kafka = kafka
        self.doors = doors
        self.store = store
        self.restarts: Counter[str] = Counter()
        self.endings: list[str] = []
        self._wanted: dict[str, str] = {}  # worker → its stage
        self._frozen: set[str] = set()

    def start(self, stage: str, name: str = "") -> None:
        """Start a worker, and from now on keep it running. Returns before it is ready.

        The first of a stage reaches the broker through the stage's door, others straight.
        """
        name = name or stage
        way = f"127.0.0.1:{self.doors[stage].port}" if name == stage else self.kafka.bootstrap
        self.stages.start(stage, name, kafka=way, clickhouse=self.store.dsn)
        self._wanted[name] = stage

    def kill(self, name: str) -> None:
        """`kill -9`; it stays away until it is started."""
        self._wanted.pop(name, None)
        self._frozen.discard(name)
        self.stages.workers[name].kill()

    def kill_all(self) -> None:
        for name in list(self._wanted):
            self.kill(name)

    def leave(self, name: str) -> None:
        """SIGTERM, as when a deployment scales down; must end with status 0.

        Or by the signal itself, as long as Python is still loading.
        """
        if self._wanted.pop(name, None) and self.stages.workers[name].running:
            loading = not self.stages.workers[name].text()
            code = self.stages.workers[name].stop(30)
            fine = {0, -signal.SIGTERM} if loading else {0}
            assert code in fine, f"{name} ended with {code} after SIGTERM"

    def freeze(self, name: str) -> None:
        self._frozen.add(name)
        self.stages.workers[name].send(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        if name in self._frozen:
            self._frozen.discard(name)
            self.stages.workers[name].send(signal.SIGCONT)

    def tend(self) -> None:
        """Start again what ended by itself, as Kubernetes would.

        Raises Broken for a worker that a signal ended, and for a crash loop.
        """
        for name, stage in list(self._wanted.items()):
            child = self.stages.workers[name]
            if child.running:
                continue
            self.restarts[stage] += 1
            self.endings.append(
                f"{name} ended with {child.returncode}: {_last_words(child.text())}"
            )
            by_signal = (child.returncode or 0) <= 0
            if by_signal or self.restarts.total() > _RESTARTS_LIMIT:
                raise Broken("\n".join(self.endings[-3:]))
            self.start(stage, name)

    def heal(self) -> None:
        """End whatever is still wrong; every stage has one worker at least."""
        for door in self.doors.values():
            door.set(Mode.PASS)
        if not self.kafka.running:
            self.kafka.start()
        self.store.heal()
        for name in list(self._frozen):
            self.thaw(name)
        for stage in STAGES:
            if stage not in self._wanted:
                self.start(stage)

    def snapshots(self) -> int:
        """How many the tally workers wrote, as their logs say."""
        logs = {child.output for name, child in self.stages.workers.items() if "tally" in name}
        return sum(log.read_text(errors="replace").count(": snapshot of ") for log in logs)

    def settle(self, within_s: float) -> None:
        """Wait until every stage has committed all there is to read."""

        def nothing_left() -> bool:
            self.tend()
            return all_read(self.stages)

        eventually_sync(nothing_left, within_s=within_s, every_s=0.5, what="everything read")


def all_read(stages: Stages) -> bool:
    """Whether every stage has committed all there is to read. Raises AssertionError if not."""
    for stage, topics in _READS.items():
        for topic in topics:
            assert stages.committed(stage, topic) == stages.ends(topic), topic
    return True


async def _compact_soon(broker: Broker) -> None:
    made = next(topic for topic in TOPICS if topic.name == JOURNAL)
    configs = {**made.config, **_COMPACT_SOON}
    name = broker.topic_prefix + JOURNAL
    async with administered(broker.bootstrap) as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)])


def _last_words(log: str) -> str:
    """Why a worker stopped, out of its log: the message, and the error if there was one."""
    said = [line for line in log.splitlines() if '"event":"stopped' in line]
    if not said:
        return log[-300:]
    line = json.loads(said[-1])
    return f"{line['event']} {line.get('exception', '').strip()[-300:]}".strip()


@contextmanager
def deployment(
    kafka: ApacheKafka,
    proxies: Mapping[str, Proxy],
    prefix: str,
    folder: Path,
    kind: StoreKind,
    draw: random.Random,
) -> Iterator[World]:
    """Topics, a store, one worker of each stage, ready. All of it is gone on leaving."""
    broker = Broker("kafka", kafka, prefix, folder)
    store_ = embedded(folder) if kind == "embedded" else endpoint(folder, proxies[STORE], draw)
    with (
        store_ as store,
        deployed(
            broker, rules=RULES, dead_letter_limit_pct=100, snapshot_kb=_SNAPSHOT_KB
        ) as stages,
    ):
        apart(_compact_soon(broker))
        if isinstance(store, Endpoint):
            stages.ask_at(store.server.port)
        world = World(stages, kafka, {stage: proxies[stage] for stage in STAGES}, store)
        for stage in STAGES:
            world.start(stage)
        stages.ready()
        try:
            yield world
        finally:
            world.heal()
