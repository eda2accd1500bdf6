"""Marker events: each with a total and an alert of its own, and when these came to light.

A marker is a hotline call of severity 1 in a county, category and hour that the
load never touches, so the first row of that key is the marker's, and its alert's
id is known beforehand.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final

import aiohttp
import msgspec
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.decode import Decoder, identity
from agents.rules import Rules, alert_id
from bench.site import STREAM, Site
from streams.categories import CATEGORIES
from streams.counties import in_city
from streams.topics import ALERTS
from tests.brokers import administered

EVERY_S: Final = 0.1
# A poll costs the sink 6 ms of CPU: more often, and the asking would be what is measured.
_POLL_S: Final = 0.05
_LAST_S: Final = 60.0  # for what is outstanding when the last marker is out
_ALERT_PARTITIONS: Final = 4
_HOURS_BACK: Final = 30  # the load reaches back one day
_COUNTIES: Final = in_city("63")  # Qinghai; the load is Gansu's
_CATEGORIES: Final = sorted(CATEGORIES)[:32]
_LOG_APPEND_TIME: Final = 1

Key = tuple[str, str, int]  # county, category, hour since 1970 UTC


class Marker(msgspec.Struct):
    """One marker event. sent_s: Unix time just before it was handed to the producer."""

    key: Key
    alert: str
    value: bytes
    sent_s: float = 0.0


class _AlertId(msgspec.Struct):
    id: str


@dataclass
class Seen:
    """Milliseconds from publishing a marker. alerts: until the broker had its alert."""

    counts_ms: list[float] = field(default_factory=list)
    alerts_ms: list[float] = field(default_factory=list)
    polls_ms: list[float] = field(default_factory=list)


def marker(number: int, now: datetime) -> Marker:
    """The number-th marker of an invocation; every one has a key of its own."""
    lap, place = divmod(number, len(_COUNTIES))
    hours, leaf = divmod(lap, len(_CATEGORIES))
    county, category = _COUNTIES[place], _CATEGORIES[leaf]
    hour = int(now.timestamp()) // 3600 - _HOURS_BACK - hours
    at = datetime.fromtimestamp(hour * 3600, UTC).isoformat()
    value = orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"marker-{number}",
            "source": "/bench/marker",
            "type": "huishang.hotline-call.v1",
            "data": {
                "county_code": county,
                "occurred_at": at,
                "reported_at": at,
                "category": category,
                "severity": 1,
                "channel": "phone",
                "demand_type": "complaint",
                "repeat": False,
            },
        }
    )
    window = f"{identity(_decoder().decode(value, ())):016x}"
    alert = alert_id(_red_rule(), county, category, window)
    return Marker((county, category, hour), alert, value)


@cache
def _red_rule() -> str:
    return next(rule.id for rule in Rules.load().severity if rule.severity == 1)


@cache
def _decoder() -> Decoder:
    return Decoder(STREAM)


async def follow(site: Site, endpoint_port: int, seconds: float) -> Seen:
    """Publish a marker every 100 ms for this long; wait until every one has been seen."""
    now = datetime.now(UTC)
    markers = [marker(number, now) for number in range(int(seconds / EVERY_S))]
    seen = Seen()
    counting = {found.key: found for found in markers}
    alerting = {found.alert: found for found in markers}
    await _stamp_on_arrival(site)
    async with _consumer(site) as consumer:
        watchers = [
            asyncio.create_task(_watch_counts(endpoint_port, counting, seen)),
            asyncio.create_task(_watch_alerts(consumer, alerting, seen)),
        ]
        try:
            await _publish(site, markers)
            await asyncio.wait_for(asyncio.gather(*watchers), _LAST_S)
        except TimeoutError:
            raise RuntimeError(
                f"{_LAST_S:g} s after the last of {len(markers)} markers, {len(counting)} counts "
                f"and {len(alerting)} alerts have not been seen"
            ) from None
        finally:
            for watcher in watchers:
                watcher.cancel()
    return seen


async def _publish(site: Site, markers: list[Marker]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=site.bootstrap)
    await producer.start()
    try:
        topic = site.topic(STREAM)
        started = time.monotonic()
        for number, each in enumerate(markers):
            await asyncio.sleep(max(0.0, started + number * EVERY_S - time.monotonic()))
            each.sent_s = time.time()
            await producer.send(topic, each.value)
        await producer.flush()
    finally:
        await producer.stop()


async def _watch_counts(port: int, waiting: dict[Key, Marker], seen: Seen) -> None:
    """One query for all of them, again and again; a time is that of the answer, so never too low."""
    async with aiohttp.ClientSession() as session:
        while waiting:
            asked_s = time.time()
            visible = await _visible(session, port)
            seen.polls_ms.append((time.time() - asked_s) * 1000)
            for key in visible & waiting.keys():
                seen.counts_ms.append((time.time() - waiting.pop(key).sent_s) * 1000)
            await asyncio.sleep(_POLL_S)


async def _visible(session: aiohttp.ClientSession, port: int) -> set[Key]:
    """Keys of the markers' counties that have a row. A range of the sort key, so cheap."""
    query = (
        "SELECT county, category, toUInt32(hour) FROM counts "
        f"WHERE county BETWEEN '{_COUNTIES[0]}' AND '{_COUNTIES[-1]}' FORMAT JSONCompactEachRow"
    )
    async with session.post(f"http://127.0.0.1:{port}/", data=query.encode()) as answer:
        answer.raise_for_status()
        rows = [orjson.loads(line) for line in (await answer.read()).splitlines()]
    return {(county, category, int(hour) // 3600) for county, category, hour in rows}


async def _watch_alerts(consumer: AIOKafkaConsumer, waiting: dict[str, Marker], seen: Seen) -> None:
    decode = msgspec.json.Decoder(_AlertId).decode
    while waiting:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                if found := waiting.pop(decode(record.value).id, None):
                    if record.timestamp_type != _LOG_APPEND_TIME:
                        raise RuntimeError("the broker does not stamp alerts when they arrive")
                    seen.alerts_ms.append(record.timestamp - found.sent_s * 1000)


async def _stamp_on_arrival(site: Site) -> None:
    """Have the broker note when an alert arrived, not when tally made it."""
    config = {"message.timestamp.type": "LogAppendTime"}
    resource = ConfigResource(ConfigResourceType.TOPIC, site.topic(ALERTS), config)
    async with administered(site.bootstrap) as admin:
        await admin.alter_configs([resource])


@asynccontextmanager
async def _consumer(site: Site) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=site.bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        tps = [TopicPartition(site.topic(ALERTS), number) for number in range(_ALERT_PARTITIONS)]
        consumer.assign(tps)
        await consumer.seek_to_end(*tps)
        yield consumer
    finally:
        await consumer.stop()
