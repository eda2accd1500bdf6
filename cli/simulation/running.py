"""Runs hours of events through intake's and tally's deciding code, in one process, with a moved clock.

No broker and no store: what decides is pure, and is the same here. Every change goes through the
journal's encoding before it is applied, as it does in a stage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from agents import change as changes
from agents.alerting.moment import decide_moment
from agents.change import Change
from agents.cycle import decide_cycle, expected_counties
from agents.decide import decide
from agents.judge import Judge
from agents.prepare import Preparer
from agents.redaction import redact
from agents.rules import Rules
from agents.state import State
from agents.statistical import decide_statistics
from cli.simulation.happening import Event
from streams.answers import Alert, Digest

_DAYS_KEPT: Final = 7
_ALIVE_S: Final = 3_600  # after which the duty room has looked at an alert
_AWAKE: Final = range(7, 23)


@dataclass(slots=True)
class Sent:
    """A record as intake reads it."""

    offset: int
    value: bytes | None
    timestamp: int | None = None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class Room:
    """Duty rooms of some counties. alerts: what was raised, first tellings only, in order."""

    def __init__(self, counties: Iterable[str], rules: Rules, zone: ZoneInfo) -> None:
        self._counties = sorted(counties)
        self._rules = rules
        self._zone = zone
        self._preparer = Preparer(
            Judge.load(redact, None, None),
            redact,
            partitions=1,
            ahead=timedelta(minutes=10),
            history=timedelta(days=3_650),
        )
        self._state = State(_DAYS_KEPT, _DAYS_KEPT)
        self._offsets: dict[str, int] = {}
        self._packs = 0
        self._told: dict[str, datetime | None] = {}
        self._answered: set[str] = set()
        self.alerts: list[Alert] = []
        self.digests: list[Digest] = []
        self.repeated = 0

    def hear(self, events: Iterable[Event], now: datetime) -> None:
        """Take events as they come in; now: when they are all in."""
        streams: dict[str, list[Sent]] = {}
        for stream, event in events:
            offset = self._offsets[stream] = self._offsets.get(stream, -1) + 1
            record = Sent(offset, orjson.dumps(event))
            streams.setdefault(stream, []).append(record)
        taken = []
        for stream, records in streams.items():
            prepared = self._preparer.prepare(stream, stream, 0, records, now)
            if prepared.dead:
                raise RuntimeError(f"an event of the simulation is bad: {prepared.dead[0]}")
            for _, pack in prepared.packs:
                self._packs += 1
                taken.append((self._packs, pack))
        if taken:
            self._apply(decide(self._state, taken, self._rules, self._zone, log=0))

    def look(self, now: datetime) -> None:
        """Let the moment bring what it brings, and the staff answer what they have seen."""
        expected = expected_counties(self._state, ",".join(self._counties), self._counties, now)
        change = decide_cycle(self._state, now, self._rules, self._zone, expected)
        if change:
            self._apply(change)
        for decide_ in (decide_statistics, decide_moment):
            if change := decide_(self._state, now, self._rules, self._zone):
                self._apply(change)
        if now.hour in _AWAKE:
            self.hear(self._answers(now), now)

    def _answers(self, now: datetime) -> list[Event]:
        """An hour after it was raised somebody acknowledges an alert."""
        told = now.isoformat(timespec="seconds")
        found = []
        for alert in self.alerts:
            age_s = (now - alert.raised_at).total_seconds()
            if alert.id not in self._answered and age_s >= _ALIVE_S:
                self._answered.add(alert.id)
                data = {"alert_id": alert.id, "action": "acknowledge", "by": "值班岗"}
                times = {"occurred_at": told, "reported_at": told}
                found.append(
                    (
                        "alert-actions",
                        {
                            "specversion": "1.0",
                            "id": f"ack-{alert.id}",
                            "source": "urn:huishang:simulation:duty",
                            "type": "huishang.alert-action.v1",
                            "data": {"county_code": alert.county_code, **times, **data},
                        },
                    )
                )
        return found

    def _apply(self, change: Change) -> None:
        self._state.apply(changes.decode(changes.encode(change)))
        self.digests += change.digests
        for alert in change.alerts:
            if alert.status != "firing":
                continue
            # One that goes on is given again as it stands; told again it must not be.
            if alert.id not in self._told:
                self.alerts.append(alert)
            elif self._told[alert.id] not in (None, alert.told_at):
                self.repeated += 1
            self._told[alert.id] = alert.told_at
