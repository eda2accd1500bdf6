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
        ("S1:\n  terms:\n    a: [停水]\n", r"line 1: 'S1' is no leaf; expected D01 .* or S99"),
        ("S01:\n  together:\n    a: [停水 + ]\n", r"line 3: term '' in S01 'a'"),
        ("S01:\n  together:\n    a: [停電 + 老人]\n", r"line 3: term '停電' would never match"),
        ("S01:\n  together:\n    a: [<电> + 老人]\n", r"line 3: no set <电> in sets.yaml"),
        ("S01:\n  together:\n    a: [[停水]]\n", r"line 3: S01 'a' needs words joined by \+"),
        ("S01:\n  together:\n    a:\n      0: [停水]\n", r"line 4: weight '0'"),
        ("S01:\n  against: 停水\n", r"line 2: expected weights"),
        ("S01:\n  against:\n    1: 停水\n", r"line 3: S01 'against' needs a list"),
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
    entries = (*lexicon.terms, *lexicon.rules)
    groups = {f"{entry.leaf}/{entry.group}" for entry in entries}
    assert set(CATEGORIES) <= set(table["leaves"]) <= groups | set(CATEGORIES)
    assert set(table["leaves"].values()) == set(table["labels"])


def write(folder: Path, **files: str) -> None:
    (folder / PRIORITY_FILE).write_text(PRIORITY, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_sets_rules_and_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        X="S07:\n  terms:\n    a:\n      2: [学校, 民办学校]\n  together:\n    收费:\n"
        "      3: [<学校> + 交钱]\n  against:\n    2: [校车]\n  not: [学校门口]\n",
        sets="学校: [学校, 幼儿园]\n",
        names="- words: [学校, 水库]\n  before: [村, 镇]\n",
    )
    lexicon = load(tmp_path)
    weights = {term.text: (term.leaf, term.weight) for term in lexicon.terms}
    assert weights == {
        "学校": ("S07", 2),
        "民办学校": ("S07", 2),
        "学校门口": ("S07", 0),
        **dict.fromkeys(("幼儿园", "交钱", "校车"), (OUTSIDE, 0)),
        **dict.fromkeys(("学校村", "学校镇", "水库村", "水库镇"), (OUTSIDE, 0)),
    }
    # a longer term with the set's word in it stands for the set; a `not` phrase or a name does not
    assert [rule[:4] for rule in lexicon.rules] == [
        ((("学校", "幼儿园", "民办学校"), ("交钱",)), "S07", 3, "收费"),
        ((("校车",),), "S07", -2, "against"),
    ]
    assert lexicon.priority[-1] == OUTSIDE


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"sets": "水: [停電]\n"}, r"sets.yaml line 1: term '停電' would never match"),
        ({"sets": "水: [停水]\n水: [断水]\n"}, r"sets.yaml line 2: set '水' stands here twice"),
        ({"names": "水: [停水]\n"}, r"names.yaml line 1: expected a list of blocks"),
        ({"names": "- words: [桥]\n"}, r"names.yaml line 1: expected `words` and `before`"),
        ({"names": "- words: [橋]\n  before: [村]\n"}, r"names.yaml line 1: term '橋'"),
        ({"Y": "S01:\n  terms:\n    a: [断水]\n"}, r"Y.yaml line 1: S01 stands already at X.yaml"),
        (
            {"Y": "S02:\n  terms:\n    a: [停水]\n"},
            r"Y.yaml line 3: term '停水' stands already at X",
        ),
    ],
)
def test_a_mistake_beside_the_leaves_is_named(
    tmp_path: Path, files: dict[str, str], says: str
) -> None:
    write(tmp_path, X="S01:\n  terms:\n    a: [停水]\n", **files)
    with pytest.raises(UserError, match=says):
        load(tmp_path)
