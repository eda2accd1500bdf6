"""`huishang lexicon`: a copy that is the same, a check that names mistakes, a try that tells changes."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.lexicon import PRIORITY_FILE, SHIPPED
from agents.reloading import digest_of
from agents.tone.lexicon import SHIPPED as TONE_SHIPPED
from cli.main import Exit, main
from streams.categories import CATEGORIES


def lexicon(*args: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, ["lexicon", *map(str, args)], env=environment)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "my" / "lexicon"
    assert lexicon("export", folder).exit_code == 0
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    rows = [
        ("题", "内容"),
        ("", "村口的龙脊机坊坏了，电话13893612345"),
        ("", "包工头拖欠工资"),
        ("龙脊机坊", "今天天气真好"),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def add(folder: Path, term: str, weight: str = "3") -> None:
    """Add a group with one term to the leaf S01, in the file that has it."""
    for path in folder.glob("*.yaml"):
        before = path.read_text(encoding="utf-8")
        group = f"    自加:\n      {weight}: [{term}]\n"
        after = re.sub(r"(?m)^(S01:.*\n(?:^ *#.*\n)*  terms:.*\n)", rf"\g<1>{group}", before)
        if after != before and path.name not in (PRIORITY_FILE, "mailbox7.yaml"):
            path.write_text(after, encoding="utf-8")
            return
    raise AssertionError("no file has S01")


def test_a_copy_is_the_shipped_one(copy: Path) -> None:
    tone = copy / "tone"
    assert digest_of(tone) == digest_of(TONE_SHIPPED)
    assert lexicon("check", copy).exit_code == 0
    (tone / "sentiment.yaml").write_text("anger: [气愤]\n", encoding="utf-8")
    wrong = lexicon("check", copy)
    assert (wrong.exit_code, "sentiment.yaml line 1" in wrong.stderr) == (Exit.USAGE, True)
    shutil.rmtree(tone)
    assert digest_of(copy) == digest_of(SHIPPED)
    assert lexicon("check", copy).exit_code == 0
    again = lexicon("export", copy)
    assert (again.exit_code, "is not empty" in again.stderr) == (Exit.USAGE, True)


def test_check_counts_every_leaf_or_names_the_mistake(copy: Path) -> None:
    found = json.loads(lexicon("check", copy, "--json").stdout)
    assert [leaf["leaf"] for leaf in found["leaves"]] == list(CATEGORIES)
    shipped = json.loads(lexicon("check", "--json").stdout)
    assert (shipped["folder"], shipped["leaves"]) == (str(SHIPPED), found["leaves"])
    add(copy, "龙脊机坊")
    chosen = json.loads(lexicon("check", "--json", HUISHANG_LEXICON=str(copy)).stdout)
    terms = [{one["leaf"]: one["terms"] for one in each["leaves"]} for each in (found, chosen)]
    assert terms[1] == {**terms[0], "S01": terms[0]["S01"] + 1}
    assert f"{copy}: no mistake" in lexicon("check", copy).stdout
    add(copy, "機坊")
    wrong = lexicon("check", copy)
    assert wrong.exit_code == Exit.USAGE
    assert re.search(r"\w+\.yaml line \d+: term '機坊' would never match", wrong.stderr)


def test_a_try_tells_terms_texts_and_examples(copy: Path, texts: Path) -> None:
    columns = ("--csv", texts, "--text", "内容", "--title", "题")
    nothing = lexicon("try", copy, *columns)
    assert nothing.stdout == "0 terms of topics differ\n0 of 3 texts are judged otherwise\n"
    add(copy, "龙脊机坊")
    found = json.loads(lexicon("try", copy, *columns, "--json", "--examples", "1").stdout)
    assert found["terms"] == [{"term": "龙脊机坊", "before": "", "after": "S01 自加 3"}]
    assert (found["n"], found["changed"]) == (3, 2)
    assert found["moves"] == [{"subject": "category", "before": "S99", "after": "S01", "n": 2}]
    (example,) = found["examples"]
    assert (example["row"], example["after"]["terms"]) == (1, ["龙脊机坊"])
    assert "13893612345" not in example["text"]
    table = lexicon("try", copy, *columns).stdout
    assert "2 of 3 texts are judged otherwise" in table
    assert "S01 (龙脊机坊), " in table
    assert "13893612345" not in table


def test_a_try_compares_with_the_lexicon_in_use(copy: Path, texts: Path) -> None:
    add(copy, "龙脊机坊")
    columns = ("--csv", texts, "--text", "内容", "--json")
    in_use = lexicon("try", SHIPPED, *columns, HUISHANG_LEXICON=str(copy)).stdout
    assert json.loads(in_use)["moves"] == [
        {"subject": "category", "before": "S01", "after": "S99", "n": 1}
    ]
    against = lexicon("try", copy, "--against", copy, *columns).stdout
    assert json.loads(against)["changed"] == 0
    assert lexicon("try", texts.parent, *columns).exit_code == Exit.USAGE


def test_words_of_tone_are_tried_too(copy: Path, texts: Path) -> None:
    path = copy / "tone" / "sentiment.yaml"
    before = path.read_text(encoding="utf-8")
    after = re.sub(r"(?m)^grievance:.*\n", r"\g<0>  自加:\n    5: [天气真好]\n", before)
    assert after != before
    path.write_text(after, encoding="utf-8")
    columns = ("--csv", texts, "--text", "内容", "--title", "题", "--json")
    found = json.loads(lexicon("try", copy, *columns).stdout)
    (move,) = found["moves"]
    assert (move["subject"], move["after"], move["n"]) == ("sentiment", "-2", 1)
    assert found["examples"][0]["after"]["sentiment"] == -2
