"""The duty log through intake: what an entry must say, whose it may be, and what is kept of it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.judge import Judge
from agents.prepare import Prepared, Preparer
from agents.redaction import redact
from streams.answers import DeadLetter
from streams.counties import CITIES
from streams.duty import DutyEntry
from streams.examples import EXAMPLES
from streams.packs import FORMAT, Pack, decode_pack, encode
from streams.topics import partition_of

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
EXAMPLE = EXAMPLES["duty-log"]
DIGEST = EXAMPLE["data"]["digest_id"]
PHONE = "13909361234"
PARTITIONS = 4


@pytest.fixture(scope="module")
def preparer() -> Preparer:
    ahead, history = timedelta(minutes=10), timedelta(days=3652)
    return Preparer(Judge.load(redact), redact, PARTITIONS, ahead=ahead, history=history)


def prepared(preparer: Preparer, stream: str = "duty-log", **data: Any) -> Prepared:
    """Of the stream's example with other data; what is None is left out."""
    given = {**EXAMPLES[stream]["data"], **data}
    given = {name: value for name, value in given.items() if value is not None}
    value = orjson.dumps({**EXAMPLES[stream], "data": given})
    key = str(given.get("county_code", "")).encode()
    record: Any = SimpleNamespace(offset=7, value=value, key=key, headers=())
    return preparer.prepare(stream, stream, 0, [record], NOW)


def entry_of(result: Prepared) -> DutyEntry:
    assert result.dead == []
    ((_, pack),) = result.packs
    (entry,) = decode_pack(encode(pack)).duty
    return entry


def refused(result: Prepared) -> DeadLetter:
    assert (result.packs, result.accepted) == ([], 0)
    (letter,) = result.dead
    return letter


def test_all_that_an_entry_says_reaches_its_pack(preparer: Preparer) -> None:
    entry = entry_of(prepared(preparer))
    assert (entry.county, entry.kind, entry.digest_id) == ("620702", "amend", DIGEST)
    assert (entry.by, entry.note) == ("甘州区值班长", EXAMPLE["data"]["note"])
    assert (entry.reported_s, entry.offset) == (1_772_325_060, 7)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "sign", "note": None},
        {"kind": "sign", "note": "请各科室核对"},
        {"kind": "handover", "digest_id": None},
        {"kind": "handover"},
    ],
)
def test_an_entry_may_leave_out_what_its_kind_does_not_need(
    preparer: Preparer, data: dict[str, Any]
) -> None:
    given = {**EXAMPLE["data"], **data}
    entry = entry_of(prepared(preparer, **data))
    assert entry.kind == data["kind"]
    assert (entry.digest_id or None, entry.note or None) == (given["digest_id"], given["note"])


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"kind": "sign", "digest_id": None}, "$.data.digest_id"),
        ({"kind": "amend", "digest_id": None}, "$.data.digest_id"),
        ({"kind": "amend", "note": None}, "$.data.note"),
        ({"kind": "amend", "note": " \n"}, "$.data.note"),
        ({"kind": "handover", "note": ""}, "$.data.note"),
        ({"kind": "approve"}, "$.data.kind"),
        ({"digest_id": "694A72FD4DE67EE5"}, "$.data.digest_id"),
        ({"note": "水" * 1_001}, "$.data.note"),
        ({"by": None}, "$.data.by"),
    ],
)
def test_an_entry_without_what_its_kind_needs_is_answered(
    preparer: Preparer, data: dict[str, Any], path: str
) -> None:
    letter = refused(prepared(preparer, **data))
    assert (letter.reason, letter.path, letter.county_code) == ("malformed", path, "620702")


@pytest.mark.parametrize("city", ["620700", "110100", "429000"])
def test_a_city_has_a_log_of_its_own(preparer: Preparer, city: str) -> None:
    result = prepared(preparer, county_code=city)
    assert entry_of(result).county == city
    assert [partition for partition, _ in result.packs] == [partition_of(city, PARTITIONS)]
    assert refused(prepared(preparer, county_code=city, note=None)).county_code == city


@pytest.mark.parametrize(
    "data",
    [
        {"county_code": "620000"},  # a province
        {"county_code": "999900"},
        {"county_code": "620700", "grid_code": "620702001002"},
        {"county_code": "620700", "county_name": "甘州区"},
    ],
)
def test_what_is_neither_county_nor_city_is_answered(
    preparer: Preparer, data: dict[str, Any]
) -> None:
    assert refused(prepared(preparer, **data)).reason == "unknown_county"


@pytest.mark.parametrize("stream", [stream for stream in EXAMPLES if stream != "duty-log"])
def test_nothing_else_is_a_citys(preparer: Preparer, stream: str) -> None:
    codes = {"grid_code": None, "county_code": "620700"}
    assert refused(prepared(preparer, stream, **codes)).reason == "unknown_county"


def test_every_county_lies_in_a_city_and_no_city_in_a_province() -> None:
    assert {"620700", "110100", "441900"} <= CITIES
    assert not CITIES & {"620000", "440000", "000000"}


def test_a_person_is_named_nowhere(preparer: Preparer) -> None:
    note = f"王小明来电{PHONE}，已转住建局"
    entry = entry_of(prepared(preparer, note=note, by=f"值班长{PHONE}"))
    assert PHONE not in entry.note + entry.by
    assert "〔手机〕" in entry.note
    assert "已转住建局" in entry.note
    for field in ("phone", "signer_name", "签发人"):
        letter = refused(prepared(preparer, **{field: PHONE}))
        assert (letter.reason, letter.preview) == ("identity_field", "")


entries = st.builds(
    DutyEntry,
    identity=st.integers(0, 2**64 - 1),
    origin=st.integers(0, 9),
    county=st.sampled_from(["620702", "620700"]),
    kind=st.sampled_from(["sign", "amend", "handover"]),
    by=st.text(max_size=6),
    reported_s=st.integers(0, 2**40),
    digest_id=st.sampled_from(["", DIGEST]),
    note=st.text(max_size=6),
    offset=st.integers(-1, 2**40),
)


@given(st.lists(entries, max_size=5))
def test_what_goes_into_a_pack_comes_out(given_: list[DutyEntry]) -> None:
    pack = Pack(FORMAT, 0, "duty-log", [("/a", "")], partition=1, duty=given_)
    assert decode_pack(encode(pack)) == pack
