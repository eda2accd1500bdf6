"""A small deployment's three days, in whatever version of the product is on the path: what it wrote, and what it knew.

Of everything that outlives a version some: packs, the journal on its topic and in a file, with a
snapshot amid it, and outputs. Run by `python -m tests.versions`, also with the code of an
older commit, so it uses little of the product, and nothing of the other tests.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from agents import change as changes
from agents.alerting.moment import decide_moment
from agents.change import Change
from agents.cycle import decide_cycle
from agents.decide import decide
from agents.judge import Judge
from agents.prepare import Preparer
from agents.redaction import redact
from agents.rules import Rules
from agents.snapshot import Fresh, parts_of
from agents.state import State
from agents.statistical import decide_statistics
from streams import packs
from streams.journal import Journal, Position
from streams.journal_file import FileJournal
from streams.journal_topic import TopicJournal

ZONE: Final = ZoneInfo("Asia/Shanghai")
RULES: Final = Rules.load()
COUNTIES: Final = ("620702", "620721", "620722")
START: Final = datetime(2026, 11, 18, 2, tzinfo=UTC)  # a Wednesday, 10:00 in China
_DAY: Final = timedelta(days=1)
_SNAPSHOT_AFTER: Final = 6  # entries; more come behind it

Event = tuple[str, int, bytes]  # stream, offset, value
_STREAMS: Final = {
    "grid-report": "grid-reports",
    "hotline-call": "hotline-calls",
    "opinion-item": "opinion-items",
    "case-update": "case-updates",
    "alert-action": "alert-actions",
    "incident-action": "incident-actions",
}


class Known:
    """A state and how its journal stands, as tally keeps them."""

    def __init__(self) -> None:
        self.state = State(dedupe_days=7, totals_days=7)
        self.position = Position()

    def fold(self, bodies: Iterable[bytes]) -> None:
        for body in bodies:
            self.state.apply(changes.decode(body))


class TopicOfBytes(TopicJournal):
    """The journal on a topic that is a list: (key, value) by offset."""

    def __init__(self, records: list[tuple[bytes, bytes | None]] | None = None) -> None:
        self.records = records or []
        super().__init__("journal", {}, self._to_list, 0)  # type: ignore[arg-type]

    async def _to_list(self, _: str, __: int, key: bytes, value: bytes | None) -> int:
        self.records.append((key, value))
        return len(self.records) - 1

    async def _read(
        self, _: int, start: int, end: int
    ) -> AsyncIterator[tuple[int, str, bytes | None]]:
        for offset in range(start, end + 1):
            key, value = self.records[offset]
            yield offset, key.decode(), value


async def recovered(journal: Journal) -> Known:
    """What a worker knows that takes the partition over."""
    known = Known()
    found = await journal.recover(0, known.position)
    known.fold((*found.chunks, *found.parts, *found.entries))
    return known


def preparer() -> Preparer:
    """Of intake, with one partition."""
    return Preparer(
        Judge.load(redact), redact, 1, ahead=timedelta(minutes=10), history=timedelta(days=3652)
    )


def prepared(of: Preparer, events: Iterable[Event], now: datetime) -> Iterator[Any]:
    """What intake makes of events, stream by stream."""
    by_stream: dict[str, list[Any]] = {}
    for stream, offset, value in events:
        record = SimpleNamespace(offset=offset, value=value, key=b"", headers=(), timestamp=0)
        by_stream.setdefault(stream, []).append(record)
    for stream, records in by_stream.items():
        yield of.prepare(stream, stream, 0, records, now)


class Story:
    """The days as they pass. Every change goes to both journals, and is applied."""

    def __init__(self, folder: Path) -> None:
        self.known = Known()
        self.topic = TopicOfBytes()
        self.file = FileJournal(folder, 0)
        self.events: list[Event] = []
        self.packs: list[bytes] = []
        self.outputs: dict[str, list[bytes]] = {
            "counts": [],
            "alerts": [],
            "digests": [],
            "dead-letters": [],
        }
        self._preparer = preparer()
        self._positions: list[tuple[Journal, Position]] = []
        self._fresh = Fresh()
        self._offsets: dict[str, int] = {}
        self._entries = 0

    async def begin(self) -> None:
        for journal in (self.topic, self.file):
            position = Position()
            await journal.recover(0, position)
            self._positions.append((journal, position))
        self.known.position = self._positions[0][1]

    async def publish(self, events: Iterable[dict[str, Any]], now: datetime) -> None:
        """Through intake and tally."""
        numbered = []
        for one in events:
            stream = _STREAMS.get(str(one["type"]).split(".")[1], "hotline-calls")
            offset = self._offsets[stream] = self._offsets.get(stream, -1) + 1
            numbered.append((stream, offset, json.dumps(one, ensure_ascii=False).encode()))
        self.events += numbered
        for found in prepared(self._preparer, numbered, now):
            self.outputs["dead-letters"] += map(msgspec.json.encode, found.dead)
            for _, pack in found.packs:
                value = packs.encode(pack)
                self.packs.append(value)
                offset = len(self.packs) - 1
                given = [(offset, packs.decode_pack(value))]
                await self._commit(decide(self.known.state, given, RULES, ZONE, 0), offset)

    async def moment(self, now: datetime) -> None:
        """What the clock asks for."""
        state = self.known.state
        await self._commit_moment(decide_cycle(state, now, RULES, ZONE, COUNTIES))
        await self._commit_moment(decide_statistics(state, now, RULES, ZONE))
        await self._commit_moment(decide_moment(state, now, RULES, ZONE))

    async def _commit_moment(self, change: Change | None) -> None:
        if change:
            await self._commit(change, len(self.packs) - 1)

    async def _commit(self, change: Change, applied: int) -> None:
        body = changes.encode(change)
        for journal, position in self._positions:
            entry = position.entry(applied, body, 1)
            await journal.append(0, entry)
            position.advance(entry)
        state = self.known.state
        state.apply(changes.decode(body))
        self._fresh.note(change.identities)
        totals = state.totals(change, self.known.position.version, 0)
        self.outputs["counts"] += map(packs.encode, totals)
        self.outputs["alerts"] += map(msgspec.json.encode, change.alerts)
        self.outputs["digests"] += map(msgspec.json.encode, change.digests)
        self.outputs["dead-letters"] += map(msgspec.json.encode, change.dead)
        self._entries += 1
        if self._entries == _SNAPSHOT_AFTER:
            await self._snapshot()

    async def _snapshot(self) -> None:
        state = self.known.state
        for journal, position in self._positions:
            chunks = list(self._fresh.chunks())
            await journal.snapshot(0, position, parts_of(state), chunks, state.oldest_identity_hour)
        self._fresh.clear()


async def _told(folder: Path) -> Story:
    story = Story(folder)
    await story.begin()
    await story.moment(START)
    await story.publish(_first_day(START), START)
    alerts = story.known.state.alerts.values()
    red = min(alert.id for alert in alerts if alert.county_code == COUNTIES[0])
    owners = story.known.state.incidents.rows["owner"].tolist()
    incidents = [f"{one:016x}" for one in dict.fromkeys(owners)]
    await story.publish(_staff(red, incidents, START), START + timedelta(minutes=5))
    await story.publish(_first_day(START)[:5], START + timedelta(minutes=6))  # repeats
    for hours in (6.1, 6.6, 7.1, 8.1):  # 16:06, 16:36, 17:06, 18:06 in China
        await story.moment(START + timedelta(hours=hours))
    await story.moment(START + _DAY)
    await story.publish(_second_day(START + _DAY), START + _DAY)
    await story.moment(START + 2 * _DAY)
    return story


def told(folder: Path) -> Story:
    """All of it. folder: gets the journal's file."""
    return asyncio.run(_told(folder))


def _event(kind: str, name: str, county: str, at: datetime, **data: Any) -> dict[str, Any]:
    fields: dict[str, dict[str, Any]] = {
        "grid-report": {"channel": "grid_app", "on_site_resolved": False, "is_zero_report": False},
        "hotline-call": {"channel": "phone", "demand_type": "complaint", "repeat": False},
        "opinion-item": {"platform_class": "forum", "geo_confidence": 0.8},
        "case-update": {"version": 1, "status": "registered", "level": 2},
        "alert-action": {"by": "值班长"},
        "incident-action": {"by": "值班长"},
    }
    stamp = at.isoformat()
    return {
        "specversion": "1.0",
        "id": name,
        "source": f"/story/{kind}",
        "type": f"huishang.{kind}.v1",
        "dataschema": f"urn:huishang:{kind}:1",
        "data": {
            "county_code": county,
            "occurred_at": stamp,
            "reported_at": stamp,
            **fields[kind],
            **data,
        },
    }


def _first_day(now: datetime) -> list[dict[str, Any]]:
    """Reports of all kinds, two of one matter, a burst, history, cases, and what is refused."""
    one, two, three = COUNTIES
    water = "阳光花园小区从昨天起停水，没有人来修，请有关部门处理"
    gas = "楼道里有很浓的煤气味，怀疑燃气泄漏，请马上派人"
    earlier = now - timedelta(hours=3)
    events = [
        _event("hotline-call", "water-1", one, earlier, text=water, category="S01", severity=3),
        _event("hotline-call", "water-2", one, now, text=water[1:], channel="web"),
        _event("grid-report", "gas", one, now, text=gas, severity=1, people_band="30+"),
        _event("grid-report", "zero", two, earlier, is_zero_report=True),
        _event("opinion-item", "road", two, earlier, text="巷口路灯不亮已经一周。"),
        _event("hotline-call", "past", three, now - timedelta(days=90), category="D03"),
        _event("hotline-call", "other", three, earlier, category="Z77"),
        _event("case-update", "case-1", two, earlier, case_id="ZY-1", owner_org="张掖市司法局"),
        _event(
            "case-update",
            "case-2",
            two,
            now,
            case_id="ZY-1",
            version=2,
            status="accepted",
            level=3,
        ),
        _event("case-update", "case-3", three, now - 6 * _DAY, case_id="ZY-2"),
        _event("hotline-call", "pigeon", one, now, channel="pigeon"),
    ]
    return events + [
        _event("hotline-call", f"burst-{n}", three, earlier + timedelta(minutes=n), category="S03")
        for n in range(25)
    ]


def _staff(alert_id: str, incidents: list[str], now: datetime) -> list[dict[str, Any]]:
    into, gone = incidents[:2]
    return [
        _event(
            "incident-action",
            "merged",
            COUNTIES[0],
            now,
            incident_id=gone,
            action="merge",
            into=into,
        ),
        _event("alert-action", "taken", COUNTIES[0], now, alert_id=alert_id, action="acknowledge"),
        _event(
            "alert-action",
            "given",
            COUNTIES[0],
            now,
            alert_id=alert_id,
            action="assign",
            assigned_to="住建局",
        ),
        _event(
            "alert-action",
            "quiet",
            COUNTIES[0],
            now,
            alert_id=alert_id,
            action="silence",
            note="检修中",
            until=(now + timedelta(hours=6)).isoformat(),
        ),
        _event("alert-action", "nobody", COUNTIES[1], now, alert_id="f" * 16, action="close"),
    ]


def _second_day(now: datetime) -> list[dict[str, Any]]:
    at = now - timedelta(minutes=30)
    return [
        _event("hotline-call", "later", COUNTIES[0], at, text="供暖温度上不去，暖气片不热。"),
        _event(
            "case-update",
            "case-4",
            COUNTIES[1],
            at,
            case_id="ZY-1",
            version=3,
            status="resolved",
            level=3,
        ),
    ]
