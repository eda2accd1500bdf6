"""Reading the lexicon: every mistake an editor can make is named with file, line and term."""

from pathlib import Path

import pytest
import yaml

import agents.lexicon
from agents.classify import Classifier
from agents.lexicon import MAILBOX7_FILE, PRIORITY_FILE, load
from streams.categories import CATEGORIES, OUTSIDE
from streams.errors import UserError

PRIORITY = "\n".join(f"- {code}" for code in CATEGORIES if code != OUTSIDE)


@pytest.mark.parametrize(
    ("lexicon", "says"),
    [
        ("D19:\n  terms:\n    a: [停水]\n", r"X.yaml line 1: 'D19' is no leaf"),
        ("S99:\n  terms:\n    a: [停水]\n", r"line 1: 'S99' is no leaf"),
        ("S01:\n  terms:\n    a: [停水, 停水]\n", r"line 3: term '停水' stands already at X.yaml"),
        ("S01:\n  terms:\n    a: [停水]\n  not: [停水]\n", r"line 4: term '停水' stands already"),
        ("S01:\n  terms:\n    a:\n      heavy: [停水]\n", r"line 4: weight 'heavy'"),
        ("S01:\n  terms:\n    a:\n      -1: [停水]\n", r"line 4: weight '-1'"),
        ("S01:\n  terms:\n    a:\n      11: [停水]\n", r"line 4: weight '11'"),
        ("S01:\n  terms:\n    a:\n      nan: [停水]\n", r"line 4: weight 'nan'"),
        ("S01:\n  terms:\n    a: [停電]\n", r"line 3: term '停電' would never match; write '停电'"),
        ("S01:\n  terms:\n    a: ['']\n", r"line 3: term ''"),
        ("S01:\n  terms:\n    a: 停水\n", r"line 3: expected weights"),
        ("S01:\n  words:\n    a: [停水]\n", r"line 2: 'words' is neither"),
        ("S01:\n  terms: {}\nS01:\n  terms: {}\n", r"line 3: S01 stands here twice"),
        ("S01: [", r"X.yaml is not valid YAML"),
        ("", r"X.yaml is empty"),
        ("- S01\n", r"line 1: expected leaf codes"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, lexicon: str, says: str) -> None:
    (tmp_path / "X.yaml").write_text(lexicon, encoding="utf-8")
    (tmp_path / PRIORITY_FILE).write_text(PRIORITY, encoding="utf-8")
    with pytest.raises(UserError, match=says):
        load(tmp_path)


def test_priority_lists_every_leaf_once(tmp_path: Path) -> None:
    (tmp_path / "X.yaml").write_text("S01:\n  terms:\n    a: [停水]\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"{PRIORITY_FILE} cannot be read"):
        load(tmp_path)
    (tmp_path / PRIORITY_FILE).write_text(PRIORITY.replace("- S14", ""), encoding="utf-8")
    with pytest.raises(UserError, match="S14 missing"):
        load(tmp_path)
    (tmp_path / PRIORITY_FILE).write_text(PRIORITY, encoding="utf-8")
    (tmp_path / MAILBOX7_FILE).write_text("for evaluation only", encoding="utf-8")
    assert Classifier.load(tmp_path).classify("", "停水了").category == "S01"


def test_a_folder_without_a_lexicon(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no lexicon in"):
        load(tmp_path)


def test_the_evaluation_table_fits_the_lexicon() -> None:
    lexicon = load()
    folder = Path(agents.lexicon.__file__).parent
    table = yaml.safe_load((folder / MAILBOX7_FILE).read_text(encoding="utf-8"))
    groups = {f"{term.leaf}/{term.group}" for term in lexicon.terms}
    assert set(CATEGORIES) <= set(table["leaves"]) <= groups | set(CATEGORIES)
    assert set(table["leaves"].values()) == set(table["labels"])
