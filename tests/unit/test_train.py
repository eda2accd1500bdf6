"""`huishang train`, and `huishang evaluate topics` with a model: what they write, print and refuse."""

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.model_file import load
from cli.main import Exit, main
from streams.categories import CATEGORIES

pytest.importorskip("sklearn", reason="needs the extra `train`")

WAGES = ["拖欠工资", "没签劳动合同", "加班费", "被辞退", "工伤", "包工头跑了"]
HEAT = ["暖气不热", "停暖", "室温低", "取暖费", "换热站", "供暖公司"]


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, args)])


def labelled(path: Path, labels: tuple[str, str], count: int = 80, seed: int = 1) -> Path:
    chance = random.Random(seed)
    rows: list[Sequence[str]] = []
    for number in range(count):
        words = chance.choices((WAGES, HEAT)[number % 2], k=3)
        rows.append((labels[number % 2], "，".join(words) + f"，第{number}天", f"g{number // 4}"))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("label", "text", "near"), *rows])
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return labelled(tmp_path / "labelled.csv", ("劳动争议", "S02 供暖"))


@pytest.fixture
def model(file: Path, tmp_path: Path) -> Path:
    out = tmp_path / "model.npz"
    result = run("train", "--csv", file, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["labels"] == ["D09", "S02"]  # leaves by their codes
    assert (told["texts"], told["bytes"]) == (80, out.stat().st_size)
    assert told["figures"]["unseen"]["accuracy"] >= 0.95
    learned = load(out)  # each leaf stands for itself, whatever the lexicon found in the texts
    assert [learned.leaf_labels[list(CATEGORIES).index(leaf)] for leaf in ("D09", "S02")] == [0, 1]
    assert sum(learned.leaf_labels >= 0) == 2
    return out


def test_a_model_is_measured_on_other_texts(model: Path, tmp_path: Path) -> None:
    others = labelled(tmp_path / "others.csv", ("D09", "S02"), seed=2)
    out = tmp_path / "predictions.csv"
    result = run(*("evaluate", "topics", "--csv", others, "--model", model, "--out", out, "--json"))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["macro_f1"] >= 0.95
    with out.open(encoding="utf-8", newline="") as lines:
        assert {row["predicted"] for row in csv.DictReader(lines)} == {"D09", "S02"}


def test_what_training_prints_for_people(file: Path, tmp_path: Path) -> None:
    result = run("train", "--csv", file, "--folds", "3", "--out", tmp_path / "m.npz")
    assert result.exit_code == 0, result.output
    assert "2 labels, learned from 80 texts" in result.stdout
    assert "on texts not seen in training (3 folds)" in result.stdout
    assert result.stdout.count("lexicon") >= 3


def test_cross_validation_tells_the_gap(file: Path) -> None:
    result = run(
        *("evaluate", "topics", "--csv", file, "--folds", "2", "--groups", "near", "--json")
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["n"] == 80
    assert told["gap"] == pytest.approx(told["fitted_macro_f1"] - told["macro_f1"], abs=2e-4)
    assert "gap" in run("evaluate", "topics", "--csv", file, "--folds", "2").stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--folds", "2", "--groups", "none"), "no column 'none'; the columns are: label"),
        (("--folds", "2", "--model", "m.npz"), "leave --model out"),
        (("--model", "m.npz"), "m.npz cannot be read: No such file"),
    ],
)
def test_what_cannot_be_measured(file: Path, args: tuple[str, ...], says: str) -> None:
    result = run("evaluate", "topics", "--csv", file, *args)
    assert result.exit_code == Exit.USAGE
    assert says in result.stderr


def test_a_model_of_other_labels_is_refused(model: Path, tmp_path: Path) -> None:
    file = labelled(tmp_path / "seven.csv", ("劳动和社会保障", "城乡建设"))
    result = run("evaluate", "topics", "--csv", file, "--labels", "mailbox7", "--model", model)
    assert result.exit_code == Exit.USAGE
    assert "says labels like 'D09'; expected one of 城乡建设" in result.stderr
    assert "are of topics" in run("evaluate", "severity", "--csv", file, "--model", model).stderr


def test_too_few_texts_and_nowhere_to_write(file: Path, tmp_path: Path) -> None:
    few = labelled(tmp_path / "few.csv", ("D09", "S02"), count=6)
    result = run("train", "--csv", few, "--out", tmp_path / "m.npz")
    assert result.exit_code == Exit.USAGE
    assert "6 texts with 2 labels; expected at least" in result.stderr
    result = run("train", "--csv", file, "--folds", "2", "--out", tmp_path / "no" / "m.npz")
    assert result.exit_code == Exit.USAGE
    assert "cannot be written" in result.stderr
