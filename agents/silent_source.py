"""Sources that fell silent: a county's channel that is quiet for longer than chance explains.

What is usual for some hours of a day is what came in the same hours of the days before. So
nights are no silence, and weekends are none once one has been seen.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import exp
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agents import seasons
from agents.channel_names import CHANNEL_NAMES, GRID
from agents.counts import HOURS_PER_DAY
from agents.rules import Rules, alert_id, names_of
from agents.state import State
from agents.windows import window_day
from streams.answers import Alert
from streams.categories import OUTSIDE

DAYS_NEEDED: Final = 6  # of the seven that live totals cover, those that are whole
_SETTLED_S: Final = 600  # into an hour, until the one before is taken to be complete


class Silence(NamedTuple):
    """last_hour: in which something came, since 1970. usual: reports in the silent hours of a day."""

    county: str
    channel: str
    last_hour: int
    usual: float
    p_value: float


def chance_of_none(days: Sequence[int], factor: float = 1.0) -> float:
    """P(0) of a day, given the same hours of days before it. factor: of what is usual then.

    Negative binomial with mean and variance of the days, Poisson where they vary less; and
    not below the Gamma-Poisson predictive, since a few days tell a rate only roughly. 1 where
    one of the days had none: then it is nothing unusual.

    >>> [round(chance_of_none(days), 4) for days in ([9] * 6, [3, 20, 2, 30, 1, 8], [9, 0, 9])]
    [0.0002, 0.1028, 1.0]
    """
    if not days or min(days) == 0:
        return 1.0
    n = len(days)
    mean = sum(days) / n * factor
    variance = sum((day * factor - mean) ** 2 for day in days) / max(1, n - 1)
    chance = exp(-mean)
    if variance > mean:
        k = mean * mean / (variance - mean)
        chance = (k / (k + mean)) ** k
    return float(max(chance, (n / (n + 1)) ** (mean * n)))


class Sources:
    """The channels of a partition's counties at one moment."""

    def __init__(self, state: State, rules: Rules, now: datetime, zone: ZoneInfo) -> None:
        self._state = state
        self._rules = rules
        self._now = now
        self._zone = zone
        self._end_hour = self.hour_of(now)
        self._hours: dict[tuple[str, str], dict[int, int]] = {}
        for (county, _, channel, hour), measures in state.counts.live.items():
            hours = self._hours.setdefault((county, channel), {})
            hours[hour] = hours.get(hour, 0) + measures[0]
        # Ids of the alerts that the sources would have if they stayed as they are.
        self.unheard = {self._id(*source, max(hours)) for source, hours in self._hours.items()}

    @staticmethod
    def hour_of(now: datetime) -> int:
        """The first hour that is not complete yet, as far as we can tell at this moment."""
        return (int(now.timestamp()) - _SETTLED_S) // 3_600

    def silent(self) -> Iterator[Silence]:
        """Those quieter than the rule's P(0)."""
        rule = self._rules.silent_source
        if rule is None:
            return
        today = self._now.astimezone(self._zone).date()
        factor = seasons.expected(self._rules.seasons, today)
        for (county, channel), hours in sorted(self._hours.items()):
            last = max(hours)
            span = min(self._end_hour - last - 1, HOURS_PER_DAY)
            if span < 1 or (channel in GRID and self._said_nothing_today(county, span)):
                continue
            days = [
                sum(hours.get(self._end_hour - back - HOURS_PER_DAY * day, 0) for back in _to(span))
                for day in range(1, DAYS_NEEDED + 1)
            ]
            p_value = chance_of_none(days, factor)
            if p_value < rule.below_p:
                usual = sum(days) / len(days) * factor
                yield Silence(county, channel, last, usual, p_value)

    def _said_nothing_today(self, county: str, span: int) -> bool:
        """Whether an explicit zero report stands for the silent hours."""
        days = {
            window_day((self._end_hour - back) * 3_600, self._rules.cycle, self._zone)
            for back in (0, span)
        }
        return any(self._state.presence.get((county, day), (0, 0))[1] for day in days)

    def alerts(self) -> Iterator[Alert]:
        """One for each silence, named by the hour in which the source was last heard."""
        rule = self._rules.silent_source
        if rule is None:
            return
        for one in self.silent():
            place, _ = names_of(one.county, OUTSIDE)
            channel = CHANNEL_NAMES.get(one.channel, one.channel)
            start = datetime.fromtimestamp((one.last_hour + 1) * 3_600, self._zone)
            hours = self._end_hour - one.last_hour - 1
            yield Alert(
                id=self._id(one.county, one.channel, one.last_hour),
                rule=rule.id,
                level=rule.level,
                county_code=one.county,
                category="",
                window_start=start,
                window_end=datetime.fromtimestamp(self._end_hour * 3_600, self._zone),
                observed=0,
                limit=1,
                expected=round(one.usual, 1),
                p_value=one.p_value,
                title=f"{place}：{channel}已静默{hours}小时",
                reason=(
                    f"{start:%m月%d日%H时}起{channel}没有事项；前{DAYS_NEEDED}日同一时段平均"
                    f"{one.usual:.1f}件，偶然如此的可能性为{one.p_value:.1g}（规则 {rule.id}，"
                    f"下限{rule.below_p:g}）。请核实该渠道是否中断。"
                ),
                raised_at=self._now.astimezone(UTC),
            )

    def _id(self, county: str, channel: str, last_hour: int) -> str:
        rule = self._rules.silent_source
        return alert_id(rule.id if rule else "", county, "", f"{channel}|{last_hour}")


def _to(span: int) -> range:
    return range(1, span + 1)
