"""Finds the county a matter belongs to: by code, by grid code, or by name."""

from functools import lru_cache

from msgspec import UNSET

from streams.contracts import DutyLogEntry, Matter
from streams.counties import CITIES, COUNTIES, CountyCode, named
from streams.errors import InvalidEvent, Reason


def place_of(matter: Matter) -> str:
    """The county of a matter; of a duty log entry also a city, as digests of cities have it.

    Raises InvalidEvent as county_of does.
    """
    city = matter.county_code
    alone = matter.grid_code is matter.county_name is matter.township_code is UNSET
    if isinstance(matter, DutyLogEntry) and city is not UNSET and city in CITIES and alone:
        return city
    return county_of(matter)


def county_of(matter: Matter) -> CountyCode:
    """The one county that everything given agrees on.

    A name that several counties share is narrowed by the first six digits of
    the grid or township code. Raises InvalidEvent: malformed when neither
    county_code, grid_code nor county_name is given; unknown_county when a code
    or name is not in GB/T 2260, is ambiguous, or contradicts another.

    >>> from datetime import datetime, timezone
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> county_of(Matter(occurred_at=now, reported_at=now, grid_code="620702001002"))
    '620702'
    """
    code, grid = matter.county_code, matter.grid_code
    name, township = matter.county_name, matter.township_code
    if code is not UNSET and grid is UNSET and name is UNSET and township is UNSET:
        return _known(code, "county_code")
    agreed: CountyCode | None = None
    if code is not UNSET:
        agreed = _known(code, "county_code")
    if grid is not UNSET:
        agreed = _agree(agreed, _known(grid[:6], "grid_code"), "grid_code")
    if name is not UNSET:
        narrowed = agreed or (township[:6] if township is not UNSET else None)
        agreed = _agree(agreed, _by_name(name, narrowed), "county_name")
    if agreed is None:
        raise InvalidEvent(
            Reason.MALFORMED, "$.data.county_code", "county_code, grid_code or county_name"
        )
    if township is not UNSET and township[:6] != agreed:
        raise _unknown("township_code", "a township of the same county")
    return agreed


def _known(code: str, field: str) -> CountyCode:
    county = COUNTIES.get(CountyCode(code))
    if county is None:
        raise _unknown(field, "the six-digit code of a county in GB/T 2260")
    return county.code


def _agree(agreed: CountyCode | None, found: CountyCode, field: str) -> CountyCode:
    if agreed is not None and agreed != found:
        raise _unknown(field, "the same county as the other fields say")
    return found


def _by_name(name: str, narrowed: str | None) -> CountyCode:
    candidates = _named(name)
    if not candidates:
        raise _unknown("county_name", "the name of a county in GB/T 2260")
    if len(candidates) == 1:
        return candidates[0]
    for candidate in candidates:
        if candidate == narrowed:
            return candidate
    if narrowed is not None:
        raise _unknown("county_name", "the same county as the other fields say")
    raise _unknown(
        "county_name",
        f"one county; {len(candidates)} go by this name: add the city, or a county or grid code",
    )


@lru_cache(maxsize=4096)
def _named(name: str) -> tuple[CountyCode, ...]:
    return tuple(named(name))


def _unknown(field: str, expected: str) -> InvalidEvent:
    return InvalidEvent(Reason.UNKNOWN_COUNTY, f"$.data.{field}", expected)
