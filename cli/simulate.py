"""`huishang simulate`: a quarter with planted trouble, and what the duty rooms would have been told."""

import time
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import click

from agents.rules import Rules
from cli import output
from cli.bar import bar
from cli.simulation.happening import World
from cli.simulation.planting import plants, usual
from cli.simulation.running import Room
from cli.simulation.scoring import scored
from streams.counties import in_city
from streams.settings import load

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_STEPS: Final = (timedelta(minutes=30), _HOUR)  # when the moment is looked at, within each hour
TARGETS: Final = {"false_statistical_per_room_day": 1.0, "true_share": 0.6, "bursts_found": 0.8}


@click.command()
@click.option("--counties", type=click.IntRange(1, 60), default=7, show_default=True)
@click.option("--days", type=click.IntRange(7, 366), default=90, show_default=True)
@click.option(
    "--warm-up",
    type=click.IntRange(0, 366),
    default=56,
    show_default=True,
    help="Days before, of which nothing is measured: the baselines learn.",
)
@click.option("--begin", default="2026-08-01", show_default=True, help="First day measured.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--rules", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def simulate(
    counties: int,
    days: int,
    warm_up: int,
    begin: str,
    seed: int,
    rules: Path | None,
    as_json: bool,
) -> None:
    """Simulate duty rooms for a quarter, and hold their alerts against what was planted.

    Reports come by county and category with weekdays, holidays, trend and more spread than
    chance; planted are bursts, silent counties, red events and cases left alone. They go through
    the code that the stages run, with a moved clock.

    \b
    Examples:
      huishang simulate --seed 3
      huishang simulate --counties 2 --days 30 --json
      huishang simulate --rules my-rules.yaml

    \b
    Exit codes: 0 every target is met; 1 one is not; 2 wrong use.
    """
    found = _simulated(counties, days, warm_up, date.fromisoformat(begin), seed, Rules.load(rules))
    if as_json:
        output.as_json(found)
    else:
        _print(found)
    if not all(found["targets"].values()):
        click.get_current_context().exit(1)


def _simulated(
    counties: int, days: int, warm_up: int, begin: date, seed: int, rules: Rules
) -> dict[str, Any]:
    started_s = time.monotonic()
    zone = load().zone
    dice = Random(seed)  # noqa: S311  a simulation's dice
    codes = in_city("62")[:counties]
    first = begin - timedelta(days=warm_up)
    rates = usual(codes, dice)
    planted = plants(codes, begin, days, rates, zone, dice)
    world = World(codes, first, rates, planted, zone, dice)
    room = Room(codes, rules, zone)
    start = datetime.combine(first, datetime.min.time(), tzinfo=zone)
    with bar("days", warm_up + days) as more:
        for day in range(warm_up + days):
            _day(world, room, start + day * _DAY)
            more(1)
    measured = datetime.combine(begin, datetime.min.time(), tzinfo=zone)
    alerts = [alert for alert in room.alerts if alert.raised_at >= measured]
    found = scored(alerts, planted, rules, len(codes), days, zone)
    found["targets"] = _targets(found, room.repeated)
    kinds: dict[str, int] = {}
    for digest in room.digests:
        kinds[digest.kind] = kinds.get(digest.kind, 0) + 1
    return {
        "counties": codes,
        "begin": begin,
        "days": days,
        "warm_up": warm_up,
        "seed": seed,
        "reports": world.reports,
        "digests": kinds,
        **found,
        "elapsed_s": round(time.monotonic() - started_s, 1),
    }


def _day(world: World, room: Room, midnight: datetime) -> None:
    for hour in range(24):
        start = midnight + hour * _HOUR
        room.hear(world.hour(start), start + _HOUR)
        for step in _STEPS:
            room.look(start + step)


def _targets(found: dict[str, Any], repeated: int) -> dict[str, bool]:
    statistical = found["false_statistical_per_room_day"]
    return {
        "false_statistical_per_room_day": statistical <= TARGETS["false_statistical_per_room_day"],
        "true_share": (found["true_share"] or 0) >= TARGETS["true_share"],
        "bursts_found": found["bursts"]["share"] >= TARGETS["bursts_found"],
        "nothing_twice": repeated == 0,
        **{name: one["exact"] for name, one in found["once"].items()},
    }


def _print(found: dict[str, Any]) -> None:
    output.table(
        ("rule", "true", "false"),
        [(rule, one["true"], one["false"]) for rule, one in found["by_rule"].items()],
    )
    bursts = found["bursts"]
    click.echo(
        f"\n{found['reports']:,} reports of {len(found['counties'])} counties, {found['days']} days "
        f"after {found['warm_up']} of learning; {found['alerts']} alerts, "
        f"{found['alerts_per_room_day']} a room and day, {found['true_share'] or 0:.0%} of them true.\n"
        f"Bursts found within a day: {bursts['found_within_a_day']} of {bursts['planted']}, "
        f"{bursts['by_statistics']} by statistics; false statistical alerts a room and day: "
        f"{found['false_statistical_per_room_day']}."
    )
    for name, one in found["once"].items():
        click.echo(
            f"{name}: {one['planted']} planted, {one['once']} alerted once, {one['missed']} missed, "
            f"{one['repeated']} repeated, {one['extra']} without cause."
        )
    for name, met in found["targets"].items():
        click.secho(f"{name}: {'met' if met else 'not met'}", fg="green" if met else "red")
