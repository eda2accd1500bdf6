"""Counties by code, grid code and name; what is unknown, ambiguous or contradicts is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.locate import county_of
from streams.contracts import Matter
from streams.counties import named
from streams.errors import InvalidEvent, Reason

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def matter(**given: Any) -> Matter:
    return Matter(occurred_at=NOW, reported_at=NOW, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"county_code": "620702"},
        {"grid_code": "620702001"},
        {"grid_code": "620702001002003004"},
        {"county_name": "甘州区"},
        {"county_name": "张掖市甘州区"},
        {"county_name": " 甘肃省 张掖市 甘州区 "},
        {"county_code": "620702", "grid_code": "620702001002"},
        {"county_code": "620702", "county_name": "甘州区", "township_code": "620702100"},
    ],
)
def test_found(given: dict[str, Any]) -> None:
    assert county_of(matter(**given)) == "620702"


def test_shared_name_is_narrowed_by_what_else_is_given() -> None:
    code = named("鼓楼区")[1]
    assert county_of(matter(county_name="鼓楼区", grid_code=code + "001")) == code
    assert county_of(matter(county_name="鼓楼区", township_code=code + "001")) == code
    assert county_of(matter(county_name="鼓楼区", county_code=code)) == code


@pytest.mark.parametrize(
    ("given", "reason", "field"),
    [
        ({}, Reason.MALFORMED, "county_code"),
        ({"township_code": "620702100"}, Reason.MALFORMED, "county_code"),
        ({"county_code": "999999"}, Reason.UNKNOWN_COUNTY, "county_code"),
        ({"county_code": "620700"}, Reason.UNKNOWN_COUNTY, "county_code"),
        ({"county_code": "６２０７０２"}, Reason.UNKNOWN_COUNTY, "county_code"),
        ({"county_code": "620702\n"}, Reason.UNKNOWN_COUNTY, "county_code"),
        ({"grid_code": "999999001"}, Reason.UNKNOWN_COUNTY, "grid_code"),
        ({"county_name": "无此县"}, Reason.UNKNOWN_COUNTY, "county_name"),
        ({"county_name": ""}, Reason.UNKNOWN_COUNTY, "county_name"),
        ({"county_name": "鼓楼区"}, Reason.UNKNOWN_COUNTY, "county_name"),
        ({"county_name": "鼓楼区", "grid_code": "620702001"}, Reason.UNKNOWN_COUNTY, "county_name"),
        (
            {"county_name": "鼓楼区", "township_code": "620702001"},
            Reason.UNKNOWN_COUNTY,
            "county_name",
        ),
        ({"county_code": "620702", "grid_code": "620721001"}, Reason.UNKNOWN_COUNTY, "grid_code"),
        ({"county_code": "620721", "county_name": "甘州区"}, Reason.UNKNOWN_COUNTY, "county_name"),
        (
            {"county_code": "620702", "township_code": "620721001"},
            Reason.UNKNOWN_COUNTY,
            "township_code",
        ),
    ],
)
def test_refused(given: dict[str, Any], reason: Reason, field: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        county_of(matter(**given))
    assert (caught.value.reason, caught.value.path) == (reason, f"$.data.{field}")


def test_ambiguous_says_how_many() -> None:
    with pytest.raises(InvalidEvent, match="4 go by this name"):
        county_of(matter(county_name="鼓楼区"))
