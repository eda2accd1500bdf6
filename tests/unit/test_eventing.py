"""Rows become events that keep the contract, with ids that stay; refusals show nothing personal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.eventing import Events, Prepared
from cli.mapping import Plan, Refused, plan
from streams.contracts import EVENT_LIMIT_BYTES, TEXT_LIMIT
from streams.errors import UserError
from streams.events import (
    EVENTS,
    CaseUpdateEvent,
    GridReportEvent,
    HotlineCallEvent,
    OpinionItemEvent,
)

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
PRIVATE = "张三 13912345678 甘州区南环路5号院3-2-501"


def planned(stream: str = "hotline-calls", **changed: Any) -> Plan:
    given: dict[str, Any] = {
        "columns": {"text": "text", "reported_at": "time"},
        "given": {},
        "county": "620702",
        "source": "mailbox",
        "runid": "run1",
        "zone": ZoneInfo("Asia/Shanghai"),
    }
    return plan(stream, **{**given, **changed})


def events_of(made: Plan) -> Events:
    return Events(made, lambda _: NOW)


def decoded(prepared: Prepared, stream: str = "hotline-calls") -> Any:
    return msgspec.json.decode(prepared.value, type=EVENTS[stream])


def refusal(made: Plan, cells: Mapping[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        events_of(made).event(1, cells)
    return str(caught.value)


def test_a_row_becomes_a_whole_event() -> None:
    prepared = events_of(planned()).event(1, {"text": " 路灯不亮 ", "time": "2019/2/28 12:32"})
    event = decoded(prepared)
    assert isinstance(event, HotlineCallEvent)
    at = datetime.fromisoformat("2019-02-28T12:32:00+08:00")
    assert (event.time, event.data.reported_at, event.data.occurred_at) == (at, at, at)
    assert (event.source, event.runid, event.type) == (
        "mailbox",
        "run1",
        "huishang.hotline-call.v1",
    )
    assert event.dataschema == "urn:huishang:hotline-call:1"
    assert (event.data.text, event.data.county_code) == ("路灯不亮", "620702")
    assert (event.data.channel, event.data.demand_type, event.data.repeat) == (
        "web",
        "complaint",
        False,
    )
    assert prepared.key == b"620702"
    assert prepared.timed


def test_a_row_without_a_time_gets_the_default_and_says_so() -> None:
    prepared = events_of(planned()).event(1, {"text": "x", "time": " "})
    assert decoded(prepared).data.reported_at == NOW
    assert not prepared.timed


def test_a_row_with_only_the_time_it_happened_was_reported_then() -> None:
    made = planned(columns={"text": "text", "occurred_at": "at"})
    prepared = events_of(made).event(1, {"text": "x", "at": "2026-01-01"})
    assert decoded(prepared).data.reported_at == datetime.fromisoformat("2026-01-01T00:00+08:00")
    assert prepared.timed


def test_set_fills_what_a_row_leaves_empty() -> None:
    made = planned(
        columns={"text": "text", "channel": "how", "repeat": "again", "wait_s": "w"},
        given={"channel": "phone", "demand_type": "help"},
    )
    events = events_of(made)
    filled = decoded(events.event(1, {"text": "x", "how": "app", "again": "是", "w": "30"})).data
    empty = decoded(events.event(2, {"text": "x", "how": "", "again": None})).data
    assert (filled.channel, filled.repeat, filled.wait_s) == ("app", True, 30)
    assert (empty.channel, empty.repeat, empty.demand_type) == ("phone", False, "help")


def test_every_stream_can_be_filled() -> None:
    grid = planned("grid-reports", columns={"grid_code": "g", "text": "t"}, county=None)
    report = events_of(grid).event(1, {"g": 620702001002, "t": "x"})
    assert isinstance(decoded(report, "grid-reports"), GridReportEvent)
    assert report.key == b"620702"
    opinion = planned("opinion-items", columns={"text": "t", "county_name": "c"}, county=None)
    item = events_of(opinion).event(1, {"t": "x", "c": "甘肃省张掖市甘州区"})
    assert isinstance(decoded(item, "opinion-items"), OpinionItemEvent)
    assert item.key == b"620702"
    case = planned(
        "case-updates",
        columns={
            name: name
            for name in (
                "case_id",
                "version",
                "status",
                "level",
                "callback.contacted_at",
                "callback.solved",
                "callback.satisfaction",
            )
        },
    )
    update = events_of(case).event(
        1,
        {
            "case_id": "A1",
            "version": "2",
            "status": "verified",
            "level": 2,
            "callback.contacted_at": "2026/2/1 9:00",
            "callback.solved": "yes",
            "callback.satisfaction": "5",
        },
    )
    got = decoded(update, "case-updates")
    assert isinstance(got, CaseUpdateEvent)
    assert isinstance(got.data.callback, msgspec.Struct)
    assert got.data.callback.solved


def test_equal_rows_get_different_ids_and_the_same_ones_next_time() -> None:
    cells = {"text": "路灯不亮", "time": "2026/3/1 8:00"}
    other = {"text": "漏水", "time": "2026/3/1 8:00"}

    def ids(rows: list[dict[str, str]]) -> list[str]:
        events = events_of(planned(runid=f"run{len(rows)}"))
        return [decoded(events.event(n, row)).id for n, row in enumerate(rows, 1)]

    first = ids([cells, other, cells])
    assert len(set(first)) == 3
    assert first[0].removesuffix("-1") == first[2].removesuffix("-2")
    assert ids([cells, other, cells, cells, other])[:3] == first


def test_an_id_is_of_the_content_not_of_how_it_is_written() -> None:
    def id_of(made: Plan, time: str, text: str = "路灯\n不亮") -> str:
        return str(decoded(events_of(made).event(1, {"text": text, "time": time})).id)

    same = id_of(planned(), "2026/3/1 8:00")
    assert id_of(planned(), "2026-03-01T00:00:00Z", " 路灯\r\n不亮 ") == same
    assert id_of(planned(given={"channel": "app"}), "2026/3/1 8:00") == same
    assert id_of(planned(), "2026/3/1 8:01") != same
    assert id_of(planned(county="620721"), "2026/3/1 8:00") != same


def test_a_mapped_id_is_kept() -> None:
    made = planned(columns={"id": "no", "text": "text"})
    assert decoded(events_of(made).event(1, {"no": 17, "text": "x"})).id == "17"
    assert "256" in refusal(made, {"no": "x" * 257, "text": "x"})


def test_a_text_too_long_for_an_event_is_cut_one_that_fits_is_not() -> None:
    events = events_of(planned())
    long = events.event(1, {"text": "长" * (EVENT_LIMIT_BYTES // 3)})
    assert long.cut
    assert len(decoded(long).data.text) == TEXT_LIMIT
    fits = events.event(2, {"text": "长" * (TEXT_LIMIT + 1)})
    assert not fits.cut
    assert len(decoded(fits).data.text) == TEXT_LIMIT + 1


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"text": "p", "reported_at": "p"}, "reported_at: got a text of 31 characters, expected"),
        ({"text": "p", "channel": "p"}, "expected one of "),
        ({"text": "p", "repeat": "p"}, "expected true or false"),
        ({"text": "p", "wait_s": "p"}, "expected an integer, 0 to 86400"),
        ({"text": "p", "severity": "p"}, "expected an integer, 1 to 4"),
        ({"text": "p", "county_code": "p"}, "expected six digits, a GB/T 2260 county code"),
        ({"text": "p", "county_name": "p"}, "a name of no counties"),
        ({"text": "p", "township_code": "p"}, "expected nine digits, a township code"),
        ({"text": "n"}, "text: got a text with a NUL"),
        ({"text": "l"}, "text: got a list, expected text"),
        ({"text": "p", "county_code": "u"}, "a county code of GB/T 2260"),
        ({"text": "p", "grid_code": "ug"}, "a grid code that begins with a county"),
        ({"text": "p", "county_name": "a"}, "a name of 4 counties"),
    ],
)
def test_a_refusal_says_field_and_expectation_and_nothing_of_the_text(
    columns: dict[str, str], expected: str
) -> None:
    cells = {
        "p": PRIVATE,
        "n": "a\0b",
        "l": [PRIVATE],
        "u": "999999",
        "ug": "999999001",
        "a": "鼓楼区",
    }
    said = refusal(planned(columns=columns), cells)
    assert expected in said
    for part in ("张三", "139", "南环路", "鼓楼"):
        assert part not in said


def test_an_unreadable_time_is_shown_if_it_looks_like_one() -> None:
    assert "got '2019/2/30 12:32'" in refusal(planned(), {"text": "x", "time": "2019/2/30 12:32"})
    assert "139" not in refusal(planned(), {"text": "x", "time": "13912345678"})


def test_a_row_without_county_is_refused() -> None:
    made = planned(columns={"text": "text", "county_name": "c"}, county=None)
    assert "a county in the row, or --county" in refusal(made, {"text": "x", "c": ""})


def test_a_row_lacking_a_required_field_is_refused() -> None:
    made = planned(
        "case-updates", columns={n: n for n in ("case_id", "version", "status", "level")}
    )
    said = refusal(made, {"case_id": "A1", "version": "1", "status": "accepted", "level": ""})
    assert said.startswith("level: got nothing")


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"stream": "calls"}, "no stream 'calls'; the streams are: grid-reports"),
        ({"columns": {"body": "text"}}, "no field 'body'; it has: id, county_code"),
        ({"given": {"id": "1"}}, "no field 'id'"),
        ({"given": {"channel": "fax"}}, '--set channel: .* one of "app", "letter"'),
        ({"given": {"county_code": "620702"}}, "use --county"),
        ({"given": {"reported_at": "2026-01-01"}}, "use --county, --time or --map"),
        ({"county": None}, "no county"),
        ({"county": "620799"}, "no county '620799'"),
        ({"county": "鼓楼区"}, "several counties .* 320106 江苏省南京市"),
        ({"source": ""}, "1 to 128"),
        ({"stream": "case-updates"}, "case-updates needs case_id, version, status, level"),
    ],
)
def test_what_cannot_work_is_refused_before_any_row(changed: dict[str, Any], because: str) -> None:
    with pytest.raises(UserError, match=because):
        planned(**changed)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(st.fixed_dictionaries(dict.fromkeys("abcde", _ANYTHING)))
def test_any_row_becomes_an_event_of_its_contract_or_is_refused(cells: dict[str, Any]) -> None:
    made = planned(
        columns={"id": "a", "text": "b", "reported_at": "c", "wait_s": "d", "category": "e"}
    )
    try:
        prepared = events_of(made).event(1, cells)
    except Refused:
        return
    assert isinstance(decoded(prepared), HotlineCallEvent)
