"""Cases as the store has them: many at a glance, one with all its steps, and what is counted of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sinks.asking import IN_COUNTIES, where
from sinks.store import Store
from streams.cases import MEASURES

_COLUMNS: Final = (
    "county, case_id, case_version, status, level, owner_org, found_at, updated_at, closed_at, "
    "deadline_at, due_at, deadline_class, stars, flagged, reopened, whistle_step, merged_into"
)

# Dimension → its expression.
DIMENSIONS: Final[dict[str, str]] = {
    "county": "county",
    "level": "level",
    "owner": "owner_org",
    "day": "day",
    "month": "formatDateTime(day, '%Y-%m')",
}


class Asked(NamedTuple):
    """Which cases. counties: codes or prefixes; empty: all. overdue_at: open, and due by then."""

    counties: Sequence[str] = ()
    statuses: Sequence[str] = ()
    owner: str | None = None
    open_only: bool = False
    overdue_at: datetime | None = None
    flagged: bool = False
    limit: int = 100


def cases(store: Store, asked: Asked) -> list[dict[str, Any]]:
    """Cases, the latest told of first, a dict with every column each. Raises SinkBusy or Fatal."""
    conditions = [
        (IN_COUNTIES, "counties", list(asked.counties)),
        ("status IN {statuses:Array(String)}", "statuses", list(asked.statuses)),
        ("owner_org = {owner:String}", "owner", asked.owner),
        ("closed_at IS NULL", "", asked.open_only),
        ("closed_at IS NULL AND due_at <= {now:DateTime}", "now", asked.overdue_at),
        ("flagged > 0", "", asked.flagged),
    ]
    chosen, parameters = where(conditions)
    return store.query(
        f"SELECT {_COLUMNS} FROM cases FINAL WHERE {chosen} "  # noqa: S608
        f"ORDER BY updated_at DESC, county, case_id LIMIT {int(asked.limit)}",
        parameters,
    )


def steps(store: Store, county: str, case_id: str) -> list[dict[str, Any]]:
    """Every update of one case, in the order of versions. Raises SinkBusy or Fatal."""
    return store.query(
        "SELECT case_version, status, level, reported_at, owner_org, verdict, stars "
        "FROM case_steps FINAL WHERE county = {county:String} AND case_id = {case_id:String} "
        "ORDER BY case_version, reported_at, step",
        {"county": county, "case_id": case_id},
    )


def named(store: Store, case_id: str, counties: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The cases of this number: counties may use the same. Raises SinkBusy or Fatal."""
    conditions = [
        ("case_id = {case_id:String}", "case_id", case_id),
        (IN_COUNTIES, "counties", list(counties)),
    ]
    chosen, parameters = where(conditions)
    return store.query(
        f"SELECT {_COLUMNS} FROM cases FINAL WHERE {chosen} ORDER BY county",  # noqa: S608
        parameters,
    )


def measures(
    store: Store,
    by: Sequence[str],
    counties: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
) -> list[dict[str, Any]]:
    """Sums of MEASURES by the dimensions, in their order: one dict with each of both.

    since, until: days, until not included. Rows without anything are left out.
    Raises SinkBusy or Fatal.
    """
    conditions = [
        (IN_COUNTIES, "counties", list(counties)),
        ("day >= {since:Date}", "since", since),
        ("day < {until:Date}", "until", until),
    ]
    chosen, parameters = where(conditions)
    keys = [f"{DIMENSIONS[name]} AS by_{name}" for name in by]
    sums = [f"sum({name}) AS sum_{name}" for name in MEASURES]
    any_of = " + ".join(f"sum_{name}" for name in MEASURES)
    order = ", ".join(f"by_{name}" for name in by)
    found = store.query(
        f"SELECT {', '.join([*keys, *sums])} FROM case_days FINAL WHERE {chosen} "  # noqa: S608
        + (f"GROUP BY {order} " if by else "")
        + f"HAVING {any_of} > 0"
        + (f" ORDER BY {order}" if by else ""),
        parameters,
    )
    return [
        {name: row[f"by_{name}"] for name in by}
        | {name: int(row[f"sum_{name}"]) for name in MEASURES}
        for row in found
    ]
