"""The demo's day in a store: through the deciding code of intake, tally and sink, without a broker."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from msgspec.structs import replace

from agents import change as changes
from agents.alerting.moment import decide_moment
from agents.change import Change
from agents.cycle import decide_cycle
from agents.decide import decide
from agents.judge import Judge
from agents.prepare import Preparer
from agents.redaction import redact
from agents.rules import Rules
from agents.state import State
from cli.demo_day import BURST, BURST_CATEGORY, CITY, generate
from cli.producing import Record
from cli.simulation.running import Sent
from sinks import days
from sinks.rows import (
    Row,
    milliseconds,
    row_of_alert,
    row_of_dead_letter,
    row_of_digest,
    rows_of_totals,
)
from sinks.store import Store
from streams.acting import Event, action_event
from streams.answers import Alert, Digest
from streams.counties import in_city

ZONE: Final = ZoneInfo("Asia/Shanghai")
_SOURCE: Final = "urn:huishang:test:duty"
_POST: Final = "值班岗"
_DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)
# The daily report, its cut-off, the consult list and the dispatch list, each with its moment.
_MOMENTS: Final = (timedelta(), timedelta(minutes=31), timedelta(hours=1), timedelta(hours=2))
_WEEKS_BEFORE: Final = 28
_MANY: Final = 1_000  # records at once


class DemoDay:
    """Fills a store whose schema is applied.

    end: of the report window, 16:00 in ZONE. until: when what follows from it has been done.
    truth: of what the day brings, without what staff did.
    """

    def __init__(self, store: Store, end: datetime, events: int = 3_000) -> None:
        self.end = end
        self.until = end + _MOMENTS[-1] + timedelta(minutes=10)
        day = generate(end, events, seed=1)
        self.truth = day.truth
        self._store = store
        self._rules = Rules.load()
        self._preparer = Preparer(
            Judge.load(redact, None, None),
            redact,
            partitions=1,
            ahead=timedelta(minutes=10),
            history=timedelta(days=3_650),
        )
        self._state = State(7, 7)
        self._offsets: dict[str, int] = {}
        self._packs = self._version = 0
        self._digests: list[Digest] = []
        self._fill(day.records)

    def _fill(self, records: Sequence[Record]) -> None:
        self._moment(self.end - _DAY)
        for start in range(0, len(records), _MANY):
            self._take(records[start : start + _MANY], self.end - timedelta(minutes=1))
        for after in _MOMENTS:
            self._moment(self.end + after)
        self._staff()
        self._moment(self.until)
        for table, rows in (("counts", self._before()), ("alerts", [self._statistical()])):
            self._store.insert(table, rows)
        self._store.insert("notices", list(self._notices()))
        self._store.insert("expectations", list(self._expectations()))
        # By this, views know what time it is.
        self._store.insert("pipeline_health", list(self._health()))
        days.work_out(self._store, ZONE.key, days.stale(self._store, ZONE.key))

    def _take(self, records: Iterable[Record], now: datetime) -> None:
        streams: defaultdict[str, list[Sent]] = defaultdict(list)
        for record in records:
            offset = self._offsets[record.topic] = self._offsets.get(record.topic, -1) + 1
            sent = Sent(offset, record.value, None, record.key, record.headers)
            streams[record.topic].append(sent)
        packs = []
        for stream, sent_ in streams.items():
            prepared = self._preparer.prepare(stream, stream, 0, sent_, now)
            self._store.insert("dead_letters", list(map(row_of_dead_letter, prepared.dead)))
            for _, pack in prepared.packs:
                self._packs += 1
                packs.append((self._packs, pack))
        self._apply(decide(self._state, packs, self._rules, ZONE, log=0))

    def _moment(self, now: datetime) -> None:
        counties = in_city(CITY)
        for change in (
            decide_cycle(self._state, now, self._rules, ZONE, counties),
            decide_moment(self._state, now, self._rules, ZONE),
        ):
            if change:
                self._apply(change)

    def _apply(self, change: Change) -> None:
        self._version += 1
        self._state.apply(changes.decode(changes.encode(change)))
        for totals in self._state.totals(change, self._version, 0):
            for table, rows in rows_of_totals(totals).items():
                self._store.insert(table, rows)
        held = self._state.alerts
        alerts = [replace(held.get(one.id, one), version=self._version) for one in change.alerts]
        self._store.insert("alerts", list(map(row_of_alert, alerts)))
        self._digests += change.digests
        self._store.insert("digests", [row_of_digest(one, self._version) for one in change.digests])
        self._store.insert("dead_letters", list(map(row_of_dead_letter, change.dead)))

    def _staff(self) -> None:
        """Somebody takes up every other alert, and says of some what they were worth."""
        events: list[Event] = []
        for number, alert in enumerate(self._state.alerts.values()):
            at = alert.raised_at + timedelta(minutes=7)
            labels = ("useful", "useful", "not_useful")
            for action in ("acknowledge", labels[number % 3])[number % 2 :]:
                data = {"alert_id": alert.id, "action": action, "by": _POST}
                events.append(_event("alert-action", alert.county_code, data, at))
        events += map(self._called_back, range(20))
        self._take(map(_record, events), self.until)

    def _called_back(self, number: int) -> Event:
        """A case that was resolved, whose citizen was called."""
        county = in_city(CITY)[number % 6]
        at = self.end - timedelta(hours=number)
        callback = {"contacted_at": at.isoformat(), "solved": number % 4 > 0}
        data = {
            "case_id": f"HF-{county}-{number:04d}",
            "version": 1,
            "status": "resolved",
            "level": number % 4 + 1,
            "owner_org": ("住建局", "综治中心")[number % 2],
            "callback": callback | {"satisfaction": number % 5 + 1},
        }
        return _event("case-update", county, data, at)

    def _before(self) -> list[Row]:
        """Counts of the weeks before, a row for a day, county and some of the categories."""
        dice = random.Random(1)
        rows: list[Row] = []
        for day in range(1, _WEEKS_BEFORE * 7):
            hour_s = int((self.end - day * _DAY).timestamp()) - 5 * 3_600
            for county in in_city(CITY):
                for category in ("D01", "D09", "S01", "S03"):
                    n = dice.randint(2, 9)
                    severity = (0, n // 4, n // 2, 0)
                    tone = (n, n // 2, n // 4, -n)
                    rows.append((county, category, "phone", hour_s, 1, n, *severity, *tone, 1))
        return rows

    def _statistical(self) -> Row:
        """What the weeks before would have let the statistical rule say of the burst."""
        raised = self.end - timedelta(hours=5)
        return row_of_alert(
            Alert(
                id="00000000000000aa",
                rule="statistical",
                level=3,
                county_code=BURST,
                category=BURST_CATEGORY,
                window_start=self.end.replace(hour=8),
                window_end=self.end.replace(hour=8) + _DAY,
                observed=36.0,
                limit=0.02,
                expected=5.5,
                p_value=0.0001,
                title="山丹县水电气网 36 件",
                reason="今日 36 件，预期 5.5 件（95% 在 2 至 11 件之间）",
                raised_at=raised,
                history=[5, 6, 4, 7, 5, 6, 5, 4, 6, 5, 7, 6, 5, 36],
            )
        )

    def _notices(self) -> Iterator[Row]:
        for digest in self._digests:
            at_ms = milliseconds(digest.issued_at) + 1_500
            yield (
                *("群", digest.id, "issued", at_ms // 1_000, digest.county_code, digest.kind),
                *("", 4, "sent", at_ms, "00ff", 1, "", 1),
            )

    def _expectations(self) -> Iterator[Row]:
        """What a baseline would have expected of the last four weeks' days."""
        last = (self.end.astimezone(UTC).date() - _EPOCH).days
        for day in range(last - 27, last + 1):
            for county in in_city(CITY):
                for category in ("D01", "D09", "S01", "S03"):
                    yield (county, category, day, 5.5, 2.0, 11.0, 1)

    def _health(self) -> Iterator[Row]:
        for stage in ("intake", "tally", "sink"):
            at_s = int(self.until.timestamp())
            yield (stage, at_s, "Stable", 1, 4, 1_500, 1_500, 0, 0.0, at_s * 1_000)


def _event(kind: str, county: str, data: dict[str, Any], at: datetime) -> Event:
    return action_event(kind, county, data, source=_SOURCE, now=at)


def _record(event: Event) -> Record:
    topic = f"{event['type'].split('.')[1]}s"
    return Record(topic, event["data"]["county_code"].encode(), orjson.dumps(event))
