"""`huishang evaluate baseline`: figures by hand, files in and out, and what is refused."""

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from cli.outbreaks import WINDOW_DAYS, Found, Signal, averaged, cut, measure

DAYS = 560
DATA = os.environ.get("HUISHANG_TEST_SYNDROMIC", "")


def evaluate(*args: str | Path | int) -> Result:
    return CliRunner().invoke(main, ["evaluate", "baseline", *map(str, args)])


def told(*args: str | Path | int) -> dict[str, Any]:
    result = evaluate(*args, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def table(path: Path, rows: Any) -> None:
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows(
            [[f"X{run + 1}" for run in range(rows.shape[1])], *rows.tolist()]
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signals 1, 2 and 9: three runs of 20 a day, 30 more on five days; run 3 has none."""
    where = tmp_path_factory.mktemp("syndromic")
    rng = np.random.default_rng(1)
    for number in (1, 2, 9):
        extra = np.zeros((DAYS, 3), int)
        extra[400:405, :2] = 30
        table(where / f"outbreaks_sig{number}.csv.gz", extra)
        table(where / f"totals_sig{number}.csv.gz", rng.poisson(20.0, (DAYS, 3)) + extra)
    return where


def signal(outbreak: list[int]) -> Signal:
    days = np.array([outbreak], bool)
    since = np.maximum.accumulate(days, 1)
    until = np.maximum.accumulate(days[:, ::-1], 1)[:, ::-1]
    return Signal(1, np.zeros((days.shape[1], 1), np.int64), days, ~(since & until))


def test_figures_by_hand() -> None:
    # An outbreak of days 2, 3 and 5; day 4 is neither.
    one = signal([0, 0, 1, 1, 0, 1, 0, 0])
    found = measure(one, np.array([[1, 0, 0, 1, 1, 1, 0, 0]], bool))
    assert found == Found(1.0, pytest.approx(2 / 3), 1 / 4, pytest.approx(2 / 3), 1.0, 1 / 4)
    missed = measure(one, np.zeros((1, 8), bool))
    assert (missed.found, missed.timeliness, missed.false_alarms) == (0.0, 1.0, 0.0)
    assert np.isnan(missed.precision)
    assert np.isnan(missed.delay_days)
    assert averaged([found, missed]).found == 0.5
    assert averaged([found, missed]).delay_days == 1.0


def test_a_cut_lets_through_no_more_than_was_asked_for() -> None:
    one = signal([0] * 100)
    scores = np.arange(100.0)[None]
    assert cut([one], [scores], 0.05) == 94.0
    assert (scores > 94).sum() == 5
    same = np.ones((1, 100))
    assert not (same > cut([one], [same], 0.05)).any()


def test_outbreaks_are_found_and_scores_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv.gz"
    found = told("--dir", folder, "--out", out)
    assert (found["cut_on"]["signals"], found["held_out"]["signals"]) == ([1, 2], [9])
    assert found["series_days"] == 9 * WINDOW_DAYS
    assert found["bytes_per_series"] <= 16 * 1024
    for group in (found["cut_on"], found["held_out"]):
        assert group["alarm"]["found"] == 1
        assert group["alarm"]["sensitivity"] > 0.8
        assert group["alarm"]["false_alarms"] < 0.03
        assert [row["target"] for row in group["curve"]] == [0.001, 0.005, 0.01, 0.02]
    assert [row["to_week"] for row in found["young"]] == [2, 4, 8, 26]
    assert max(row["false_alarms"] for row in found["young"]) < 0.02
    with gzip.open(out, "rt") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["signal", "run", "day", "score", "alarm"]
    assert len(rows) == found["series_days"]
    assert {int(row["day"]) for row in rows} == set(range(DAYS - WINDOW_DAYS + 1, DAYS + 1))
    # The same scores, read back, give the same figures.
    again = told("--dir", folder, "--scores", out)
    assert again["held_out"]["alarm"] == found["held_out"]["alarm"]
    assert again["us_per_series_day"] is None


def test_runs_signals_and_holidays_are_chosen(folder: Path, tmp_path: Path) -> None:
    found = told("--dir", folder, "--runs", "2-3", "--cut-on", "9")
    assert found["series_days"] == 6 * WINDOW_DAYS
    assert (found["cut_on"]["signals"], found["held_out"]["signals"]) == ([9], [1, 2])
    days = tmp_path / "holidays.csv"
    days.write_text("day\n403\n404\n", encoding="utf-8")
    assert (
        told("--dir", folder, "--holidays", days)["cut_on"]["alarm"] != found["held_out"]["alarm"]
    )
    assert "own alarm" in evaluate("--dir", folder, "--runs", 1).stdout


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("totals_sig1.csv", "X1\n1\n", "at least 343 days"),
        ("totals_sig1.csv", "X1\na\n", "whole numbers"),
        ("notes.txt", "", "no totals_sigN.csv.gz"),
    ],
)
def test_a_folder_that_cannot_be_used(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "outbreaks_sig1.csv").write_text("X1\n0\n", encoding="utf-8")
    result = evaluate("--dir", tmp_path)
    assert result.exit_code == 2
    assert said in result.stderr


def test_files_that_cannot_be_used(folder: Path, tmp_path: Path) -> None:
    assert "is no folder" in evaluate("--dir", tmp_path / "none").stderr
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "expected columns" in evaluate("--dir", folder, "--scores", bad).stderr
    assert "column `day`" in evaluate("--dir", folder, "--holidays", bad).stderr
    assert "range" in evaluate("--dir", folder, "--runs", "0-3").stderr


@pytest.mark.skipif(not DATA, reason="HUISHANG_TEST_SYNDROMIC names no folder of simulated counts")
def test_the_published_signals() -> None:
    found = told("--dir", DATA)
    curve = {row["target"]: row for row in found["cut_on"]["curve"]}
    assert curve[0.005]["found"] >= 0.98
    assert curve[0.005]["sensitivity"] >= 0.67
    assert curve[0.001]["found"] >= 0.965
