"""What is published lets nobody find a small count, not even who knows how counts are withheld."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from sinks import migrate
from sinks.store import Store, embedded_dsn
from tests.stores import NOW

SMALL = 5
CATEGORIES = ("D01", "D02", "S01", "S02")
# Every week that four categories can have with counts of 0 to 7: 4,096 county-weeks.
WEEKS = list(product(range(8), repeat=len(CATEGORIES)))
COUNTIES = [f"62070{digit}" for digit in range(8)]
FIRST = date(2000, 1, 3)  # a Monday

Place = tuple[str, date]
Shown = tuple[dict[str, int | None], int | None]  # counts by category, total; None: withheld


def places() -> list[Place]:
    return [
        (COUNTIES[number % 8], FIRST + timedelta(weeks=number // 8)) for number in range(len(WEEKS))
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("data") / "store")) as store:
        migrate.apply(store, NOW)
        rows = [
            # Of two days, which must be summed before they are judged.
            (
                county,
                category,
                (monday - date(1970, 1, 1)).days + day,
                n - n // 2 if day else n // 2,
            )
            for (county, monday), counts in zip(places(), WEEKS, strict=True)
            for category, n in zip(CATEGORIES, counts, strict=True)
            for day in (0, 6)
        ]
        store.insert("count_days", [(*row, *[0] * 8, 1) for row in rows])
        yield store


@pytest.fixture(scope="module")
def shown(store: Store) -> dict[Place, Shown]:
    """What the two views together say of every county and week."""
    cells: defaultdict[Place, dict[str, int | None]] = defaultdict(dict)
    for row in store.query("SELECT county, week, category, n FROM public_weeks"):
        cells[row["county"], row["week"]][row["category"]] = row["n"]
    totals = store.query("SELECT county, week, n FROM public_week_totals")
    return {
        (row["county"], row["week"]): (cells[row["county"], row["week"]], row["n"])
        for row in totals
    }


def test_what_is_shown_is_true_and_never_small(shown: dict[Place, Shown]) -> None:
    for place, counts in zip(places(), WEEKS, strict=True):
        if not any(counts):
            assert place not in shown
            continue
        cells, total = shown[place]
        there = {name: n for name, n in zip(CATEGORIES, counts, strict=True) if n}
        assert cells.keys() == there.keys()
        assert all(n is None or n == there[name] >= SMALL for name, n in cells.items())
        assert total in (None, sum(counts))


def test_a_withheld_count_may_be_small_or_not_for_all_that_is_published(
    shown: dict[Place, Shown],
) -> None:
    """Weeks that are published alike cannot be told apart, whatever is known of the method.

    So it is enough that among them each withheld count is under 5 in one and 5 or more in another.
    Weeks with counts over 7 that would be published alike only add to the doubt.
    """
    alike: defaultdict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for place, counts in zip(places(), WEEKS, strict=True):
        if place in shown:
            cells, total = shown[place]
            alike[(tuple(sorted(cells.items())), total)].append(counts)
    hidden = 0
    for (cells, total), weeks in alike.items():
        for category, n in cells:
            values = {week[CATEGORIES.index(category)] for week in weeks}
            if n is not None:
                assert values == {n}
            elif total is not None:
                hidden += 1
                assert min(values) < SMALL <= max(values), (cells, total, weeks)
            else:
                assert len(values) > 1, (cells, weeks)
    assert hidden > 500


def test_totals_are_withheld_only_where_nothing_could_hide_the_small(
    shown: dict[Place, Shown],
) -> None:
    for place, counts in zip(places(), WEEKS, strict=True):
        if place in shown:
            small = any(0 < n < SMALL for n in counts)
            assert (shown[place][1] is None) == (small and max(counts) < SMALL)


def test_how_many_are_withheld_is_what_the_rows_say(
    store: Store, shown: dict[Place, Shown]
) -> None:
    for row in store.query("SELECT county, week, withheld FROM public_week_totals"):
        cells, _ = shown[row["county"], row["week"]]
        assert row["withheld"] == list(cells.values()).count(None)


def test_the_running_week_and_what_is_outside_the_taxonomy_are_not_published(store: Store) -> None:
    today = NOW.date()
    running = today - timedelta(days=today.weekday())
    version = int(datetime.now(UTC).timestamp() * 1_000)
    store.insert(
        "pipeline_health", [("tally", int(NOW.timestamp()), "Stable", 1, 1, 0, 0, 0, 0.0, version)]
    )
    rows = [
        ("620799", category, (day - date(1970, 1, 1)).days, 9, *[0] * 8, 1)
        for category, day in (
            ("D01", running),
            ("D01", running - timedelta(days=1)),
            ("S99", running - timedelta(days=1)),
        )
    ]
    store.insert("count_days", rows)
    asked = "SELECT category, week, n FROM public_weeks WHERE county = '620799'"
    last = running - timedelta(days=7)
    assert store.query(asked) == [{"category": "D01", "week": last, "n": 9}]
    totals = store.query("SELECT week, n FROM public_week_totals WHERE county = '620799'")
    assert totals == [{"week": last, "n": 9}]
