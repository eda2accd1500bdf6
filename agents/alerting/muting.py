"""Whether an alert is told, and if not, why: silences, inhibition, grouping, the cap of a day.

As in Prometheus Alertmanager, but for the cap, and but for inhibition, which is decided
once: an alert that another one muted is not told when that one ends, for then it is old.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from agents.alerting.lives import Lives, Silence
from agents.alerting.settings import Inhibition, Life
from streams.answers import Alert

_RED: Final = 1
_FIELDS: Final = {"county": "county_code", "category": "category", "incident": "incident"}


class Mute(StrEnum):
    """Why an alert is not told: what `muted` begins with, a colon after it."""

    SILENCE = "silence"  # until it ends
    INHIBITED = "inhibited"
    GROUP = "group"  # for a while
    CAP = "cap"

    def because(self, why: str) -> str:
        """What an alert's `muted` says."""
        return f"{self.value}: {why}"


def mute_of(alert: Alert) -> str:
    """The kind of mute an alert has; empty if it has none."""
    return alert.muted.partition(":")[0]


class Telling:
    """What is told at one moment. lives: as they were before it."""

    def __init__(
        self,
        lives: Lives,
        life: Life,
        inhibitions: Sequence[Inhibition],
        at: datetime,
        zone: ZoneInfo,
    ) -> None:
        self._lives = lives
        self._life = life
        self._inhibitions = inhibitions
        self._at = at
        self._at_s = int(at.timestamp())
        self._zone = zone
        self._told: dict[str, int] = {}  # county → told today, but for red ones
        self._groups: dict[str, list[int]] = {}  # group → levels told at this moment

    def first(self, alerts: Sequence[Alert]) -> list[Alert]:
        """New alerts, each in its group, and told or muted."""
        grouped = [replace(alert, group=group_of(alert)) for alert in alerts]
        return [self._first(alert, grouped) for alert in grouped]

    def _first(self, alert: Alert, beside: Iterable[Alert]) -> Alert:
        silence = self._lives.silence_of(alert, self._at_s)
        if silence is not None:
            return muted(alert, self.silenced(silence))
        by = self._inhibited_by(alert, beside)
        if by is not None:
            return muted(alert, Mute.INHIBITED.because(f"预警 {by.id}（{by.rule}）未关闭"))
        if alert.level != _RED and self._group_was_told(alert):
            why = f"同县同类预警刚发出，{self._life.group_min}分钟后一并发出"
            return muted(alert, Mute.GROUP.because(why))
        return self.now(alert)

    def now(self, alert: Alert) -> Alert:
        """Told now, unless the county's day is full."""
        if alert.level != _RED:
            told = self._told.get(alert.county_code)
            if told is None:
                told = self._told_today(alert.county_code)
            if told >= self._life.cap_per_day:
                why = f"当日已发出{told}条，达到上限，只列入清单和日报"
                return muted(alert, Mute.CAP.because(why))
            self._told[alert.county_code] = told + 1
        self._groups.setdefault(alert.group, []).append(alert.level)
        return replace(alert, notify=True, muted="", told_at=self._at)

    def silenced(self, silence: Silence) -> str:
        """What `muted` says of a silence."""
        until = datetime.fromtimestamp(silence.until_s, self._zone)
        return Mute.SILENCE.because(f"{silence.by}静默至{until:%m月%d日%H:%M}，{silence.note}")

    def _inhibited_by(self, alert: Alert, beside: Iterable[Alert]) -> Alert | None:
        for inhibition in self._inhibitions:
            if alert.rule not in inhibition.mutes:
                continue
            of_county = [
                *self._lives.opened(inhibition.source, alert.county_code),
                *(one for one in beside if one.rule == inhibition.source),
            ]
            for source in of_county:
                if all(_same(source, alert, _FIELDS[name]) for name in inhibition.same):
                    return source
        return None

    def _group_was_told(self, alert: Alert) -> bool:
        """Whether one of its group, at least as grave, was told a moment ago."""
        since_s = self._at_s - self._life.group_min * 60
        if any(level <= alert.level for level in self._groups.get(alert.group, ())):
            return self._life.group_min > 0
        return any(
            told.at_s > since_s
            and told.level <= alert.level
            and self._lives.alerts[identifier].group == alert.group
            for identifier, told in self._lives.told.get(alert.county_code, {}).items()
        )

    def _told_today(self, county: str) -> int:
        midnight = self._at.astimezone(self._zone).replace(hour=0, minute=0, second=0)
        start_s = int(midnight.timestamp())
        end_s = int((midnight + timedelta(days=1)).timestamp())
        return sum(
            start_s <= told.at_s < end_s and told.level != _RED
            for told in self._lives.told.get(county, {}).values()
        )


def group_of(alert: Alert) -> str:
    """The key of an alert's group."""
    return f"{alert.county_code}/{alert.category or '-'}"


def muted(alert: Alert, why: str) -> Alert:
    """Not told, until someone says so."""
    return replace(alert, notify=False, muted=why)


def _same(one: Alert, other: Alert, field: str) -> bool:
    value: str = getattr(one, field)
    return one is not other and bool(value) and value == getattr(other, field)
