"""The demo's day: generated events of the six counties of Zhangye, and what must come of them."""

import hashlib
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from cli import demo_texts as texts
from cli.demo_bad import KINDS
from cli.demo_cases import Update, in_time, overdue
from cli.demo_truth import Truth
from cli.producing import Record
from streams.counties import in_city

CITY: Final = "6207"
SILENT: Final = "620721"  # neither grid report nor zero report: must be missed
ZERO_ONLY: Final = "620724"  # says "nothing today", and nothing else on the grid
RED: Final = "620702"
CROWD: Final = "620722"
ORANGE: Final = "620723"  # enough orange matters for its consult list
BURST: Final = "620725"
BURST_CATEGORY: Final = "S01"
BURST_CALLS: Final = 36  # the rule's limit is 20
MINIMUM_EVENTS: Final = 500
MAXIMUM_EVENTS: Final = 500_000  # about 8 KB of memory each

_SHARES: Final = {"hotline-calls": 62, "grid-reports": 24, "opinion-items": 14}
_WEIGHTS: Final = {
    "620702": 36,
    "620721": 8,
    "620722": 17,
    "620723": 12,
    "620724": 12,
    "620725": 15,
}
_TODAY_SHARE: Final = 0.08
_BAD_SHARE, _DUPLICATE_SHARE, _CASE_SHARE = 0.012, 0.04, 0.08
_DAY: Final = timedelta(days=1)
# Far below the limits of the burst rules (20 an hour, 100 a day): only the burst is one.
_CAP_HOUR, _CAP_DAY = 8, 40
_CONSULT_ORANGE: Final = 3  # as in agents/rules.yaml


class Day(NamedTuple):
    """The records in the order they are sent, and the truth about them."""

    runid: str
    window_end: datetime
    records: list[Record]
    truth: Truth


def generate(window_end: datetime, events: int, seed: int, prefix: str = "") -> Day:
    """A day of `events` records; the same arguments give the same day.

    window_end: with the zone of the daily cycle. prefix: of the topics.
    Raises ValueError below MINIMUM_EVENTS: what must be in it would not fit.
    """
    if events < MINIMUM_EVENTS:
        raise ValueError(f"a day has at least {MINIMUM_EVENTS} events, not {events}")
    maker = _Maker(window_end, seed, prefix)
    maker.special()
    bad = max(len(KINDS), round(events * _BAD_SHARE))
    duplicates = round(events * _DUPLICATE_SHARE)
    maker.cases(round(events * _CASE_SHARE))
    maker.reports(events - bad - duplicates - len(maker.sent))
    maker.duplicates(duplicates)
    maker.bad(bad)
    return maker.day()


class _Sent(NamedTuple):
    """One record with its place in the order of sending."""

    place: float
    county: str
    stream: str
    event: dict[str, Any]
    record: Record


class _Maker:
    """Draws events and notes the truth about each as it is made."""

    def __init__(self, window_end: datetime, seed: int, prefix: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  a demo's dice
        self._end = window_end
        self._prefix = prefix
        self._runid = f"demo-{window_end:%Y%m%d}-{seed}"
        self._truth = Truth(presence_after=window_end.date() - 6 * _DAY)
        self._numbers: Counter[str] = Counter()
        self._orange: Counter[str] = Counter()  # within the day's window
        self._cell_hours: Counter[tuple[str, str, int]] = Counter()
        self._cell_days: Counter[tuple[str, str, int]] = Counter()
        self.sent: list[_Sent] = []
        for day in (0, 1):  # the burst stands alone in its cell
            self._cell_days[BURST, BURST_CATEGORY, day] = _CAP_DAY

    def day(self) -> Day:
        truth = self._truth
        truth.published.update(sent.county for sent in self.sent)
        truth.digests = {("daily_report", county) for county in in_city(CITY)}
        dispatched = {county for _, county, _ in truth.alerts}
        discussed = dispatched | {
            county for county, grave in self._orange.items() if grave >= _CONSULT_ORANGE
        }
        truth.digests |= {("daily_consult", county) for county in discussed}
        truth.digests |= {("daily_dispatch", county) for county in dispatched}
        truth.digests |= {(kind, f"{CITY}00") for kind, _ in truth.digests}
        truth.window[f"{CITY}00"] = truth.window.total()
        ordered = sorted(self.sent, key=lambda sent: sent.place)
        return Day(self._runid, self._end, [sent.record for sent in ordered], truth)

    def special(self) -> None:
        """The events that must raise an alert, and what makes a county speak or be silent."""
        start = self._end.replace(hour=10)
        for _ in range(BURST_CALLS):
            at = start + timedelta(seconds=self._random.randrange(60, 3500))
            self._report("hotline-calls", BURST, BURST_CATEGORY, at, texts.BURST)
        noon = self._end.replace(hour=12)
        self._report("hotline-calls", RED, "S14", noon, texts.RED, severity=1)
        self.sent.append(self._again(self.sent[-1]))  # seen twice, raised once
        self._report("grid-reports", CROWD, "D09", noon, texts.CROWD, people_band="30+")
        for hour in (9, 11, 13, 14):
            at = self._end.replace(hour=hour, minute=20)
            self._report("hotline-calls", ORANGE, "S02", at, texts.SENTENCES["S02"][0], severity=2)
        for county in in_city(CITY):
            for day in range(1, 4):
                self._report("grid-reports", county, "", self._end - day * _DAY - _DAY / 3)
        self._report("grid-reports", ZERO_ONLY, "", self._end - _DAY / 24)
        self._accept_case(ORANGE, overdue(self._end, f"AJ-{ORANGE}-000000"))
        self._truth.alerts.update(
            [
                ("red", RED, "S14"),
                ("large-group", CROWD, "D09"),
                ("burst-hour", BURST, BURST_CATEGORY),
                ("missing-report", SILENT, ""),
                ("overdue-80", ORANGE, ""),
                ("overdue-100", ORANGE, ""),
            ]
        )

    def reports(self, number: int) -> None:
        """Ordinary reports: of the day, of the two weeks before it, some of past years."""
        counties, weights = zip(*_WEIGHTS.items(), strict=True)
        streams, shares = zip(*_SHARES.items(), strict=True)
        inside = [code for code in texts.SENTENCES if code != "S99"]
        for _ in range(number):
            stream = self._random.choices(streams, shares)[0]
            county = self._random.choices(counties, weights)[0]
            outside = stream == "opinion-items" and self._random.random() < 0.2
            category = "S99" if outside else self._random.choice(inside)
            at = self._slot(county, category, stream)
            sentence = self._random.choice(texts.SENTENCES[category])
            self._report(stream, county, category, at, sentence)

    def _slot(self, county: str, category: str, stream: str) -> datetime:
        """A moment at which the county has room for one more of this category."""
        draw = self._random.random()
        mute = stream == "grid-reports" and county in {SILENT, ZERO_ONLY}
        if draw < _TODAY_SHARE and not mute:
            day = 0
        elif draw < 0.9:  # days as full as this one: what a board compares it with
            day = self._random.randint(1, 13)
        elif draw < 0.96:
            day = self._random.randint(14, 60)
        else:
            day = self._random.randint(1, 6) * 365 + self._random.randrange(60)
        while True:
            if self._cell_days[county, category, day] < _CAP_DAY:
                for _ in range(8):
                    minute = self._random.randrange(2, 1438)
                    at = self._end - day * _DAY - timedelta(minutes=minute)
                    awake = 7 <= at.hour < 22 or self._random.random() < 0.15
                    hour = int(at.timestamp()) // 3600
                    if awake and self._cell_hours[county, category, hour] < _CAP_HOUR:
                        self._cell_hours[county, category, hour] += 1
                        self._cell_days[county, category, day] += 1
                        return at
            day += 1

    def _report(
        self, stream: str, county: str, category: str, at: datetime, sentence: str = "", **said: Any
    ) -> None:
        """One report; without a sentence an explicit "nothing today"."""
        choose = self._random.choice
        zero = not sentence
        data = self._matter(county, at) | said
        if sentence:
            # The burst is one matter; the others are each of an estate of its own.
            spot = texts.BURST_SPOT if sentence == texts.BURST else ""
            data["text"] = texts.written(self._random, county, sentence, category, spot)
            if self._random.random() < 0.3:
                data["title"] = sentence.format(place="")[:40]
            if self._random.random() < 0.1 and category != "S99":
                data["category"] = category
            if self._random.random() < 0.2 and not said:
                data["severity"] = choose((3, 4))
        if stream == "grid-reports":
            channel = choose(("grid_app", "patrol", "window", "assigned_from_above"))
            data |= {"channel": channel, "on_site_resolved": choose((True, False))}
            data["is_zero_report"] = zero
            if not zero and "people_band" not in data:
                data["people_band"] = choose(("1-2", "3-9", "10-29"))
            self._truth.spoke(county, at.astimezone(self._end.tzinfo), zero)
        elif stream == "hotline-calls":
            channel = choose(("phone", "phone", "web", "wechat", "app", "letter"))
            demand = choose(("consult", "help", "complaint", "report", "suggest"))
            data |= {"channel": channel, "demand_type": demand, "repeat": choose((True, False))}
            data["wait_s"] = self._random.randrange(300)
        else:
            channel = choose(("news", "forum", "short_video", "message_board"))
            confidence = round(self._random.uniform(0.6, 1.0), 2)
            data |= {"platform_class": channel, "geo_confidence": confidence}
        if not zero:
            self._truth.counts[county, category, channel, int(at.timestamp()) // 3600] += 1
            within = self._end - _DAY <= at < self._end
            self._truth.window[county] += within
            grave = data.get("severity") == 2 or sentence in texts.ORANGE
            self._orange[county] += within and grave
        self._accept(stream, county, at, data)

    def cases(self, number: int) -> None:
        """Case updates, several versions each, sent out of order."""
        counties, weights = zip(*_WEIGHTS.items(), strict=True)
        case = 0
        while number > 0:
            case += 1
            county = self._random.choices(counties, weights)[0]
            case_id = f"AJ-{county}-{case:06d}"
            updates = in_time(self._random, self._end, case_id, number)
            self._accept_case(county, updates)
            number -= len(updates)

    def _accept_case(self, county: str, updates: list[Update]) -> None:
        for at, data in updates:
            self._accept("case-updates", county, at, self._matter(county, at) | data)
        last = updates[-1].data
        self._truth.cases[county, last["case_id"]] = last["version"], last["status"]

    def duplicates(self, number: int) -> None:
        """Events sent again, some in the other mode, so not the same bytes."""
        self.sent += [self._again(sent) for sent in self._random.choices(self.sent, k=number)]

    def _again(self, sent: _Sent) -> _Sent:
        self._truth.duplicates[sent.county, sent.stream] += 1
        record = self._record(sent.county, sent.stream, sent.event)
        return sent._replace(place=self._random.uniform(sent.place, 1.0), record=record)

    def bad(self, number: int) -> None:
        """Events that must be answered by a dead letter; every kind there is."""
        good = [sent for sent in self.sent if sent.stream == "hotline-calls"]
        for turn in range(number):
            kind = KINDS[turn % len(KINDS)]
            model = self._random.choice(good)
            event = model.event | {"id": f"bad-{turn}"}
            value = kind.spoil(event, self._end)
            digest = hashlib.sha256(value).hexdigest()
            self._truth.dead_letters[digest] = model.county, kind.reason.value
            record = Record(model.record.topic, model.county.encode(), value)
            self.sent.append(_Sent(self._random.random(), model.county, model.stream, {}, record))

    def _matter(self, county: str, at: datetime) -> dict[str, Any]:
        """Place and time, written in one of the ways that are allowed."""
        place = self._random.choices(("county_code", "grid_code", "county_name"), (7, 2, 1))[0]
        grid = f"{county}{self._random.randrange(1, 20):03d}{self._random.randrange(1, 99):03d}"
        name = texts.NAMES[county]
        occurred = at - timedelta(minutes=self._random.randrange(240))
        written = at.astimezone(UTC) if self._random.random() < 0.3 else at
        return {
            place: {"county_code": county, "grid_code": grid, "county_name": name}[place],
            "occurred_at": occurred.isoformat(),
            "reported_at": written.isoformat(),
        }

    def _accept(self, stream: str, county: str, at: datetime, data: dict[str, Any]) -> None:
        """Send a good event: at its time if it is of the day, at any time if it is late."""
        self._numbers[county + stream] += 1
        event = {
            "specversion": "1.0",
            "id": f"{stream}-{self._numbers[county + stream]}",
            "source": f"urn:huishang:demo:{county}",
            "type": f"huishang.{stream.removesuffix('s')}.v1",
            "time": at.isoformat(),
            "runid": self._runid,
            "data": data,
        }
        age = (self._end - at) / _DAY
        place = self._random.random()
        if age < 1 and self._random.random() < 0.9:  # the rest is sent hours late
            place = min(1.0, max(0.0, self._random.gauss(1 - age, 0.02)))
        self._truth.counted[county, stream] += 1
        self.sent.append(_Sent(place, county, stream, event, self._record(county, stream, event)))

    def _record(self, county: str, stream: str, event: dict[str, Any]) -> Record:
        """The event in structured or binary mode, mostly with the county as its key."""
        key = county.encode() if self._random.random() < 0.9 else None
        topic = self._prefix + stream
        if self._random.random() < 0.5:
            return Record(topic, key, orjson.dumps(event))
        headers = [
            (f"ce_{name}", str(value).encode()) for name, value in event.items() if name != "data"
        ]
        headers.append(("content-type", b"application/json"))
        return Record(topic, key, orjson.dumps(event["data"]), headers)
