"""The events of a simulated quarter, hour by hour, as upstream systems would send them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from math import exp
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from cli.demo_texts import RED, SENTENCES, spots
from cli.simulation.planting import CATEGORIES, RED_SEVERITY, Plants, Usual

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
# Of a day's reports, by local hour.
_BY_HOUR: Final = (*[1] * 7, 4, 8, 10, 10, 8, 6, 6, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1)
_STREAMS: Final = ("grid-reports", "hotline-calls", "opinion-items")
_SHARES: Final = (3, 6, 1)
_CHANNELS: Final = {
    "grid-reports": ("grid_app", "patrol", "window"),
    "hotline-calls": ("phone", "phone", "web", "wechat"),
    "opinion-items": ("forum", "message_board"),
}
_ZERO_HOUR: Final = 15  # the last one before the report window ends
_WINDOW_END_HOUR: Final = 16
# A case's way when nobody sleeps: status, and how many hours after the step before.
_WAY: Final = (("accepted", 1), ("in_mediation", 3), ("resolved", 5), ("verified", 20))
# Two of these name an estate: so many that the same problem hardly comes up twice by chance.
_CHARACTERS: Final = sorted(set("".join(spots())))
_CASES_A_DAY: Final = 1.5

Event = tuple[str, dict[str, Any]]  # stream, CloudEvent


class World:
    """Counties and what comes from them. `hour` must be asked for every hour, in order."""

    def __init__(
        self,
        counties: Sequence[str],
        begin: date,
        usual: Usual,
        plants: Plants,
        zone: ZoneInfo,
        dice: Random,
    ) -> None:
        self._counties = counties
        self._begin = begin
        self._usual = usual
        self._plants = plants
        self._zone = zone
        self._dice = dice
        self._number = 0
        self._case = 0
        self._planned: dict[tuple[str, str], list[float]] = {}
        self._grid: Counter[tuple[str, date]] = Counter()  # by the day the window ends on
        self._later: dict[datetime, list[Event]] = {}
        self.reports = 0

    def hour(self, start: datetime) -> list[Event]:
        """What is sent within the hour that starts then, in order of time."""
        if start.hour == 0 or not self._planned:
            self._plan(start.date())
        events = [*self._usual_reports(start), *self._planted(start), *self._zero_reports(start)]
        self._new_cases(start)
        events += self._later.pop(start, [])
        return sorted(events, key=lambda event: str(event[1]["data"]["reported_at"]))

    def _plan(self, day: date) -> None:
        """How many reports of each series this day has: more spread than chance alone gives."""
        for county in self._counties:
            for category in CATEGORIES:
                mean = self._usual.expected(county, category, day, self._begin)
                mean *= self._dice.gammavariate(30, 1 / 30)
                self._planned[county, category] = [
                    mean * weight / sum(_BY_HOUR) for weight in _BY_HOUR
                ]

    def _usual_reports(self, start: datetime) -> Iterator[Event]:
        for (county, category), means in self._planned.items():
            for _ in range(_poisson(means[start.hour], self._dice)):
                yield from self._report(county, category, self._within(start))

    def _planted(self, start: datetime) -> Iterator[Event]:
        for burst in self._plants.bursts:
            day = (start - burst.start + _HOUR) // _DAY
            if not 0 <= day < len(burst.extra) or not 0 <= (start.hour - burst.start.hour) < 8:
                continue
            # A day's extra reports come within eight hours, evenly.
            turn = start.hour - burst.start.hour
            extra = burst.extra[day]
            for _ in range(extra * (turn + 1) // 8 - extra * turn // 8):
                yield from self._report(
                    burst.county, burst.category, self._within(start), burst.spot
                )
        for red in self._plants.reds:
            if start <= red.at < start + _HOUR:
                text = RED.format(place=f"{self._spot()}小区")
                yield self._hotline(red.county, red.at, {"text": text, "severity": RED_SEVERITY})
        for case in self._plants.stalled:
            if start <= case.at < start + _HOUR:
                yield self._case_step(
                    case.county, case.case_id, 1, "registered", case.level, case.at
                )

    def _zero_reports(self, start: datetime) -> Iterator[Event]:
        """Counties without a grid report until now say "nothing today", unless they are silent."""
        if start.hour != _ZERO_HOUR:
            return
        for county in self._counties:
            window = (county, start.date())
            if not self._grid[window] and window not in self._plants.silences:
                data = {"channel": "grid_app", "on_site_resolved": False, "is_zero_report": True}
                at = start + timedelta(minutes=50)
                yield self._event("grid-reports", county, at, data)

    def _report(self, county: str, category: str, at: datetime, spot: str = "") -> Iterator[Event]:
        stream = self._dice.choices(_STREAMS, _SHARES)[0]
        channel = self._dice.choice(_CHANNELS[stream])
        place = f"{spot or self._spot()}小区"
        text = self._dice.choice(SENTENCES[category]).format(place=place)
        if stream == "grid-reports":
            window = at.date() + (_DAY if at.hour >= _WINDOW_END_HOUR else timedelta())
            if (county, window) in self._plants.silences:
                return  # what the grid does not send is not known
            self._grid[county, window] += 1
            data = {"channel": channel, "on_site_resolved": True, "is_zero_report": False}
            yield self._event(stream, county, at, data | {"text": text})
        elif stream == "hotline-calls":
            yield self._hotline(county, at, {"text": text, "channel": channel})
        else:
            data = {"platform_class": channel, "geo_confidence": 0.9}
            yield self._event(stream, county, at, data | {"text": text})

    def _spot(self) -> str:
        return "".join(self._dice.sample(_CHARACTERS, 2))

    def _hotline(self, county: str, at: datetime, data: dict[str, Any]) -> Event:
        asked = {"channel": "phone", "demand_type": "complaint", "repeat": False}
        return self._event("hotline-calls", county, at, asked | data)

    def _new_cases(self, start: datetime) -> None:
        """Cases that go their way in good time, each step at its hour."""
        for county in self._counties:
            for _ in range(
                _poisson(_CASES_A_DAY * _BY_HOUR[start.hour] / sum(_BY_HOUR), self._dice)
            ):
                self._case += 1
                case_id, level = f"AJ-{county}-{self._case:06}", self._dice.randint(1, 4)
                at = self._within(start)
                steps = [("registered", 0), *_WAY]
                for version, (status, hours) in enumerate(steps, 1):
                    at += timedelta(hours=hours)
                    event = self._case_step(county, case_id, version, status, level, at)
                    hour = at.replace(minute=0, second=0, microsecond=0)
                    self._later.setdefault(hour, []).append(event)

    def _case_step(
        self, county: str, case_id: str, version: int, status: str, level: int, at: datetime
    ) -> Event:
        data = {"case_id": case_id, "version": version, "status": status, "level": level}
        return self._event("case-updates", county, at, data | {"owner_org": "综治中心"})

    def _event(self, stream: str, county: str, at: datetime, data: dict[str, Any]) -> Event:
        self._number += 1
        self.reports += stream != "case-updates"
        told = at.isoformat(timespec="seconds")
        return stream, {
            "specversion": "1.0",
            "id": f"{self._number}",
            "source": f"urn:huishang:simulation:{stream}",
            "type": f"huishang.{stream.removesuffix('s')}.v1",
            "time": told,
            "data": {"county_code": county, "occurred_at": told, "reported_at": told, **data},
        }

    def _within(self, start: datetime) -> datetime:
        return start + timedelta(seconds=self._dice.randrange(3600))


def _poisson(mean: float, dice: Random) -> int:
    """Knuth's product of uniforms: means here are small."""
    limit, product, n = exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        n += 1
    return n
