"""Generated traffic of one round, written to a file and published from it: JSON lines.

Every stream, every reason for a dead letter, repeats, late and early versions of
cases, bursts, history; shuffled. Where the oracle has to look something up (the
category of a text) it does so in the table here.
"""

import json
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from cli.producing import Record
from tests.stages import Event, binary, event, structured

PARTITIONS: Final = 4  # of each input topic
COUNTIES: Final = (
    *("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621"),
    *("620102", "110101", "310115", "440305", "500103", "540102", "650102", "330106"),
)
CITIES: Final = ("620700", "110100")
CATEGORIES: Final = ("S01", "S03", "S05", "S12", "D02", "D03", "D06", "D09", "D11", "D18")
# tests/faults/test_oracle.py holds the classifier to these.
TEXTS: Final = {  # category, severity
    "小区停水三天，自来水公司不管。": ("S01", 2),
    "供暖温度上不去，暖气片不热。": ("S02", 4),
    "巷口路灯不亮已经一周。": ("S05", 4),
}
CHANNELS: Final = {
    "grid-reports": ("grid_app", "patrol", "window"),
    "hotline-calls": ("phone", "web", "letter"),
    "opinion-items": ("news", "forum", "message_board"),
}
STATUSES: Final = ("registered", "accepted", "dispatched", "in_mediation", "resolved", "verified")
# Whether a report of this age is among the live totals depends on when it is counted.
EDGE: Final = (timedelta(days=6, hours=12), timedelta(days=7, hours=12))
BURST: Final = range(22, 30)  # events of a burst
_SHARES: Final = {  # of a round's events, before repeats
    "hotline-calls": 0.45,
    "grid-reports": 0.30,
    "opinion-items": 0.16,
    "case-updates": 0.07,
    "alert-actions": 0.01,
    "duty-log": 0.01,
}


class Line(NamedTuple):
    """One record to publish. offset: where it must come to lie in its partition."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def generate(draw: random.Random, number: int, now: datetime) -> list[Record]:
    """About `number` records in the order of publishing; `now`: aware, whole seconds."""
    good = [_record(draw, stream, one) for stream, one in _events(draw, number, now)]
    bad = list(_bad(draw, max(6, number // 100), now))
    records = good + bad
    # A source that repeats itself, sometimes in the other mode and to another partition.
    records += draw.choices(records, k=number // 12)
    draw.shuffle(records)
    # A publisher that went on from too early a point.
    start = draw.randrange(len(records))
    return records[:start] + records[max(0, start - number // 20) :]


def write(file: Path, records: Iterable[Record]) -> None:
    """One JSON object a line; bytes that are no UTF-8 survive as lone surrogates."""
    with file.open("w", encoding="ascii") as out:
        for record in records:
            partition = record.partition
            if partition is None:
                partition = zlib.crc32(record.key or record.value) % PARTITIONS
            line = {
                "topic": record.topic,
                "partition": partition,
                "key": _text(record.key),
                "value": _text(record.value),
                "headers": [[name, _text(value)] for name, value in record.headers],
            }
            out.write(json.dumps(line) + "\n")


def read(file: Path) -> Iterator[Line]:
    """The file's records, each with the offset that its place gives it."""
    ends: dict[tuple[str, int], int] = {}
    with file.open(encoding="ascii") as lines:
        for text in lines:
            line = json.loads(text)
            place = (line["topic"], line["partition"])
            offset = ends.get(place, 0)
            ends[place] = offset + 1
            headers = tuple((name, _bytes(value) or b"") for name, value in line["headers"])
            value = _bytes(line["value"]) or b""
            yield Line(*place, offset, _bytes(line["key"]), value, headers)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode("utf-8", "surrogateescape")


def _record(draw: random.Random, stream: str, one: Event) -> Record:
    record = draw.choice((structured, structured, binary))(stream, one)
    if draw.random() < 0.05:  # a publisher that does not know the county
        return record._replace(key=None, partition=draw.randrange(PARTITIONS))
    return record


def _events(draw: random.Random, number: int, now: datetime) -> Iterator[tuple[str, Event]]:
    for stream in CHANNELS:
        for index in range(int(number * _SHARES[stream])):
            yield stream, _report(draw, stream, index, now)
    yield from _cases(draw, int(number * _SHARES["case-updates"]), now)
    for index in range(int(number * _SHARES["alert-actions"])):
        yield (
            "alert-actions",
            event(
                "alert-actions",
                index,
                draw.choice(COUNTIES),
                now - timedelta(seconds=draw.randrange(86_400)),
                alert_id=f"{draw.randrange(16):016x}",
                action=draw.choice(("acknowledge", "assign", "close")),
            ),
        )
    for index in range(int(number * _SHARES["duty-log"])):
        yield "duty-log", _entry(draw, index, now)
    for burst in range(3):
        yield from _burst(draw, burst, now)


def _entry(draw: random.Random, index: int, now: datetime) -> Event:
    """An entry of the duty log, of a county or a city; no two say the same."""
    kind = draw.choice(("sign", "amend", "handover"))
    data = {} if kind == "handover" else {"digest_id": f"{draw.randrange(16):016x}"}
    if kind != "sign":
        data["note"] = f"第{index}条：南关小区已恢复供水"
    at = now - timedelta(seconds=draw.randrange(86_400))
    place = draw.choice((*COUNTIES, *CITIES))
    return event("duty-log", index, place, at, kind=kind, **data)


def _report(draw: random.Random, stream: str, index: int, now: datetime) -> Event:
    """A report of any age; what may raise an alert by itself is well inside the live hours."""
    data: dict[str, Any] = {}
    channel = draw.choice(CHANNELS[stream])
    data["platform_class" if stream == "opinion-items" else "channel"] = channel
    # Each report has a second of its own, so that alerts can be told apart by it.
    stamp = _moment(draw, now).replace(microsecond=0)
    on_edge = EDGE[0] < now - stamp < EDGE[1]
    match draw.randrange(10):
        case 0:
            data["text"] = draw.choice(sorted(TEXTS))
        case 1:
            pass  # outside the taxonomy
        case 2:
            data["category"] = "Z77"  # no leaf of it
        case _:
            data["category"] = draw.choice(CATEGORIES)
    if draw.random() < 0.6:
        data["severity"] = draw.choice((2, 3, 4))
    if draw.random() < 0.015 and not on_edge:
        data["severity"] = 1
    county = draw.choice(COUNTIES)
    if stream == "grid-reports":
        if now - stamp > EDGE[0]:  # whether a county reported is kept for live days alone
            stamp = now - timedelta(seconds=draw.randrange(60, 6 * 86_400))
        data["is_zero_report"] = draw.random() < 0.1
        if draw.random() < 0.02:
            data["people_band"] = "30+"
    return event(
        stream, index, county, stamp, source=f"/faults/{stream}/{draw.randrange(3)}", **data
    )


def _moment(draw: random.Random, now: datetime) -> datetime:
    """Mostly of the last six days; some on the edge of the live totals, some long past."""
    kind = draw.random()
    if kind < 0.03:
        return now + timedelta(seconds=draw.randrange(1, 240))  # a clock that is ahead
    if kind < 0.06:
        edge_s = [int(age.total_seconds()) for age in EDGE]
        return now - timedelta(seconds=draw.randrange(*edge_s))
    if kind < 0.14:
        return now - timedelta(seconds=draw.randrange(8 * 86_400, 1_000 * 86_400))
    return now - timedelta(seconds=draw.randrange(60, 6 * 86_400))


def _cases(draw: random.Random, number: int, now: datetime) -> Iterator[tuple[str, Event]]:
    """Every case in several versions; the shuffle puts them out of order."""
    made = case = 0
    while made < number:
        county = draw.choice(COUNTIES)
        versions = draw.randrange(1, len(STATUSES) + 1)
        for version in range(1, versions + 1):
            yield (
                "case-updates",
                event(
                    "case-updates",
                    f"{case}-{version}",
                    county,
                    now - timedelta(hours=10 - version),
                    source=f"/faults/case-updates/{case % 2}",
                    case_id=f"ZY-{case}",
                    version=version,
                    status=STATUSES[version - 1],
                    level=1 + version % 4,
                    owner_org="甘州区住建局" if version > 1 else "张掖市司法局",
                ),
            )
        made += versions
        case += 1


def _burst(draw: random.Random, burst: int, now: datetime) -> Iterator[tuple[str, Event]]:
    hour = now.replace(minute=0, second=0) - timedelta(hours=draw.randrange(3, 120))
    county, category = draw.choice(COUNTIES), draw.choice(CATEGORIES)
    for index in range(draw.choice(BURST)):
        at = hour + timedelta(minutes=2 * index)
        one = event("hotline-calls", f"burst-{burst}-{index}", county, at, category=category)
        yield "hotline-calls", one


def _bad(draw: random.Random, number: int, now: datetime) -> Iterator[Record]:
    """Records that break their contract, each reason in turn."""
    for index in range(number):
        for make in _BAD:
            yield make(event("hotline-calls", f"bad-{index}", draw.choice(COUNTIES), now), now)


def _changed(**data: Any) -> Callable[[Event, datetime], Record]:
    return lambda one, _: structured("hotline-calls", {**one, "data": {**one["data"], **data}})


def _cut(one: Event, _: datetime) -> Record:
    record = structured("hotline-calls", one)
    return record._replace(value=record.value[:-9])


def _undecodable(one: Event, _: datetime) -> Record:
    return Record("grid-reports", one["id"].encode(), b"\xff\xfe \x00")


def _too_early(one: Event, now: datetime) -> Record:
    return _changed(reported_at=(now + timedelta(days=1)).isoformat())(one, now)


_BAD: Final = (
    _cut,
    _undecodable,
    _changed(channel="pigeon"),
    _changed(colour="red"),
    _changed(phone="13893612345"),
    _changed(caller_name="王建国"),
    _changed(county_code="999999"),
    _too_early,
    _changed(reported_at="1999-01-01T08:00:00+08:00"),
)


def now() -> datetime:
    """The moment of the traffic: whole seconds, UTC."""
    return datetime.now(UTC).replace(microsecond=0)
