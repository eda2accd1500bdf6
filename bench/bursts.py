"""Measures statistical alerts alone in simulated quarters: no text is read.

    python -m bench.bursts --seeds 11-15
    python -m bench.bursts --seeds 1-3 --rules my-rules.yaml --json

The counts are those of `huishang simulate` with the same seed, entered into tally's state as intake would
have had them counted. So the statistical figures are the same, to the alert, in half a minute a seed instead of ten.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from agents.change import Change
from agents.rules import Rules
from agents.state import HOUR_MS, State
from agents.statistical import decide_statistics
from cli.simulation.happening import Event, World
from cli.simulation.planting import plants, usual
from cli.simulation.scoring import scored
from streams.answers import Alert
from streams.counties import in_city
from streams.settings import load
from streams.totals import CountRow

BEGIN: Final = date(2026, 8, 1)
_OF_RED: Final = "S14"
_HOUR: Final = timedelta(hours=1)


class _Labelled(World):
    """Reports that say what they are of."""

    def _report(self, county: str, category: str, at: datetime, spot: str = "") -> Iterator[Event]:
        for stream, event in super()._report(county, category, at, spot):
            event["data"]["category"] = category
            yield stream, event


def quarter(
    seed: int, rules: Rules, zone: ZoneInfo, counties: int, days: int, warm_up: int
) -> dict[str, Any]:
    """Figures of one seed's statistical alerts, as scored() names them."""
    dice = Random(seed)
    codes = in_city("62")[:counties]
    first = BEGIN - timedelta(days=warm_up)
    rates = usual(codes, dice)
    planted = plants(codes, BEGIN, days, rates, zone, dice)
    world = _Labelled(codes, first, rates, planted, zone, dice)
    state = State(dedupe_days=7, totals_days=7)
    state.marks["begun"] = 0
    alerts: list[Alert] = []
    now = datetime.combine(first, datetime.min.time(), tzinfo=zone)
    for _ in range((warm_up + days) * 24):
        rows = _counted(world.hour(now))
        now += _HOUR
        state.apply(Change(at_ms=round(now.timestamp() * 1_000), counts=rows))
        if change := decide_statistics(state, now, rules, zone):
            state.apply(change)
            alerts += change.alerts
    measured = [one for one in alerts if one.raised_at.astimezone(zone).date() >= BEGIN]
    return scored(measured, planted, rules, counties, days, zone)


def _counted(events: Sequence[Event]) -> list[CountRow]:
    found: Counter[tuple[str, str, str, int]] = Counter()
    for _, event in events:
        data = event["data"]
        if "text" in data:
            hour = int(datetime.fromisoformat(data["occurred_at"]).timestamp() * 1_000) // HOUR_MS
            channel = data.get("channel") or data["platform_class"]
            found[data["county_code"], data.get("category", _OF_RED), channel, hour] += 1
    return [CountRow(*key, 0, n) for key, n in found.items()]


def main() -> int:
    """Print a line a seed, and one of all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", default="1", help="like 11-15")
    parser.add_argument("--counties", type=int, default=7)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--warm-up", type=int, default=56)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    rules, zone = Rules.load(asked.rules), load().zone
    told = []
    for seed in range(int(first), int(last or first) + 1):
        found = quarter(seed, rules, zone, asked.counties, asked.days, asked.warm_up)
        row = {
            "seed": seed,
            "bursts": found["bursts"]["planted"],
            "found": found["bursts"]["by_statistics"],
            "alerts": found["alerts"],
            "true": sum(one["true"] for one in found["by_rule"].values()),
            "false_per_room_day": found["false_statistical_per_room_day"],
        }
        told.append(row)
        if not asked.json:
            print(row, flush=True)
    bursts, right = sum(row["bursts"] for row in told), sum(row["found"] for row in told)
    false = round(sum(row["false_per_room_day"] for row in told) / len(told), 3)
    summed = {"found_share": round(right / bursts, 3), "false_per_room_day": false}
    print(json.dumps({"seeds": told, **summed}) if asked.json else summed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
