"""Where rows are measured: a broker, topics of a measurement's own, workers and what they use."""

import asyncio
import contextlib
import logging
import os
import re
import signal
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from bench.load import COUNTIES, hotline_calls
from bench.rows import Row
from cli import topics
from cli.producing import Record, produce
from streams.settings import PREFIX, Settings
from streams.topics import TOPICS, full_name
from tests.brokers import ApacheKafka, Broker, remove_topics
from tests.kafka.jars import CACHE_VARIABLE
from tests.processes import Child, run_huishang
from tests.waiting import eventually_sync, free_port

STREAM: Final = "hotline-calls"
MIB: Final = 1 << 20
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_RECOVERED: Final = re.compile(r"^partition (\d+) recovered: .*?([\d.]+) s$")


class Worker:
    """A stage as a process, and what it says and uses."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self._port = port
        self._process = psutil.Process(child.pid)

    def ready(self) -> bool:
        """Raises RuntimeError when the process has ended."""
        self.check()
        with contextlib.suppress(OSError):  # 503, or nobody listens yet
            return bool(_get(self._port, "/health/ready"))
        return False

    def check(self) -> None:
        if not self.child.running:
            raise RuntimeError(
                f"{self.child.name} ended with {self.child.returncode}\n{self.child.tail()}"
            )

    def metric(self, name: str) -> float:
        """The sum of a metric's samples over all labels."""
        self.check()
        lines = _get(self._port, "/metrics").decode().splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith((f"{name}{{", f"{name} "))
        )

    def cpu_s(self) -> float:
        return cpu_s(self._process)

    def rss_mib(self) -> float:
        return float(self._process.memory_info().rss / MIB)

    def recoveries(self) -> dict[int, tuple[float, float]]:
        """Partition → when tally's last recovery of it began and ended, Unix time, by its log."""
        self.check()
        spans = {}
        for line in self.child.text().splitlines():
            with contextlib.suppress(orjson.JSONDecodeError):
                said = orjson.loads(line)
                if found := _RECOVERED.match(str(said.get("event", ""))):
                    ended_s = datetime.fromisoformat(said["timestamp"]).timestamp()
                    spans[int(found[1])] = (ended_s - float(found[2]), ended_s)
        return spans


@dataclass(frozen=True)
class Site:
    """Topics of one measurement, under a prefix of their own, and a folder for its workers."""

    broker: Broker
    overrides: dict[str, Any] = field(default_factory=dict)

    @property
    def bootstrap(self) -> str:
        return self.broker.bootstrap

    @property
    def settings(self) -> Settings:
        return self.broker.settings(**self.overrides)

    def topic(self, name: str) -> str:
        return full_name(self.settings, name)

    @contextmanager
    def worker(self, stage: str, name: str = "", **settings: Any) -> Iterator[Worker]:
        """A worker of a stage for the length of a with block, ready when it is entered."""
        port = free_port()
        given = {
            # Nobody has to report: the daily cycle stays out of what is measured.
            "counties": "999999",
            "clickhouse": f"chdb://{self.broker.data / 'store'}",
            **self.overrides,
            **settings,
            ("status_port" if stage == "sink" else f"{stage}_port"): port,
        }
        env = self.broker.env(**given)
        with run_huishang(
            "worker", stage, folder=self.broker.data, env=env, name=name or stage, stop_within_s=60
        ) as child:
            worker = Worker(child, port)
            eventually_sync(worker.ready, within_s=600, every_s=0.01, what=f"{child.name} ready")
            yield worker

    def publish(self, records: Iterable[Record]) -> None:
        asyncio.run(produce(Settings(kafka=self.bootstrap), records))

    def log_of(self, name: str) -> list[ConsumerRecord]:
        """All that is on a topic now, by time."""
        partitions = next(topic.partitions for topic in TOPICS if topic.name == name)
        count = self.settings.partitions if partitions is None else partitions
        return asyncio.run(_whole(self.bootstrap, self.topic(name), count))


class Lab:
    """The broker of an invocation, how much is measured, and what was made once for several rows.

    events: of one run. seconds: how long latency is sampled at one rate. round: from 0.
    server: the broker of them all. top_rate: the pipeline's events per second, as far as it is known.
    """

    def __init__(self, server: ApacheKafka, folder: Path, events: int, seconds: float = 30) -> None:
        self.events = events
        self.seconds = seconds
        self.round = 0
        self.top_rate = 0.0
        self.server = server
        self._folder = folder
        self._input: Site | None = None
        self._input_of = -1
        self._kept: dict[str, Any] = {}

    @contextmanager
    def site(self, **overrides: Any) -> Iterator[Site]:
        """Topics for the length of a with block; overrides: settings, such as partitions."""
        site = self._made(overrides)
        try:
            yield site
        finally:
            self._remove(site)

    def input(self) -> Site:
        """The round's site, whose input topic holds the events; several rows read the same."""
        if self._input is None or self._input_of != self.round:
            self.clear()
            self._input, self._input_of = self._made({}), self.round
            self.publish_calls(self._input)
        return self._input

    def publish_calls(self, site: Site, counties: Sequence[str] = COUNTIES) -> None:
        calls = hotline_calls(site.topic(STREAM), self.events, self.round, "bench", counties)
        site.publish(calls)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made at the first asking only."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def clear(self) -> None:
        """Take the round's input off the broker."""
        if self._input:
            self._remove(self._input)
            self._input = None

    def _made(self, overrides: dict[str, Any]) -> Site:
        prefix = f"bench-{uuid.uuid4().hex[:8]}."
        data = self._folder / prefix.rstrip(".")
        data.mkdir()
        site = Site(Broker("kafka", self.server, prefix, data), overrides)
        asyncio.run(topics.apply(site.settings))
        return site

    def _remove(self, site: Site) -> None:
        asyncio.run(remove_topics(site.bootstrap, site.broker.topic_prefix))


Measure = Callable[[Lab], Row]


@contextmanager
def laboratory(events: int, seconds: float = 30) -> Iterator[Lab]:
    """A Lab with an Apache Kafka of its own, for the length of a with block.

    Raises tests.kafka.jars.KafkaMissing where there is none to be had.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        if name != CACHE_VARIABLE:
            del os.environ[name]  # settings of the caller's shell are not what is measured
    # New topics have no leader for a moment; producers try again, and say so.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    # Told to end, it ends what it started and takes its files away, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="huishang-bench-") as folder:
        kafka = Path(folder) / "kafka"
        kafka.mkdir()
        server = ApacheKafka(kafka)
        try:
            server.start()
            yield Lab(server, Path(folder), events, seconds)
        finally:
            server.stop()


def wait_until(done: Callable[[], bool], what: str, within_s: float = 1_800) -> None:
    """Ask twice a second: each asking costs what is measured a little."""
    eventually_sync(done, within_s=within_s, every_s=0.5, what=what)


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _get(port: int, path: str) -> bytes:
    # A worker that recovers millions of identities may be deaf for long.
    with _OPENER.open(f"http://127.0.0.1:{port}{path}", timeout=300) as answer:
        return bytes(answer.read())


async def _whole(bootstrap: str, topic: str, partitions: int) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        tps = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        found: list[ConsumerRecord] = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            fetched = await consumer.getmany(timeout_ms=500)
            found += [record for records in fetched.values() for record in records]
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: record.timestamp)
