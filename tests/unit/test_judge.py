"""What intake makes of texts: who decides the category, and that no name of a person goes on."""

from pathlib import Path

import pytest

from agents import model_file
from agents.classify import Classifier
from agents.fitting import Examples
from agents.judge import Judge, Said
from agents.redaction import redact
from agents.texts import Texts
from agents.training import train
from streams.errors import UserError

pytest.importorskip("sklearn", reason="needs the extra `train`")

# In words that the lexicon does not have.
UNKNOWN = ("甲乙丙丁戊己", "子丑寅卯辰巳")


def said(text: str, declared: str = "") -> Said:
    return "", text, declared, 0, "", False


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Knows that one kind of unknown words is of D09, the other of S01."""
    texts = [word[n % 3 :] + word[: n % 5] for n in range(60) for word in UNKNOWN]
    labels = ["D09", "S01"] * 60
    scores = Classifier.load().scores(Texts.of([("", text) for text in texts]))
    learned = train(Examples([""] * 120, texts, scores, labels, [*map(str, range(120))]), {})
    path = tmp_path_factory.mktemp("model") / "model.npz"
    model_file.save(learned.learned, path)
    return path


def test_a_model_decides_what_the_lexicon_does_not_know(model: Path) -> None:
    told = [said(UNKNOWN[0]), said("小区停水三天，自来水公司不管"), said("", "D11")]
    alone = list(Judge.load(redact).judge(told))
    helped = list(Judge.load(redact, model=model).judge(told))
    assert [(one.category, one.source) for one in alone] == [
        ("S99", "none"),
        ("S01", "lexicon"),
        ("D11", "declared"),
    ]
    assert [one.category for one in helped] == ["D09", "S01", "D11"]
    assert (helped[0].source, helped[2].source) == ("model", "declared")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"model\.npz"):
        Judge.load(redact, model=tmp_path / "model.npz")


def test_no_name_of_a_person_goes_on_as_that_of_a_place() -> None:
    judge = Judge(
        *(getattr(Judge.load(redact), part) for part in ("classifier", "tone", "declared")),
        lambda text: text.replace("丽景", "〔姓名〕"),
    )
    text = "丽景花园小区从昨天起停水，没有人来修，请有关部门处理"
    (found,) = judge.judge([said(text)])
    (kept,) = Judge.load(redact).judge([said(text)])
    assert (found.mention.name, kept.mention.name) == ("", "丽景花园")
    assert found.mention.keys == kept.mention.keys
