"""The oracle on events made by hand, and that a store that is wrong is said to be wrong."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.classify import Classifier
from agents.tone import Tone
from cli.producing import Record
from tests.faults import traffic
from tests.faults.answers import difference
from tests.faults.faults import KINDS, drawn
from tests.faults.oracle import Statements, truth_of
from tests.stages import Event, binary, event, structured

NOW = datetime(2026, 3, 4, 8, 30, tzinfo=UTC)
HOUR = int(NOW.timestamp()) // 3600


def told(folder: Path, *records: Record) -> Statements:
    """The truth of these records, by way of the file they are published from."""
    file = folder / "published.jsonl"
    traffic.write(file, records)
    truth = truth_of(traffic.read(file), NOW, traffic.TEXTS)
    return {table: found for table, found in truth.items() if found}


def call(number: int, at: datetime = NOW, **data: Any) -> Event:
    return event("hotline-calls", number, "620702", at, source="/faults/calls", **data)


def test_a_repeat_is_told_in_either_mode_and_counted_once(tmp_path: Path) -> None:
    once = call(1, category="D03", severity=2)
    assert told(tmp_path, structured("hotline-calls", once), binary("hotline-calls", once)) == {
        "counts": {("620702", "D03", "phone", HOUR, 2): 1},
        "counted": {("620702", "hotline-calls", "/faults/calls"): 1},
        "repeats": {("620702", "hotline-calls", "/faults/calls"): 1},
    }


def test_the_text_goes_before_the_category_and_what_is_unknown_is_outside(tmp_path: Path) -> None:
    text = next(text for text, (category, _) in traffic.TEXTS.items() if category == "S05")
    events = (call(1, text=text, category="D03"), call(2, category="Z77"), call(3))
    truth = told(tmp_path, *(structured("hotline-calls", one) for one in events))
    assert truth["counts"] == {
        ("620702", "S05", "phone", HOUR, 4): 1,
        ("620702", "S99", "phone", HOUR, 0): 2,
    }


def test_zero_reports_are_presence_and_not_counted(tmp_path: Path) -> None:
    late = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai: tomorrow's window
    zero = event("grid-reports", 1, "620702", late, is_zero_report=True)
    some = event("grid-reports", 2, "620702", late - timedelta(minutes=1), category="D03")
    truth = told(tmp_path, *(structured("grid-reports", one) for one in (zero, some)))
    assert truth["presence"] == {
        ("620702", "2026-03-05", "zero"): 1,
        ("620702", "2026-03-04", "grid"): 1,
    }
    assert truth["counts"] == {("620702", "D03", "grid_app", HOUR - 1, 0): 1}
    assert truth["counted"].total() == 2


def test_the_latest_version_of_a_case_stands_in_whatever_order(tmp_path: Path) -> None:
    versions = [
        event(
            "case-updates",
            version,
            "620702",
            NOW,
            case_id="ZY-1",
            version=version,
            status=status,
            owner_org="甘州区住建局",
        )
        for version, status in ((2, "accepted"), (3, "resolved"), (1, "registered"))
    ]
    truth = told(tmp_path, *(structured("case-updates", one) for one in versions))
    assert truth["cases"] == {("620702", "ZY-1", 3, "resolved", 2, "甘州区住建局"): 1}
    assert [(step[2:], n) for step, n in sorted(truth["case_steps"].items())] == [
        ((1, "registered", "legal"), 1),
        ((2, "accepted", "legal"), 1),
        ((3, "resolved", "legal"), 1),
    ]
    assert {(*place[1:3], place[4]) for place in truth["case_days"]} == {
        (2, "甘州区住建局", "found"),
        (2, "甘州区住建局", "found_resolved"),
    }
    assert "counts" not in truth


def test_single_events_and_bursts_raise_alerts_and_history_none(tmp_path: Path) -> None:
    bucket = NOW - timedelta(hours=3, minutes=30)
    crowd = event("grid-reports", 1, "620702", NOW, category="D09", severity=1, people_band="30+")
    old = event("hotline-calls", 2, "620702", NOW - timedelta(days=9), category="D03", severity=1)
    burst = [call(10 + n, bucket + timedelta(minutes=n), category="S01") for n in range(20)]
    almost = [call(50 + n, bucket + timedelta(minutes=n), category="S03") for n in range(19)]
    truth = told(
        tmp_path,
        structured("grid-reports", crowd),
        *(structured("hotline-calls", one) for one in (old, *burst, *almost)),
    )
    at = int(NOW.timestamp())
    assert truth["alerts"] == {
        ("red", "620702", "D09", at): 1,
        ("large-group", "620702", "D09", at): 1,
        ("burst-hour", "620702", "S01", (HOUR - 3) * 3600): 1,
    }


def test_an_entry_of_the_duty_log_stands_once_also_of_a_city(tmp_path: Path) -> None:
    given = event("duty-log", 1, "620700", NOW, kind="handover", note="夜间无事")
    truth = told(tmp_path, structured("duty-log", given), binary("duty-log", given))
    place = ("620700", "duty-log", "/test/duty-log")
    assert truth == {
        "duty_log": {("620700", "handover", "", "夜间无事"): 1},
        "counted": {place: 1},
        "repeats": {place: 1},
    }


def test_a_bad_event_is_answered_at_its_own_offset_with_its_reason(tmp_path: Path) -> None:
    good = call(1)
    records = [
        structured("hotline-calls", one)
        for one in (
            good,
            call(2, phone="13893612345"),
            {**good, "data": {**good["data"], "county_code": "999999"}},
            call(3, NOW + timedelta(hours=1)),
            call(4, colour="red"),
        )
    ]
    broken = records[0]._replace(value=b"\xff{")
    truth = told(tmp_path, *(record._replace(partition=3) for record in (*records, broken)))
    assert [(key[2], key[3]) for key in truth["dead_letters"]] == [
        (1, "identity_field"),
        (2, "unknown_county"),
        (3, "time_out_of_range"),
        (4, "malformed"),
        (5, "malformed"),
    ]


def test_every_line_of_generated_traffic_is_accounted_for_once(tmp_path: Path) -> None:
    file = tmp_path / "published.jsonl"
    traffic.write(file, traffic.generate(random.Random("3/1/traffic"), 2_000, NOW))
    lines = list(traffic.read(file))
    truth = truth_of(lines, NOW, traffic.TEXTS)
    answered = sum(truth[table].total() for table in ("counted", "repeats", "dead_letters"))
    assert answered == len(lines)
    assert [table for table, told in truth.items() if not told] == ["actions"]
    reasons = {reason for *_, reason in truth["dead_letters"]}
    of_intake = {"malformed", "identity_field", "unknown_county", "time_out_of_range"}
    assert reasons == of_intake | {"unknown_alert"}  # nobody raised what the actions are about
    assert {rule for rule, *_ in truth["alerts"]} == {"red", "large-group", "burst-hour"}


def test_the_texts_are_judged_as_the_traffic_says() -> None:
    classifier = Classifier.load()
    tone = Tone.load()
    found = {
        text: (classifier.category("", text), tone.judge("", text).severity)
        for text in traffic.TEXTS
    }
    assert found == traffic.TEXTS


def a_truth() -> Statements:
    return {
        "counts": Counter({("620702", "D03", "phone", HOUR, 2): 3, ("620702", "S01"): 1}),
        "counted": Counter({("620702", "hotline-calls", "/faults/calls"): 4}),
        "repeats": Counter({("620702", "hotline-calls", "/faults/calls"): 2}),
    }


def test_a_store_that_says_the_truth_differs_in_nothing() -> None:
    assert not difference(a_truth(), a_truth())


def test_one_lost_and_one_doubled_event_are_one_lost_and_one_doubled() -> None:
    found = a_truth()
    found["counts"]["620702", "D03", "phone", HOUR, 2] += 1
    del found["counts"]["620702", "S01"]
    apart = difference(found, a_truth())
    assert (apart.lost, apart.doubled, apart.repeats_wrong) == (1, 1, 0)
    assert apart.tables == {"counts": (1, 1)}


def test_a_repeat_that_is_counted_anew_is_doubled_and_not_lost() -> None:
    found = a_truth()
    found["counted"]["620702", "hotline-calls", "/faults/calls"] += 1
    found["repeats"]["620702", "hotline-calls", "/faults/calls"] -= 1
    apart = difference(found, a_truth())
    assert (apart.lost, apart.doubled, apart.repeats_wrong) == (0, 1, 1)


@pytest.mark.parametrize("store", ["embedded", "endpoint"])
def test_the_same_seed_draws_the_same_faults(store: Any) -> None:
    first, second = (
        drawn(random.Random("7/2/faults"), store, 9, 20.0, frozenset()) for _ in range(2)
    )
    assert first == second
    assert all(store in KINDS[fault.kind][0] for fault in first)
