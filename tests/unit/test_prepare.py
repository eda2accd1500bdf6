"""Intake's pure part: what goes on of an event, what is cut, how packs are made."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from agents.judge import Judge
from agents.mention import mention
from agents.packing import EVENTS_PER_PACK
from agents.prepare import Prepared, Preparer
from agents.redaction import redact
from streams.contracts import EXCERPT_LIMIT, TEXT_LIMIT
from streams.packs import UNSAID, Pack, decode_pack, encode
from streams.topics import partition_of

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
AT = (NOW - timedelta(hours=1)).isoformat()
PHONE = "13909361234"


@pytest.fixture(scope="module")
def preparer() -> Preparer:
    return Preparer(
        Judge.load(redact),
        redact,
        4,
        ahead=timedelta(minutes=10),
        history=timedelta(days=3652),
    )


def call(number: int = 1, **data: Any) -> dict[str, Any]:
    fields = {
        "county_code": "620702",
        "occurred_at": AT,
        "reported_at": AT,
        "channel": "phone",
        "demand_type": "complaint",
        "repeat": False,
        "text": "小区从早上开始停水，没有通知",
    } | data
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": "/hotline",
        "type": "huishang.hotline-call.v1",
        "data": {name: value for name, value in fields.items() if value is not None},
    }


def grid(number: int = 1, **data: Any) -> dict[str, Any]:
    event = call(number, demand_type=None, repeat=None, channel="patrol", **data)
    event["type"] = "huishang.grid-report.v1"
    event["data"] |= {
        "on_site_resolved": False,
        "is_zero_report": data.get("is_zero_report", False),
    }
    return event


def prepared(preparer: Preparer, events: list[Any], stream: str = "hotline-calls") -> Prepared:
    records: list[Any] = [
        SimpleNamespace(
            offset=offset,
            value=event if isinstance(event, bytes) else orjson.dumps(event),
            key=b"620702",
            headers=(),
        )
        for offset, event in enumerate(events)
    ]
    return preparer.prepare(stream, stream, 0, records, NOW)


def only_pack(result: Prepared) -> Pack:
    ((_, pack),) = result.packs
    return decode_pack(encode(pack))


def test_an_event_becomes_a_report_without_its_text(preparer: Preparer) -> None:
    result = prepared(preparer, [call(text=f"小区停水，请联系{PHONE}")])
    (report,) = only_pack(result).reports
    assert (report.county, report.category, report.channel) == ("620702", "S01", "phone")
    assert report.excerpt == ""
    assert PHONE.encode() not in encode(result.packs[0][1])


def test_a_report_brings_what_the_same_matter_is_known_by(preparer: Preparer) -> None:
    text = "阳光花园小区从昨天起停水，没有人来修，请有关部门处理"
    events = [call(1, text=text), call(2, text=None), call(3, text=text[1:])]
    one, silent, other = only_pack(prepared(preparer, events)).reports
    found = mention("", text)
    assert (one.fingerprint, one.keys, one.name) == found[:3]
    assert (one.problem, one.named, one.sketch) == found[3:]
    assert (silent.fingerprint, silent.keys, silent.name) == (0, (), "")
    assert other.fingerprint


def test_a_text_makes_a_report_graver_never_milder(preparer: Preparer) -> None:
    gas = "楼道里有很浓的煤气味，怀疑燃气泄漏，请马上派人"
    events = [
        call(1, text=gas, severity=3),
        call(2, text="请问供暖什么时候开始", severity=2),
        call(3, text=None),
        call(4, text=gas),
    ]
    reports = list(only_pack(prepared(preparer, events)).reports)
    assert [report.severity for report in reports] == [1, 2, 0, 1]
    assert [report.cue for report in reports] == ["燃气泄漏", "", "", "燃气泄漏"]
    assert [bool(report.excerpt) for report in reports] == [True, True, False, True]


def test_only_a_text_has_a_sentiment(preparer: Preparer) -> None:
    events = [
        grid(1, text="垃圾堆了半个月没人管，臭气熏天"),
        grid(2, text=None),
        grid(3, is_zero_report=True, text="今日无事"),
    ]
    reports = only_pack(prepared(preparer, events, "grid-reports")).reports
    assert [report.sentiment < 0 for report in reports] == [True, False, False]
    assert [report.sentiment == UNSAID for report in reports] == [False, True, True]


def test_what_decided_is_counted_and_what_upstream_declared_is_kept(preparer: Preparer) -> None:
    events = [
        call(1, category="S01"),
        call(2, category="D09"),
        call(3, category="我们的类别"),
        call(4, category="D09", text=None),
        call(5, text=None),
    ]
    result = prepared(preparer, events)
    reports = list(only_pack(result).reports)
    assert [report.category for report in reports] == ["S01", "S01", "S01", "D09", "S99"]
    assert [report.declared for report in reports] == ["S01", "D09", "", "D09", ""]
    assert result.sources == {"lexicon": 3, "declared": 1, "none": 1}
    assert result.verdicts == {"agrees": 2, "differs": 1, "unknown": 1}


@pytest.mark.parametrize("severity", [1, 2])
def test_a_grave_event_keeps_a_redacted_excerpt(preparer: Preparer, severity: int) -> None:
    text = f"小区停水，请联系{PHONE}。" + "居民用水困难，盼尽快恢复。" * 20
    (report,) = only_pack(prepared(preparer, [call(text=text, severity=severity)])).reports
    assert "〔手机〕" in report.excerpt
    assert PHONE not in report.excerpt
    assert len(report.excerpt) == EXCERPT_LIMIT


def test_no_number_is_half_redacted_where_the_excerpt_is_cut(preparer: Preparer) -> None:
    for before in range(400, 490):
        text = "停" * before + PHONE + "水" * 300
        (report,) = only_pack(prepared(preparer, [call(text=text, severity=1)])).reports
        assert "139" not in report.excerpt


def test_an_excerpt_of_much_redacted_text_is_made_of_the_whole(preparer: Preparer) -> None:
    text = f"{PHONE}，" * 60 + "小区停水"
    (report,) = only_pack(prepared(preparer, [call(text=text, severity=1)])).reports
    assert "139" not in report.excerpt
    assert len(report.excerpt) == EXCERPT_LIMIT


def test_a_crowd_keeps_an_excerpt_and_a_zero_report_none(preparer: Preparer) -> None:
    events = [
        grid(1, people_band="30+", text="工地拖欠农民工工资"),
        grid(2, people_band="3-9", text="工地夜间施工，声音太大"),
        grid(3, is_zero_report=True, severity=1, text="今日无事"),
    ]
    reports = only_pack(prepared(preparer, events, "grid-reports")).reports
    assert [bool(report.excerpt) for report in reports] == [True, False, False]
    assert [report.zero for report in reports] == [False, False, True]


def test_long_texts_are_cut_and_counted(preparer: Preparer) -> None:
    result = prepared(
        preparer, [call(1, text="水" * (TEXT_LIMIT + 1)), call(2, title="水" * 201), call(3)]
    )
    assert (result.accepted, result.cut) == (3, 2)


def test_a_declared_category_stands_where_the_text_says_nothing(preparer: Preparer) -> None:
    events = [
        call(1, text=None, category="D09"),
        call(2, text=None, category="工资"),
        call(3, text=None),
    ]
    reports = only_pack(prepared(preparer, events)).reports
    assert [report.category for report in reports] == ["D09", "S99", "S99"]


def test_counties_go_to_their_partitions(preparer: Preparer) -> None:
    counties = ["620702", "620721", "620722", "110101"]
    result = prepared(preparer, [call(n, county_code=code) for n, code in enumerate(counties)])
    for partition, pack in result.packs:
        assert {partition_of(report.county, 4) for report in pack.reports} == {partition}
    assert sum(len(pack.reports) for _, pack in result.packs) == len(counties)


def test_packs_are_cut_to_size(preparer: Preparer) -> None:
    result = prepared(preparer, [call(number) for number in range(2 * EVENTS_PER_PACK + 1)])
    assert [len(pack.reports) for _, pack in result.packs] == [EVENTS_PER_PACK, EVENTS_PER_PACK, 1]


def test_origins_are_told_apart_and_redacted(preparer: Preparer) -> None:
    events = [call(1), call(2) | {"runid": "r-1"}, call(3) | {"source": f"tel:{PHONE}"}, call(4)]
    pack = only_pack(prepared(preparer, events))
    assert pack.origins == [("/hotline", ""), ("/hotline", "r-1"), ("tel:〔手机〕", "")]
    assert [report.origin for report in pack.reports] == [0, 1, 2, 0]


def test_a_bad_event_among_good_ones_is_answered_and_the_rest_goes_on(preparer: Preparer) -> None:
    result = prepared(preparer, [call(1), b"{", call(2, county_code="999999"), call(3)])
    assert [(letter.offset, letter.reason) for letter in result.dead] == [
        (1, "malformed"),
        (2, "unknown_county"),
    ]
    assert result.accepted == 2
    assert {letter.county_code for letter in result.dead} == {"620702"}


def test_labels_of_cases_and_actions_are_redacted(preparer: Preparer) -> None:
    update = call(1, channel=None, demand_type=None, repeat=None, text=None)
    update["type"] = "huishang.case-update.v1"
    update["data"] |= {
        "case_id": "c-1",
        "version": 1,
        "status": "registered",
        "level": 1,
        "owner_org": f"信访局 {PHONE}",
    }
    (step,) = only_pack(prepared(preparer, [update], "case-updates")).cases
    assert step.owner_org == "信访局 〔手机〕"
    assert (step.deadline_class, step.whistle_step, step.contacted_s) == ("", "", 0)
    action = call(1, channel=None, demand_type=None, repeat=None, text=None)
    action["type"] = "huishang.alert-action.v1"
    action["data"] |= {
        "alert_id": "0123456789abcdef",
        "action": "acknowledge",
        "by": "值班长",
        "note": f"已致电{PHONE}",
    }
    (row,) = only_pack(prepared(preparer, [action], "alert-actions")).actions
    assert (row.by, row.note) == ("值班长", "已致电〔手机〕")


def test_all_that_a_case_update_says_reaches_its_pack(preparer: Preparer) -> None:
    update = call(1, channel=None, demand_type=None, repeat=None, text=None)
    update["type"] = "huishang.case-update.v1"
    update["data"] |= {
        "case_id": "c-1",
        "version": 4,
        "status": "merged",
        "level": 2,
        "deadline_at": "2026-03-06T18:00:00+08:00",
        "deadline_class": "24h",
        "merged_into": "c-2",
        "callback": {
            "contacted_at": "2026-03-05T10:00:00+08:00",
            "solved": True,
            "satisfaction": 2,
        },
        "plan": True,
        "action": True,
        "whistle_step": "arrived",
    }
    (step,) = only_pack(prepared(preparer, [update], "case-updates")).cases
    assert (step.version, step.status, step.level, step.merged_into) == (4, "merged", 2, "c-2")
    assert (step.deadline_s, step.deadline_class) == (1_772_791_200, "24h")
    assert (step.contacted_s, step.solved, step.satisfaction) == (1_772_676_000, True, 2)
    assert (step.plan, step.action, step.whistle_step) == (True, True, "arrived")


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"deadline_at": "9999-12-31T23:59:59Z"}, "$.data.deadline_at"),
        ({"deadline_at": "0001-01-01T00:00:00Z"}, "$.data.deadline_at"),
        (
            {
                "callback": {
                    "contacted_at": "9999-12-31T23:59:59Z",
                    "solved": True,
                    "satisfaction": 1,
                }
            },
            "$.data.callback.contacted_at",
        ),
    ],
)
def test_a_time_that_no_store_holds_is_answered(
    preparer: Preparer, said: dict[str, object], path: str
) -> None:
    update = call(1, channel=None, demand_type=None, repeat=None, text=None)
    update["type"] = "huishang.case-update.v1"
    update["data"] |= {"case_id": "c-1", "version": 1, "status": "registered", "level": 1, **said}
    result = prepared(preparer, [update], "case-updates")
    assert [(letter.reason, letter.path) for letter in result.dead] == [("time_out_of_range", path)]
    assert result.packs == []
