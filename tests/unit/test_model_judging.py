"""A judge with a model on top of the lexicon: who decides, and what is said of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from agents import model_file
from agents.judge import Judge, Judged, Said
from agents.model import NEVER, Learned
from agents.redaction import redact
from cli.main import Exit, main
from streams.categories import CATEGORIES


def model(path: Path, *, margin: float) -> Path:
    """A model of two leaves that says S01 whatever the text is, where the lexicon's margin is less."""
    labels = ("S01", "D09")
    learned = Learned(
        labels=labels,
        orders=(2,),
        seed=0,
        weights=np.zeros((64, 2), np.int8),
        scale=np.ones(2, np.float32),
        leaf_weights=np.zeros((len(CATEGORIES), 2), np.float32),
        offsets=np.array([1, 0], np.float32),
        leaf_labels=np.array(
            [labels.index(leaf) if leaf in labels else -1 for leaf in CATEGORIES], np.int16
        ),
        sharpness=1.0,
        margin=margin,
        about={},
    )
    model_file.save(learned, path)
    return path


def judged(judge: Judge, title: str, text: str, declared: str = "") -> Judged:
    report: Said = (title, text, declared, 0, "", False)
    (found,) = judge.judge([report])
    return found


def test_a_model_decides_where_the_lexicon_is_not_sure(tmp_path: Path) -> None:
    judge = Judge.load(redact, model=model(tmp_path / "m.npz", margin=0.2))
    sure = judged(judge, "", "包工头拖欠工资，劳动仲裁也不理")
    assert (sure.category, sure.source) == ("D09", "lexicon")
    unsure = judged(judge, "", "这件事请领导过问一下")
    assert (unsure.category, unsure.source) == ("S01", "model")
    always = Judge.load(redact, model=model(tmp_path / "m.npz", margin=NEVER))
    assert judged(always, "", "包工头拖欠工资").source == "model"
    assert judged(always, "拖欠工资", "").category == "S01"


def test_a_model_is_not_asked_about_nothing(tmp_path: Path) -> None:
    judge = Judge.load(redact, model=model(tmp_path / "m.npz", margin=NEVER))
    nothing = judged(judge, "", "")
    assert (nothing.category, nothing.source) == ("S99", "none")
    said = judged(judge, "", "", "供暖")
    assert (said.category, said.source) == ("S02", "declared")
    reports: list[Said] = [("", text, "", 0, "", False) for text in ("停水", "", "停水")]
    assert [one.category for one in judge.judge(reports)] == ["S01", "S99", "S01"]


@pytest.mark.parametrize("by", ["option", "setting"])
def test_an_explanation_says_that_the_model_decided(tmp_path: Path, by: str) -> None:
    path = str(model(tmp_path / "m.npz", margin=NEVER))
    options = ["--model", path] if by == "option" else []
    environment = {"HUISHANG_MODEL": path} if by == "setting" else {}

    def explain(*more: str) -> str:
        args = ["explain", "包工头拖欠工资", *options, *more]
        return CliRunner().invoke(main, args, env=environment).stdout

    found = json.loads(explain("--json"))
    assert (found["category"], found["category_source"]) == ("S01", "model")
    assert "拖欠工资" in found["terms"]  # what the lexicon found is told all the same
    assert found["model_terms"] == []  # none weighs anything in this model
    assert "来源 source: 模型 model" in explain()


def test_a_file_that_is_no_model_is_answered(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(b"no model")
    result = CliRunner().invoke(main, ["explain", "x", "--model", str(tmp_path / "m.npz")])
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
