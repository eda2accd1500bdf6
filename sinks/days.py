"""Keeps `count_days` as `counts` has it: works a county's days out anew when they changed.

A day's row carries the highest version of the counts that it was made of, so working it out
twice, or by two sinks at once, is harmless; and what a crash left undone is found by versions.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple, cast

from sinks.rows import COLUMNS, Row
from sinks.store import Store
from streams.errors import SinkBusy

_EVERY_S: Final = 2.0
_RESTS: Final = 4  # times as long as the work took: boards and inserts need the store too
_AT_ONCE: Final = 300  # counties: their codes travel in an address
_HOUR: Final = COLUMNS["counts"].index("hour")
log = logging.getLogger(__name__)

_SUMS: Final = (
    *("n", "red", "orange", "yellow", "blue"),
    *("sentiments", "negative", "positive", "sentiment_sum"),
)
# Days of the zone lie within a day of UTC's: the bare hours let whole years be left out.
_REFRESH: Final = f"""
INSERT INTO count_days ({", ".join(COLUMNS["count_days"])})
SELECT county, category, toDate(hour, {{zone:String}}) AS day,
    {", ".join(f"sum({name})" for name in _SUMS)}, max(counts.version)
FROM counts FINAL
WHERE county IN {{counties:Array(String)}}
  AND hour >= {{first:DateTime}} - INTERVAL 1 DAY AND hour <= {{last:DateTime}} + INTERVAL 1 DAY
  AND toDate(hour, {{zone:String}}) >= toDate({{first:DateTime}}, {{zone:String}})
  AND toDate(hour, {{zone:String}}) <= toDate({{last:DateTime}}, {{zone:String}})
GROUP BY county, category, day
"""  # noqa: S608 - our names
_STALE: Final = """
SELECT county, min(earliest) AS first, max(latest) AS last
FROM (
    SELECT county, day, min(hour) AS earliest, max(hour) AS latest
    FROM (
        SELECT county, toDate(hour, {zone:String}) AS day, hour, version AS counted, 0 AS made
        FROM counts
        UNION ALL
        SELECT county, day, toDateTime(day, {zone:String}) AS hour, 0 AS counted, version AS made
        FROM count_days
    )
    GROUP BY county, day
    HAVING max(counted) > max(made)
)
GROUP BY county
"""


class Span(NamedTuple):
    """From the earliest to the latest hour that changed, seconds since 1970."""

    first: int
    last: int


def touched(rows: Iterable[Row]) -> dict[str, Span]:
    """Which hours of which counties these rows of `counts` change.

    >>> touched([("620702", "D01", "phone", 7200, 0), ("620702", "D02", "web", 3600, 0)])
    {'620702': Span(first=3600, last=7200)}
    """
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for row in rows:
        county, hour = cast("str", row[0]), cast("int", row[_HOUR])
        if county not in first:
            first[county] = last[county] = hour
        elif hour < first[county]:
            first[county] = hour
        elif hour > last[county]:
            last[county] = hour
    return {county: Span(hour, last[county]) for county, hour in first.items()}


def _widen(spans: dict[str, Span], more: Mapping[str, Span]) -> None:
    for county, span in more.items():
        before = spans.get(county, span)
        spans[county] = Span(min(before.first, span.first), max(before.last, span.last))


def stale(store: Store, zone: str) -> dict[str, Span]:
    """What changed in `counts` and was not worked out. Reads all of it. Blocks."""
    return {
        str(row["county"]): Span(_second(row["first"]), _second(row["last"]))
        for row in store.query(_STALE, {"zone": zone})
    }


def work_out(store: Store, zone: str, spans: Mapping[str, Span]) -> None:
    """Work these days out anew. Blocks. Raises SinkBusy or Fatal."""
    for counties in _together(spans):
        some = [spans[county] for county in counties]
        store.command(
            _REFRESH,
            {
                "zone": zone,
                "counties": counties,
                "first": datetime.fromtimestamp(min(span.first for span in some), UTC),
                "last": datetime.fromtimestamp(max(span.last for span in some), UTC),
            },
        )


def _together(spans: Mapping[str, Span]) -> Iterator[list[str]]:
    """Counties in bounded lists, those with the same days side by side."""
    counties = sorted(spans, key=lambda county: (spans[county].first, county))
    for start in range(0, len(counties), _AT_ONCE):
        yield counties[start : start + _AT_ONCE]


class Days:
    """What is to be worked out, and when."""

    def __init__(self, store: Store, zone: str) -> None:
        self._store = store
        self._zone = zone
        self._spans: dict[str, Span] = {}

    def note(self, rows: Iterable[Row]) -> None:
        """Rows of `counts` that are now in the store."""
        _widen(self._spans, touched(rows))

    async def watch(self) -> None:
        """Loop: work out what changed. After a start, whatever was left undone."""
        _widen(self._spans, await _patiently(partial(stale, self._store, self._zone)))
        while True:
            took_s = await self._work_out()
            await asyncio.sleep(max(_EVERY_S, _RESTS * took_s))

    async def _work_out(self) -> float:
        started = time.monotonic()
        spans, self._spans = self._spans, {}
        if spans:
            await _patiently(partial(work_out, self._store, self._zone, spans))
        return time.monotonic() - started


async def _patiently(ask: Callable[[], Any]) -> Any:
    """Ask the store, waiting out its absence."""
    while True:
        try:
            return await asyncio.to_thread(ask)
        except SinkBusy as busy:
            log.warning("%s; trying again in %g s", busy, busy.retry_after_s)
            await asyncio.sleep(busy.retry_after_s)


def _second(instant: Any) -> int:
    return int(instant.timestamp())
