"""Published against counted: every kind of wrong number is found and named."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cli.demo_check import Found, by_county, differences
from cli.demo_day import generate
from cli.demo_truth import Truth

_TRUTH = generate(datetime(2026, 3, 2, 16, tzinfo=ZoneInfo("Asia/Shanghai")), 600, seed=1).truth


def as_it_must_be(truth: Truth) -> Found:
    return Found(
        counted=Counter(truth.counted),
        duplicates=Counter(truth.duplicates),
        dead_letters=Counter((sha, reason) for sha, (_, reason) in truth.dead_letters.items()),
        counts=Counter(truth.counts),
        presence={key: list(said) for key, said in truth.presence.items()},
        cases=dict(truth.cases),
        alerts=Counter(truth.alerts),
        digests=set(truth.digests),
        window=dict(truth.window),
        leaks=[],
    )


def test_nothing_differs_when_all_is_as_it_must_be() -> None:
    assert differences(_TRUTH, as_it_must_be(_TRUTH)) == []


def one_more_counted(found: Found) -> None:
    found.counted["620702", "hotline-calls"] += 1


def one_duplicate_less(found: Found) -> None:
    found.duplicates["620702", "hotline-calls"] -= 1


def other_reason(found: Found) -> None:
    (sha256, _), n = found.dead_letters.popitem()
    found.dead_letters[sha256, "other"] = n


def good_event_answered(found: Found) -> None:
    found.dead_letters["00" * 32, "malformed"] += 1


def other_hour(found: Found) -> None:
    (county, category, channel, hour), n = found.counts.popitem()
    found.counts[county, category, channel, hour + 1] += n


def zero_report_lost(found: Found) -> None:
    found.presence["620724", "2026-03-02"] = [0, 0]


def older_version(found: Found) -> None:
    key = next(iter(found.cases))
    found.cases[key] = (0, "registered")


def alert_twice(found: Found) -> None:
    found.alerts["red", "620702", "S14"] += 1


def alert_not_raised(found: Found) -> None:
    del found.alerts["missing-report", "620721", ""]


def no_consult(found: Found) -> None:
    found.digests.discard(("daily_consult", "620725"))


def other_total(found: Found) -> None:
    found.window["620702"] += 1


def leak(found: Found) -> None:
    found.leaks.append("alerts")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (one_more_counted, "counted 620702 hotline-calls: "),
        (one_duplicate_less, "duplicates 620702 hotline-calls: "),
        (other_reason, "dead letters 6207"),
        (good_event_answered, "dead letters an event that is not bad malformed: 1, not 0"),
        (other_hour, "reports 6207"),
        (zero_report_lost, "presence 620724 2026-03-02: [0, 0], not [0, 1]"),
        (older_version, "case 6207"),
        (alert_twice, "alerts red 620702 S14: 2, not 1"),
        (alert_not_raised, "alerts missing-report 620721 : 0, not 1"),
        (no_consult, "digests daily_consult 620725: 0, not 1"),
        (other_total, "reports in the daily report 620702: "),
        (leak, "personal data kept in alerts"),
    ],
)
def test_a_wrong_number_is_named(spoil: Callable[[Found], None], says: str) -> None:
    found = as_it_must_be(_TRUTH)
    spoil(found)
    lines = differences(_TRUTH, found)
    assert any(line.startswith(says) for line in lines), lines


def test_many_differences_of_a_kind_are_cut_short() -> None:
    found = as_it_must_be(_TRUTH)._replace(counts=Counter())
    lines = differences(_TRUTH, found)
    assert len(lines) == 9
    assert lines[-1] == f"reports: {len(_TRUTH.counts) - 8} more"


def test_each_county_adds_up() -> None:
    lines = by_county(_TRUTH, as_it_must_be(_TRUTH))
    assert [line.county for line in lines] == sorted(_TRUTH.published)
    for line in lines:
        answered = line.counted + line.duplicates + sum(line.dead_letters.values())
        assert answered == line.published == _TRUTH.published[line.county]
    assert {line.county: line.alerts for line in lines}["620721"] == {"missing-report": 1}
