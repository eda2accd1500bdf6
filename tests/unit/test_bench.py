"""What the benchmarks make of their measurements: medians, ratios, the shape of --json."""

import itertools
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agents.decode import Decoder, identity
from agents.rules import Rules
from bench import __main__ as bench
from bench import bursts
from bench.load import hotline_calls
from bench.markers import marker
from bench.pipeline import curve_of_totals
from bench.plot import Panel, Series, drawn
from bench.progress import Progress
from bench.publisher import fresh
from bench.recovery import recovered_s
from bench.rows import Row, medians, percentile, rate_of, ratios, report, table
from bench.site import Lab, Measure, Worker
from streams import packs
from streams.packs import FORMAT
from streams.totals import LedgerRow, Totals

RUNS: dict[str, dict[int, Row]] = {
    "pipeline": {
        0: {"events_per_s": 100.0, "cpu_us_per_event": 10.0},
        1: {"events_per_s": 40.0, "cpu_us_per_event": 12.0},
        2: {"events_per_s": 90.0, "cpu_us_per_event": 11.0},
    },
    "bare": {
        0: {"events_per_s": 200.0, "cpu_us_per_event": 5.0},
        2: {"events_per_s": 300.0, "cpu_us_per_event": 5.5},
    },
    "sink": {0: {"events_per_s": 7.0, "cpu_us_per_event": 1.0}},
}


def test_percentile_is_a_value_that_was_seen() -> None:
    values = [float(value) for value in range(1, 201)]
    assert percentile(values, 50) == 100
    assert percentile(values, 99) == 198
    assert percentile([5.0], 99) == 5


def test_a_rate_needs_two_moments() -> None:
    assert rate_of([(0, 10), (250, 20), (2_000, 110)]) == 50
    with pytest.raises(ValueError, match="too few"):
        rate_of([(5, 10), (5, 20)])


def test_medians_are_of_each_figure_over_the_rounds_that_gave_it() -> None:
    assert medians(RUNS["pipeline"]) == {"events_per_s": 90, "cpu_us_per_event": 11, "runs": 3}
    assert medians({0: {"a": 1.0}, 1: {"a": 3.0, "b": 7.0}}) == {"a": 2, "b": 7, "runs": 2}


def test_ratios_compare_within_a_round() -> None:
    """Round 1 has no bare run; the sink counts rows, not events."""
    assert ratios(RUNS) == {
        "pipeline_to_bare": pytest.approx(0.4),  # median of 100/200 and 90/300
        "pipeline_to_bare_per_core": pytest.approx(0.5),
    }
    held = {"tally_1m": RUNS["bare"], "tally_50m": {0: RUNS["pipeline"][0]}}
    assert ratios(held) == {"tally_50m_to_tally_1m": 0.5, "tally_50m_to_tally_1m_per_core": 0.5}


def test_the_report_is_one_json_object() -> None:
    keeps = {"bare": "nothing", "quix": "all"}
    given = report({**RUNS, "intake": {}}, {"cores": 2}, {"intake": "no"}, keeps)
    said = json.loads(json.dumps(given))
    assert said.keys() == {"rows", "ratios", "machine", "keeps", "each", "failed"}
    assert said["rows"].keys() == RUNS.keys()
    assert said["rows"]["pipeline"] == {"events_per_s": 90, "cpu_us_per_event": 11, "runs": 3}
    assert said["ratios"].keys() == {"pipeline_to_bare", "pipeline_to_bare_per_core"}
    assert said["machine"] == {"cores": 2}
    assert said["keeps"] == {"bare": "nothing"}
    assert len(said["each"]["pipeline"]) == 3
    shown = table(said)
    assert "pipeline_to_bare_per_core" in shown
    assert "bare: nothing" in shown
    assert "failed: intake: no" in shown


def test_rows_are_chosen_by_name() -> None:
    known = {**bench.OURS, **bench.THEIRS, **bench.AT_RATES}
    assert bench.chosen("", known) == known
    assert list(bench.chosen("bare, pipeline", known)) == ["pipeline", "bare"]
    assert list(bench.chosen("latency,sink", known)) == ["sink", *bench.AT_RATES]
    asked_for = {"pipeline", "intake", "tally_1m", "tally_50m", "sink", "bare", "stock_faust"}
    asked_for |= {"kafka_streams_eos", "kafka_streams_alos", "bytewax", "quix"}
    assert asked_for <= known.keys()
    with pytest.raises(ValueError, match="no row brae"):
        bench.chosen("brae", known)


def test_rounds_are_interleaved_and_a_row_that_fails_spoils_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[int, str]] = []

    def measure(name: str) -> Measure:
        def run(lab: Lab) -> Row:
            calls.append((lab.round, name))
            if name == "b":
                raise RuntimeError("no luck")
            return {"events_per_s": 100.0 * (lab.round + 1), "top": lab.top_rate}

        return run

    monkeypatch.setattr(Lab, "clear", lambda _: None)
    lab = Lab.__new__(Lab)
    names = {"pipeline": measure("pipeline"), "b": measure("b"), "c": measure("c")}
    with Progress(6) as progress:
        runs, failed = bench.measured(lab, names, 2, None, progress)
    assert calls == [(0, "pipeline"), (0, "b"), (0, "c"), (1, "pipeline"), (1, "c")]
    assert failed == {"b": "RuntimeError: no luck"}
    assert runs["b"] == {}
    assert [row["top"] for row in runs["c"].values()] == [100, 150]  # the median so far
    assert "b failed" in capsys.readouterr().err


def test_events_are_read_off_the_totals_of_the_ledger() -> None:
    class Sent:
        def __init__(self, timestamp: int, *ledger: LedgerRow) -> None:
            self.timestamp = timestamp
            self.value = packs.encode(Totals(FORMAT, 1, 0, [], list(ledger)))

    def row(county: str, counted: int, duplicates: int) -> LedgerRow:
        return LedgerRow(county, "hotline-calls", "/s", "r", 20_000, counted, duplicates)

    curve = curve_of_totals(
        [
            Sent(1),  # the daily cycle's: no event is answered
            Sent(10, row("620102", 5, 0), row("620103", 2, 1)),
            Sent(30, row("620102", 9, 1)),
            Sent(90, row("620102", 9, 1)),  # sent again after a crash
        ]
    )
    assert curve == [(10, 8), (30, 13)]


def test_recovery_takes_as_long_as_the_slowest_owner() -> None:
    """Partition 1 went from the first worker to the second; only the second's counts."""

    class Told(Worker):
        def __init__(self, spans: dict[int, tuple[float, float]]) -> None:
            self._spans = spans

        def recoveries(self) -> dict[int, tuple[float, float]]:
            return self._spans

        def ready(self) -> bool:
            return True

    first = Told({0: (10.0, 12.0), 1: (12.0, 19.0)})
    second = Told({1: (20.0, 21.0), 2: (21.0, 24.5)})
    assert recovered_s([first, second], 3) == 4.5


def test_markers_have_a_key_and_an_alert_of_their_own_outside_the_load() -> None:
    now = datetime(2026, 3, 1, 8, tzinfo=UTC)
    markers = [marker(number, now) for number in range(3_000)]
    assert len({found.key for found in markers}) == len(markers)
    assert len({found.alert for found in markers}) == len(markers)
    decode = Decoder("hotline-calls").decode
    load = [decode(each.value, ()) for each in hotline_calls("t", 500, 1, "r")]
    counties = {event.data.county_code for event in load}
    assert not counties & {county for county, _, _ in (found.key for found in markers)}


def test_the_publisher_makes_events_with_ids_of_their_own_and_repeats() -> None:
    decode = Decoder("hotline-calls").decode
    made = [identity(decode(value, ())) for value in itertools.islice(fresh(1), 6_000)]
    assert len(set(made)) == 6_000 - 6_000 // 20
    assert made[19] == made[18]


def test_a_plot_draws_every_point_between_its_axes() -> None:
    lines = [
        Series("1 & 2", [(6, 10.0), (86, 20.0), (2_845, 35.0)]),
        Series("more", [(6, 1.0)], dashed=True),
    ]
    root = ET.fromstring(drawn([Panel("µs", lines), Panel("MiB", lines)], "counties"))
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    drawn_lines = [line.attrib["points"].split() for line in root.iter() if "points" in line.attrib]
    assert [len(points) for points in drawn_lines] == [3, 1, 3, 1]
    for points in drawn_lines:
        for point in points:
            x, y = map(float, point.split(","))
            assert 0 < x < width
            assert 0 < y < height
    first = [float(point.split(",")[1]) for point in drawn_lines[0]]
    assert first == sorted(first, reverse=True), "more is higher"
    assert "1 & 2" in {text.text for text in root.iter()}


def test_a_quarter_of_counts_alone_raises_statistical_alerts_alone() -> None:
    rules = Rules.load()
    zone = ZoneInfo("Asia/Shanghai")
    found = bursts.quarter(3, rules, zone, counties=1, days=10, warm_up=28)
    assert {*found["by_rule"]} <= {rule.id for rule in rules.statistical}
    assert found["bursts"]["by_statistics"] == found["bursts"]["found_within_a_day"] == 1
