"""Counts by any of their dimensions, beside the account of what was published."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sinks.asking import IN_COUNTIES, where
from sinks.store import Store
from streams.events import EVENTS

# Dimension → its expression. Days, months and years are those of the zone.
DIMENSIONS: Final[dict[str, str]] = {
    "county": "county",
    "category": "category",
    "channel": "channel",
    "hour": "counts.hour",
    "day": "toDate(counts.hour, {zone:String})",
    "month": "formatDateTime(counts.hour, '%Y-%m', {zone:String})",
    "year": "toYear(counts.hour, {zone:String})",
}


class Chosen(NamedTuple):
    """What is looked at. counties: codes or prefixes of codes; empty: all.

    since, until: hours of the rows, until not included. source, runid: of the
    account only, since totals are kept without them.
    """

    counties: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    runid: str | None = None


EVERYTHING: Final = Chosen()


class Account(NamedTuple):
    """published = counted + duplicates + dead_letters. counted: everything accepted."""

    counted: int
    duplicates: int
    dead_letters: int

    @property
    def published(self) -> int:
        return self.counted + self.duplicates + self.dead_letters


def counts(
    store: Store, by: Sequence[str], zone: ZoneInfo, chosen: Chosen = EVERYTHING
) -> list[dict[str, Any]]:
    """Reports by the dimensions, in their order: one dict with each, and `count`.

    hour: a datetime in the zone; day: a date; month: '2026-03'; year: a number.
    Sums over pieces. Raises SinkBusy or Fatal.
    """
    names = ", ".join(f"{DIMENSIONS[name]} AS by_{name}" for name in by)
    order = ", ".join(f"by_{name}" for name in by)
    where, parameters = _county_clause(chosen)
    if chosen.since:
        where += " AND counts.hour >= {since:DateTime}"
        parameters["since"] = chosen.since
    if chosen.until:
        where += " AND counts.hour < {until:DateTime}"
        parameters["until"] = chosen.until
    # Names are ours, values are bound by the server.
    sql = f"SELECT {names}, sum(n) AS count FROM counts FINAL WHERE {where} GROUP BY {order} ORDER BY {order}"  # noqa: S608
    rows = store.query(sql, parameters | {"zone": str(zone)})
    return [
        {name: _local(row[f"by_{name}"], zone) for name in by} | {"count": row["count"]}
        for row in rows
    ]


def account(store: Store, chosen: Chosen = EVERYTHING) -> Account:
    """What became of everything published, of all time. Raises SinkBusy or Fatal."""
    where, parameters = _county_clause(chosen)
    for name in ("source", "runid"):
        value = getattr(chosen, name)
        if value is not None:
            where += f" AND {name} = {{{name}:String}}"
            parameters[name] = value
    ledger = store.query(
        f"SELECT sum(counted) AS counted, sum(duplicates) AS duplicates FROM ledger FINAL WHERE {where}",  # noqa: S608
        parameters,
    )[0]
    # What is condemned of our own records was not published.
    where += " AND arrayExists(stream -> endsWith(topic, stream), {streams:Array(String)})"
    parameters["streams"] = list(EVENTS)
    letters = store.query(
        f"SELECT count() AS n FROM dead_letters FINAL WHERE {where}",  # noqa: S608
        parameters,
    )[0]
    return Account(ledger["counted"], ledger["duplicates"], letters["n"])


def reports(store: Store, counties: Sequence[str] = ()) -> int:
    """Reports of all time, of every source. Raises SinkBusy or Fatal."""
    where, parameters = _county_clause(Chosen(counties))
    sql = f"SELECT sum(n) AS n FROM counts FINAL WHERE {where}"  # noqa: S608
    return int(store.query(sql, parameters)[0]["n"])


def _county_clause(chosen: Chosen) -> tuple[str, dict[str, Any]]:
    return where([(IN_COUNTIES, "counties", list(chosen.counties))])


def _local(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone)
    return value if isinstance(value, date | int) else str(value)
