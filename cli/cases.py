"""`huishang cases`: the way of disputes and tickets, their limits, and the rates of counties."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import click

from agents.cases.rates import RATES, Rate
from agents.cases.steps import NEXT
from cli import output, times
from cli.counts import codes_of
from sinks import cases as stored
from sinks.store import for_reading
from streams.cases import MEASURES
from streams.clock import clock_of
from streams.counties import COUNTIES, CountyCode
from streams.errors import UserError
from streams.settings import Settings, load

STATUSES: Final = tuple(NEXT)
_COUNTY_HELP: Final = "Code, prefix of codes or name; may be repeated."


@click.group(name="cases")
def commands() -> None:
    """Cases: from registered to verified, in time or not.

    \b
    Examples:
      huishang cases list --county 6207 --overdue
      huishang cases show AJ-2026-000318
      huishang cases rates --by county --from 2026-03-01 --to 2026-04-01
    """


@commands.command("list")
@click.option("--county", "counties", multiple=True, help=_COUNTY_HELP)
@click.option("--status", "statuses", multiple=True, help="As its contract names it; repeatable.")
@click.option("--owner", help="The office that holds the case.")
@click.option("--open", "open_only", is_flag=True, help="Only those that are not closed.")
@click.option("--overdue", is_flag=True, help="Only open ones whose limit has passed.")
@click.option("--flagged", is_flag=True, help="Only those with a step out of the usual way.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_command(
    counties: Sequence[str],
    statuses: Sequence[str],
    owner: str | None,
    open_only: bool,
    overdue: bool,
    flagged: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List cases, those last told of first."""
    settings = load()
    unknown = [status for status in statuses if status not in STATUSES]
    if unknown:
        raise UserError(f"--status got {unknown[0]!r}; expected one of {', '.join(STATUSES)}")
    now = clock_of(settings).now()
    asked = stored.Asked(
        codes_of(counties),
        statuses,
        owner,
        open_only,
        now if overdue else None,
        flagged,
        limit + 1,
    )
    with for_reading(settings) as store:
        found = stored.cases(store, asked)
    output.first(
        limit,
        found,
        ("county", "case", "status", "level", "owner", "found", "due", "closed", "★", "flags"),
        lambda one: _row(one, settings, now),
        as_json=as_json,
        empty="No cases.",
    )


def _row(one: Mapping[str, Any], settings: Settings, now: datetime) -> tuple[object, ...]:
    late = one["closed_at"] is None and one["due_at"] is not None and one["due_at"] <= now
    return (
        _county(one["county"]),
        one["case_id"],
        one["status"] + (f" → {one['merged_into']}" if one["merged_into"] else ""),
        one["level"],
        one["owner_org"],
        _local(one["found_at"], settings),
        _local(one["due_at"], settings) + (" overdue" if late else ""),
        _local(one["closed_at"], settings),
        one["stars"],
        one["flagged"],
    )


def _county(code: str) -> str:
    place = COUNTIES.get(CountyCode(code))
    return f"{code} {place.name}" if place else code


def _local(instant: datetime | None, settings: Settings) -> str:
    return instant.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M") if instant else ""


@commands.command("show")
@click.argument("case_id")
@click.option("--county", "counties", multiple=True, help=_COUNTY_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_command(case_id: str, counties: Sequence[str], as_json: bool) -> None:
    """A case as it stands, and every update of it with what is thought of it."""
    settings = load()
    with for_reading(settings) as store:
        found = stored.named(store, case_id, codes_of(counties))
        if not found:
            raise UserError(f"no case {case_id}; `huishang cases list` shows those there are")
        if len(found) > 1:
            places = ", ".join(_county(one["county"]) for one in found)
            raise UserError(f"there are cases {case_id} in {places}; --county says which")
        case = found[0]
        steps = stored.steps(store, case["county"], case_id)
    if as_json:
        output.as_json({**case, "steps": steps})
        return
    now = clock_of(settings).now()
    names = ("county", "case", "status", "level", "owner", "found", "due", "closed", "stars")
    rows = list(zip(names, _row(case, settings, now), strict=False))
    rows += [(name, case[name]) for name in ("deadline_class", "whistle_step") if case[name]]
    rows += [("reopened", case["reopened"]), ("flagged", case["flagged"])]
    output.table(("what", "value"), rows)
    click.echo()
    output.table(
        ("version", "status", "level", "reported", "owner", "verdict", "stars"),
        [
            (
                *(step["case_version"], step["status"], step["level"]),
                *(_local(step["reported_at"], settings), step["owner_org"]),
                *(step["verdict"], step["stars"]),
            )
            for step in steps
        ],
    )


@commands.command("rates")
@click.option("--county", "counties", multiple=True, help=_COUNTY_HELP)
@click.option(
    "--by",
    default="county",
    show_default=True,
    help=f"Any of {', '.join(stored.DIMENSIONS)}; empty: all together.",
)
@click.option("--from", "since", help="Days from this one on, as 2026-03-01.")
@click.option("--to", "until", help="Days before this one. Without: up to today.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def rates_command(
    counties: Sequence[str], by: str, since: str | None, until: str | None, as_json: bool
) -> None:
    """化解率, 办结率, 按时结案率 and the three rates (三率), each with its numbers and definition.

    Days are those of HUISHANG_TIMEZONE, kept for 400 days.
    """
    settings = load()
    dimensions = _dimensions(by)
    today = clock_of(settings).now().astimezone(settings.zone).date()
    first = _day("--from", since, settings)
    last = _day("--to", until, settings) or today + timedelta(days=1)
    with for_reading(settings) as store:
        found = stored.measures(store, dimensions, codes_of(counties), first, last)
    told = [(row, {name: of(row) for name, of in RATES.items()}) for row in found]
    if as_json:
        output.as_json(
            {
                "by": dimensions,
                "from": first,
                "to": last,
                "rows": [_for_machines(row, dimensions, rates) for row, rates in told],
            }
        )
        return
    nothing = dict.fromkeys(MEASURES, 0)
    definitions = [of(nothing) for of in RATES.values()]
    output.table(
        (*dimensions, *(rate.name for rate in definitions)),
        [
            (*(_named(name, row[name]) for name in dimensions), *map(_shown, rates.values()))
            for row, rates in told
        ],
        empty="No cases.",
    )
    for rate in definitions if told else ():
        click.echo(f"{rate.name}：{rate.definition}")


def _dimensions(by: str) -> list[str]:
    names = [name.strip() for name in by.split(",") if name.strip()]
    unknown = [name for name in names if name not in stored.DIMENSIONS]
    if unknown or len(set(names)) != len(names):
        raise UserError(
            f"--by got {by!r}; expected some of {','.join(stored.DIMENSIONS)}, each once, "
            "with commas"
        )
    return names


def _day(option: str, text: str | None, settings: Settings) -> date | None:
    if text is None:
        return None
    try:
        instant = times.read(text, settings.zone).astimezone(settings.zone)
    except times.UnreadableTime as error:
        raise UserError(f"{option} got {text!r}; expected {error}") from None
    if instant.time() != datetime.min.time():
        raise UserError(f"{option} got {text!r}; rates are kept by the day, so expected a day")
    return instant.date()


def _for_machines(
    row: Mapping[str, Any], dimensions: Sequence[str], rates: Mapping[str, Rate]
) -> dict[str, Any]:
    return {
        **{name: row[name] for name in dimensions},
        "measures": {name: row[name] for name in MEASURES},
        "rates": {name: {"value": rate.value, **rate._asdict()} for name, rate in rates.items()},
    }


def _shown(rate: Rate) -> str:
    """A rate with its numbers.

    >>> _shown(Rate("化解率", 3, 4, "")), _shown(Rate("化解率", 0, 0, ""))
    ('75.0% 3/4', '—')
    """
    if rate.value is None:
        return "—"
    return f"{rate.value:.1%} {rate.numerator}/{rate.denominator}"


def _named(dimension: str, value: Any) -> str:
    return _county(value) if dimension == "county" else str(value)
