"""`huishang counts`: reads the counts, and accounts for everything that was published."""

import csv
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import click

from cli import output, times
from sinks.accounts import DIMENSIONS, Account, Chosen, account, reports
from sinks.accounts import counts as counted_by
from sinks.store import for_reading
from streams.categories import CATEGORIES, CategoryCode
from streams.counties import CITIES, COUNTIES, CountyCode, named
from streams.errors import UserError
from streams.settings import Settings, load

_CODE_LENGTHS: Final = (2, 4, 6)  # province, city, county


@click.command(
    epilog="\b\nExamples:\n  huishang counts --by county,category\n"
    "  huishang counts --by county,category,hour --format csv > counts.csv\n"
    "  huishang counts --by day --county 甘州区 --from 2026-03-01 --to 2026-04-01\n"
    "  huishang counts --by county --runid 2026-03-01-a --format json"
)
@click.option(
    "--by", default="county,category", show_default=True, help=f"Any of {', '.join(DIMENSIONS)}."
)
@click.option("--from", "since", help="Hours from this time on, as 2026-03-01 or 2026-03-01T08:00.")
@click.option("--to", "until", help="Hours before this time.")
@click.option(
    "--county",
    "counties",
    multiple=True,
    help="Code, prefix of codes (6207 is Zhangye) or name; may be repeated.",
)
@click.option("--source", help="Account for one publishing system only.")
@click.option("--runid", help="Account for one run of a publisher only.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
)
def counts(
    by: str,
    since: str | None,
    until: str | None,
    counties: Sequence[str],
    source: str | None,
    runid: str | None,
    shape: str,
) -> None:
    """Count reports by county, category, channel, hour, day, month or year.

    Under the rows stands the account: counted + duplicates + dead letters =
    published. `counted` is everything accepted; the rows are the reports among it.

    Days and hours are those of HUISHANG_TIMEZONE.
    """
    settings = load()
    dimensions = _dimensions(by)
    chosen = Chosen(
        counties=codes_of(counties),
        since=hour_of("--from", since, settings),
        until=hour_of("--to", until, settings),
        source=source,
        runid=runid,
    )
    with for_reading(settings) as store:
        rows = counted_by(store, dimensions, settings.zone, chosen)
        told = account(store, chosen)
        in_all = reports(store, chosen.counties)
    notes = _notes(chosen, told, in_all)
    if shape == "json":
        output.as_json(
            {
                "by": dimensions,
                "rows": [{key: _plain(value) for key, value in row.items()} for row in rows],
                "totals": told._asdict(),
                "notes": notes,
            }
        )
    elif shape == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([*dimensions, "count"])
        writer.writerows([_plain(value) for value in row.values()] for row in rows)
    else:
        _table(dimensions, rows, told, notes)


def _dimensions(by: str) -> list[str]:
    names = [name.strip() for name in by.split(",")]
    unknown = [name for name in names if name not in DIMENSIONS]
    if unknown or len(set(names)) != len(names):
        raise UserError(
            f"--by got {by!r}; expected some of {','.join(DIMENSIONS)}, each once, with commas"
        )
    return names


def codes_of(counties: Sequence[str]) -> list[str]:
    """The codes and prefixes that --county means. Raises UserError."""
    codes: list[str] = []
    for given in (part.strip() for text in counties for part in text.split(",")):
        if given.isdecimal() and len(given) in _CODE_LENGTHS:
            if not any(code.startswith(given) for code in COUNTIES):
                raise UserError(f"--county got {given}; no county has that code or prefix")
            codes.append(given)
            continue
        found = named(given)
        if len(found) != 1:
            raise UserError(
                f"--county got {given!r}, which names {len(found)} counties"
                + (f" ({', '.join(found)})" if found else "")
                + "; expected a code, a prefix of 2 or 4 digits, or a name that is one county's"
            )
        codes += found
    return codes


def places_of(places: Sequence[str]) -> list[str]:
    """As codes_of; codes of cities too, as digests and the duty log of cities have them."""
    cities = [code for code in places if code in CITIES]
    return [*cities, *codes_of([code for code in places if code not in CITIES])]


def hour_of(option: str, text: str | None, settings: Settings) -> datetime | None:
    """The full hour that an option names. Raises UserError."""
    if text is None:
        return None
    try:
        instant = times.read(text, settings.zone)
    except times.UnreadableTime as error:
        raise UserError(f"{option} got {text!r}; expected {error}") from None
    if instant.timestamp() % 3_600:
        raise UserError(
            f"{option} got {text!r}; counts are kept by the hour, so expected a full one"
        )
    return instant


def _notes(chosen: Chosen, told: Account, in_all: int) -> list[str]:
    """What a reader must know to add the numbers up."""
    notes = []
    if chosen.since or chosen.until:
        notes.append(
            "--from and --to choose rows; counted, duplicates, dead letters are of all time"
        )
    if chosen.source is not None or chosen.runid is not None:
        notes.append(
            "--source and --runid choose what counted, duplicates and dead letters cover; the rows "
            "are of every source, since totals are kept without it"
        )
    elif (others := told.counted - in_all) > 0:
        notes.append(
            f"of the {told.counted:,} counted, {in_all:,} are reports and {others:,} are zero "
            "reports, case updates or what duty staff did, which are no rows"
        )
    if chosen.counties:
        notes.append("dead letters whose county could not be read belong to no county here")
    return notes


def _plain(value: Any) -> Any:
    return (
        value if isinstance(value, int) else value if isinstance(value, str) else value.isoformat()
    )


def _table(
    dimensions: Sequence[str], rows: Sequence[dict[str, Any]], told: Account, notes: Sequence[str]
) -> None:
    output.table(
        (*dimensions, "count"),
        [(*(_named(name, row[name]) for name in dimensions), row["count"]) for row in rows],
        empty="no reports counted",
    )
    click.echo(
        f"\ncounted {told.counted:,} + duplicates {told.duplicates:,} + "
        f"dead letters {told.dead_letters:,} = published {told.published:,}"
    )
    for note in notes:
        click.echo(f"({note})")


def _named(dimension: str, value: Any) -> str:
    """A cell for people: the name beside the code, the hour without seconds.

    >>> _named("county", "620702"), _named("category", "S02")
    ('620702 甘州区', 'S02 供暖')
    """
    if dimension == "county" and (county := COUNTIES.get(CountyCode(value))):
        return f"{value} {county.name}"
    if dimension == "category" and (leaf := CATEGORIES.get(CategoryCode(value))):
        return f"{value} {leaf.name}"
    return f"{value:%Y-%m-%d %H:%M%z}" if dimension == "hour" else str(value)
