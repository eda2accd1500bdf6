"""Stages as real processes on a test's broker: started, killed, asked, and events for them."""

import asyncio
import json
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.rules import Rules, of_single_incidents
from cli.producing import Record, produce
from streams.events import kind_of
from tests.brokers import Broker, apart, make_topics
from tests.processes import Child, run_huishang
from tests.waiting import eventually_sync, free_port, listening

NOW: Final = datetime.now(UTC).replace(microsecond=0)
Event = dict[str, Any]

INCIDENT_RULES: Final = of_single_incidents(Rules.load())
_QUIET_MS: Final = 1_500  # a topic that gives nothing for this long has been read
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    """What a stage's page said."""

    status: int
    body: dict[str, Any]


class Stages:
    """Workers of one test, and what they have to say. Use `deployed`."""

    def __init__(self, broker: Broker, folder_of_children: ExitStack, settings: Mapping[str, Any]):
        self.broker = broker
        self.settings = dict(settings)
        self.workers: dict[str, Child] = {}
        self._ports: dict[str, int] = {}
        self._started = folder_of_children
        self._store_port = free_port()

    # -- processes ---------------------------------------------------------------

    def start(
        self, stage: str, name: str = "", *, code: Path | None = None, **settings: Any
    ) -> Child:
        """Start a worker; name tells apart several of one stage. Returns before it is ready.

        port: of its pages; a free one unless given. code: see run_by.
        """
        name = name or stage
        port = settings.pop("port", 0) or free_port()
        given: dict[str, Any] = {
            "clickhouse": f"chdb://{self.broker.data / 'store'}",
            "counties": "999999",  # nobody has to report, unless the test says so
            **self.settings,
            **settings,
            "status_port" if stage == "sink" else f"{stage}_port": port,
        }
        if stage == "sink" and given["clickhouse"].startswith("chdb:"):
            self._store_port = given["clickhouse_port"] = free_port()
        env = {**self.broker.env(**given), **run_by(code)}
        child = self._started.enter_context(
            run_huishang("worker", stage, folder=self.broker.data, env=env, name=name)
        )
        self.workers[name] = child
        self._ports[name] = port
        return child

    def ready(self, *names: str, within_s: float = 60) -> None:
        """Wait until these workers (default: all that run) say they are ready."""
        for name in names or [name for name, child in self.workers.items() if child.running]:

            def is_ready(name: str = name) -> bool:
                child = self.workers[name]
                if not child.running:
                    raise RuntimeError(f"{name} ended with {child.returncode}\n{child.tail()}")
                return self.health(name).status == 200

            eventually_sync(is_ready, within_s=within_s, what=f"{name} ready")

    def restart(self, name: str, **settings: Any) -> None:
        """`kill -9`, then the same stage anew; waits until it is ready."""
        self.workers[name].kill()
        self.start(name, **settings)
        self.ready(name)

    def health(self, name: str) -> Answer:
        """/health/ready of a worker; status 0 while nobody listens."""
        try:
            with _OPENER.open(
                f"http://127.0.0.1:{self._ports[name]}/health/ready", timeout=10
            ) as said:
                return Answer(said.status, json.load(said))
        except urllib.error.HTTPError as said:
            with said:
                return Answer(said.code, json.load(said))
        except (urllib.error.URLError, OSError):
            return Answer(0, {})

    def metric(self, name: str, sample: str) -> float:
        """A sample of a worker's /metrics, as `huishang_lag_records{stage="tally"}`; 0 if not there."""
        url = f"http://127.0.0.1:{self._ports[name]}/metrics"
        with _OPENER.open(url, timeout=10) as said:
            for line in said.read().decode().splitlines():
                if line.startswith(f"{sample} "):
                    return float(line.rpartition(" ")[2])
        return 0.0

    def address_of(self, name: str) -> str:
        """Where a worker's pages are."""
        return f"http://127.0.0.1:{self._ports[name]}/"

    def partitions(self, name: str) -> int:
        """How many partitions a worker holds, as far as it has noticed."""
        return len(self.health(name).body.get("partitions", ()))

    # -- answers -----------------------------------------------------------------

    def ask_at(self, port: int) -> None:
        """From now on ask this port of 127.0.0.1: the sink writes elsewhere."""
        self._store_port = port

    @property
    def address(self) -> str:
        """DSN of the read-only endpoint."""
        return f"http://127.0.0.1:{self._store_port}/default"

    def ask(self, sql: str) -> bytes:
        """The store's answer in JSONEachRow, through the read-only endpoint."""
        query = urllib.parse.urlencode({"query": f"{sql} FORMAT JSONEachRow"})
        with _OPENER.open(f"http://127.0.0.1:{self._store_port}/?{query}", timeout=30) as said:
            return bytes(said.read())

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.ask(sql).splitlines()]

    def counts(self) -> dict[tuple[str, str, str, int], tuple[int, ...]]:
        """(county, category, channel, hour since 1970) → n, red, orange, yellow, blue."""
        found = self.rows(
            "SELECT county, category, channel, intDiv(toUInt32(hour), 3600) h, toUInt32(sum(n)) n,"
            " toUInt32(sum(red)) r, toUInt32(sum(orange)) o, toUInt32(sum(yellow)) y,"
            " toUInt32(sum(blue)) b FROM counts FINAL GROUP BY county, category, channel, h"
        )
        return {
            (row["county"], row["category"], row["channel"], row["h"]): (
                *(row["n"], row["r"], row["o"], row["y"], row["b"]),
            )
            for row in found
        }

    def ledger(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """(county, stream, source) → counted, duplicates."""
        found = self.rows(
            "SELECT county, stream, source, toUInt32(sum(counted)) c, toUInt32(sum(duplicates)) d"
            " FROM ledger FINAL GROUP BY county, stream, source"
        )
        return {
            (row["county"], row["stream"], row["source"]): (row["c"], row["d"]) for row in found
        }

    def counted(self) -> int:
        """Everything counted so far; 0 while the store cannot be asked."""
        if not listening(self._store_port):
            return 0
        return sum(counted for counted, _ in self.ledger().values())

    def alerts(self, *, incidents: bool = False) -> list[tuple[str, str, str]]:
        """(rule, county, category) of every alert; of single incidents only where asked for.

        Generated texts repeat: which of them are one matter is no concern of most tests.
        """
        return sorted(
            (row["rule"], row["county"], row["category"])
            for row in self.rows("SELECT rule, county, category FROM alerts FINAL")
            if incidents or row["rule"] not in INCIDENT_RULES
        )

    # -- topics ------------------------------------------------------------------

    def publish(
        self, records: Iterable[Record], on_acked: Callable[[int], None] | None = None
    ) -> int:
        """Send records to this test's topics; how many the broker acknowledged."""
        prefixed = self._prefixed(records)
        return apart(produce(self.broker.settings(), prefixed, on_acked=on_acked))

    @contextmanager
    def publishing(self, records: Iterable[Record], rate: float) -> Iterator[None]:
        """Send records beside the block, `rate` a second; all are sent when it is left."""
        failed: list[BaseException] = []

        def send() -> None:
            try:
                asyncio.run(produce(self.broker.settings(), self._prefixed(records), rate=rate))
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=send, name="publisher", daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join(90)
        assert not thread.is_alive()
        assert not failed, failed

    def _prefixed(self, records: Iterable[Record]) -> list[Record]:
        prefix = self.broker.topic_prefix
        return [record._replace(topic=prefix + record.topic) for record in records]

    def log_of(self, topic: str) -> list[tuple[int, bytes, bytes]]:
        """All records of a topic: (partition, key, value)."""
        found = apart(_whole_log(self.broker.bootstrap, self.broker.topic_prefix + topic))
        return [(part, key, value) for part, key, value, _ in found]

    def times_of(self, topic: str) -> list[tuple[bytes, float]]:
        """All records of a topic: (value, when it was sent, as time.time())."""
        found = apart(_whole_log(self.broker.bootstrap, self.broker.topic_prefix + topic))
        return [(value, sent_ms / 1_000) for _, _, value, sent_ms in found]

    def committed(self, stage: str, topic: str) -> list[int]:
        """What a stage's group has committed, per partition; 0 where it has nothing."""
        return apart(_offsets(self.broker, topic, f"huishang-{stage}"))

    def ends(self, topic: str) -> list[int]:
        """Where each partition of a topic ends."""
        return apart(_offsets(self.broker, topic))


def run_by(code: Path | None) -> dict[str, str]:
    """The environment in which `huishang` is that of this folder (tests/versions/checkout.py)."""
    return {"PYTHONPATH": str(code)} if code else {}


@contextmanager
def deployed(broker: Broker, *stages: str, **settings: Any) -> Iterator[Stages]:
    """Topics, and these stages ready. On leaving, SIGTERM must end each with status 0 within 20 s.

    A worker that is not to be running then has been ended by the test.
    """
    apart(make_topics(broker.settings()))
    with ExitStack() as children:
        running = Stages(broker, children, settings)
        for stage in stages:
            running.start(stage)
        running.ready()
        yield running
        left = {name: child for name, child in running.workers.items() if child.running}
        for child in left.values():
            child.send(signal.SIGTERM)
        for name, child in left.items():
            code = child.wait(20)
            assert code == 0, f"{name} ended with {code} after SIGTERM\n{child.tail()}"


async def _whole_log(bootstrap: str, topic: str) -> list[tuple[int, bytes, bytes, int]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        parts = consumer.partitions_for_topic(topic) or set()
        consumer.assign([TopicPartition(topic, part) for part in parts])
        await consumer.seek_to_beginning()
        found = []
        while fetched := await consumer.getmany(timeout_ms=_QUIET_MS):
            found += [
                (tp.partition, record.key or b"", record.value or b"", record.timestamp)
                for tp, records in fetched.items()
                for record in records
            ]
        return found
    finally:
        await consumer.stop()


async def _offsets(broker: Broker, topic: str, group: str = "") -> list[int]:
    """Per partition: what the group has committed; without one, the end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        group_id=broker.topic_prefix + group if group else None,
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        parts = [TopicPartition(broker.topic_prefix + topic, part) for part in range(4)]
        if group:
            return [await consumer.committed(part) or 0 for part in parts]
        ends = await consumer.end_offsets(parts)
        return [ends[part] for part in parts]
    finally:
        await consumer.stop()


# -- events ------------------------------------------------------------------------


def event(
    stream: str, number: int | str, county: str, at: datetime, source: str = "", **data: Any
) -> Event:
    """A CloudEvent of an input stream, as its contract asks; `data` adds to it."""
    kind = kind_of(stream)
    stamp = at.isoformat()
    fields: dict[str, dict[str, Any]] = {
        "grid-report": {"channel": "grid_app", "on_site_resolved": False, "is_zero_report": False},
        "hotline-call": {"channel": "phone", "demand_type": "complaint", "repeat": False},
        "opinion-item": {"platform_class": "forum", "geo_confidence": 0.8},
        "case-update": {"version": 1, "status": "registered", "level": 2},
        "alert-action": {"action": "acknowledge", "by": "值班长"},
        "incident-action": {"by": "值班长"},
        "duty-log-entry": {"by": "值班长"},
    }
    return {
        "specversion": "1.0",
        "id": f"{kind}-{number}",
        "source": source or f"/test/{stream}",
        "type": f"huishang.{kind}.v1",
        "data": {
            "county_code": county,
            "occurred_at": stamp,
            "reported_at": stamp,
            **fields[kind],
            **data,
        },
    }


def structured(stream: str, given: Event) -> Record:
    """The whole event as the record's value, keyed by county."""
    value = json.dumps(given, ensure_ascii=False).encode()
    return Record(stream, given["data"]["county_code"].encode(), value)


def binary(stream: str, given: Event) -> Record:
    """Attributes in headers, data as the value."""
    headers = [
        (f"ce_{name}", str(value).encode()) for name, value in given.items() if name != "data"
    ]
    headers.append(("content-type", b"application/json"))
    value = json.dumps(given["data"], ensure_ascii=False).encode()
    return Record(stream, given["data"]["county_code"].encode(), value, headers)


def calls(numbers: Iterable[int], counties: tuple[str, ...] = ("620702", "620721")) -> list[Event]:
    """Plain hotline calls: counties, two categories and 149 past hours in turn.

    With eight counties the first 1,192 have a total each, so that one lost upsert is missed.
    """
    return [
        event(
            "hotline-calls",
            number,
            counties[number % len(counties)],
            NOW - timedelta(hours=number % 149),
            category=("S01", "D03")[number // 2 % 2],
            severity=2 + number % 3,
        )
        for number in numbers
    ]


def as_calls(events: Iterable[Event]) -> list[Record]:
    """Hotline calls as structured records."""
    return [structured("hotline-calls", one) for one in events]


class Truth:
    """What the store must say, worked out from the events alone, one at a time.

    judged: texts → category, which goes before the one an event gives, and severity, of
    which the graver one stands.
    """

    def __init__(self, judged: Mapping[str, tuple[str, int]] | None = None) -> None:
        self._judged = judged or {}
        self._seen: set[tuple[str, str]] = set()
        self.counts: dict[tuple[str, str, str, int], tuple[int, ...]] = {}
        self.ledger: dict[tuple[str, str, str], tuple[int, int]] = {}

    def take(self, stream: str, events: Iterable[Event]) -> None:
        """Events that keep to their contract, in any order."""
        for one in events:
            data = one["data"]
            key = (data["county_code"], stream, one["source"])
            counted, duplicates = self.ledger.get(key, (0, 0))
            if (one["source"], one["id"]) in self._seen:
                self.ledger[key] = (counted, duplicates + 1)
                continue
            self._seen.add((one["source"], one["id"]))
            self.ledger[key] = (counted + 1, duplicates)
            reports = stream in ("grid-reports", "hotline-calls", "opinion-items")
            if reports and not data.get("is_zero_report"):
                self._count(data)

    def _count(self, data: dict[str, Any]) -> None:
        category, severity = self._judged.get(data.get("text", ""), ("", 0))
        category = category or data.get("category", "S99")
        channel = data.get("channel") or data["platform_class"]
        hour = int(datetime.fromisoformat(data["reported_at"]).timestamp()) // 3600
        key = (data["county_code"], category, channel, hour)
        row = list(self.counts.get(key, (0,) * 5))
        row[0] += 1
        band = {"30+": 2, "10-29": 3}.get(data.get("people_band", ""), 0)
        said = [each for each in (severity, band, data.get("severity", 0)) if each]
        if said:
            row[min(said)] += 1
        self.counts[key] = tuple(row)

    @property
    def counted(self) -> int:
        return sum(counted for counted, _ in self.ledger.values())

    def holds(self, stages: Stages, *, within_s: float = 60) -> None:
        """Wait until the store says the same, and only that."""

        def same() -> bool:
            ledger = stages.ledger()
            counts = stages.counts()
            assert ledger == self.ledger, _difference(ledger, self.ledger)
            assert counts == self.counts, _difference(counts, self.counts)
            return True

        eventually_sync(same, within_s=within_s, every_s=0.2, what="the store")


def _difference(found: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> str:
    """The first keys on which two tables differ: found, wanted."""
    keys = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
    shown = {key: (found.get(key), wanted.get(key)) for key in sorted(keys)[:6]}
    return f"{len(keys)} differ (found, wanted): {shown}"
