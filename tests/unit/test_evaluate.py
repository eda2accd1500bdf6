"""`huishang evaluate`: what it prints and writes, and what it says about a file it cannot use."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from agents.lexicon import MAILBOX7_FILE, SHIPPED
from agents.mailbox7 import Mailbox7
from cli.evaluate import judge
from cli.judges import Judgement, Task
from cli.labelled import Labelled
from cli.main import Exit, main
from streams.errors import UserError

ROWS = [
    ("D09", "讨薪", "包工头拖欠工资三个月不给"),
    ("劳动争议", "", "公司拖欠工资，不签劳动合同"),
    ("S02 供暖", "", "暖气不热，供暖公司不管"),
    ("D11", "", "暖气不热，\n“供暖”公司不管"),
]


def evaluate(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, args)])


def written(path: Path, rows: Sequence[tuple[str, ...]], header: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def told(*args: str | Path) -> dict[str, Any]:
    result = evaluate("topics", "--json", *args)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "labelled.csv", ROWS, ("label", "title", "text"))


def test_topics_are_compared_leaf_by_leaf(file: Path) -> None:
    found = told("--csv", file)
    assert found.keys() == {
        *("subject", "n", "accuracy", "macro_f1", "within_one", "us_per_text"),
        *("per_class", "confusion", "calibration"),
    }
    assert (found["n"], found["accuracy"], found["within_one"]) == (4, 0.75, None)
    assert found["confusion"] == {"D09": {"D09": 2}, "D11": {"S02": 1}, "S02": {"S02": 1}}
    assert found["per_class"]["S02"] == {"precision": 0.5, "recall": 1, "f1": 0.6667, "n": 1}
    assert found["macro_f1"] == pytest.approx((1 + 0 + 0.6667) / 3, abs=1e-3)
    assert found["us_per_text"] > 0
    assert sum(one["n"] for one in found["calibration"]["bins"]) == 4


def test_predictions_repeat_the_rows_with_one_column_more(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.csv"
    told("--csv", file, "--out", out)
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["label", "title", "text", "predicted"]
    assert [tuple(row[:3]) for row in rows[1:]] == ROWS
    assert [row[3] for row in rows[1:]] == ["D09", "D09", "S02", "S02"]


def test_columns_have_the_names_that_are_given(tmp_path: Path) -> None:
    path = tmp_path / "gb.csv"
    path.write_text("类;标题;内容\nD09;拖欠工资;求助\n", encoding="gb18030")
    columns = ("--csv", path, "--text", "内容", "--label", "类")
    assert told(*columns, "--title", "标题")["accuracy"] == 1
    assert told(*columns)["accuracy"] == 0  # without its title nothing is known


def test_mailbox_labels(tmp_path: Path) -> None:
    rows = [("劳动和社会保障", "拖欠工资"), ("交通运输", "快递丢失"), ("城乡建设", "今天天气好")]
    file, out = written(tmp_path / "m.csv", rows, ("label", "text")), tmp_path / "out.csv"
    found = told("--csv", file, "--labels", "mailbox7", "--out", out)
    assert found["accuracy"] == 1
    assert out.read_text(encoding="utf-8").splitlines()[2] == "交通运输,快递丢失,交通运输"


def test_a_table_for_people(file: Path) -> None:
    result = evaluate("topics", "--csv", file)
    assert result.exit_code == 0
    assert "4 texts: accuracy 0.7500" in result.stdout
    assert result.stderr == ""
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["S02", "0.500", "1.000", "0.667", "1"] in lines
    assert ["1", "D11", "S02"] in lines


def test_a_lexicon_of_ones_own_is_measured(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "X.yaml").write_text("D11:\n  terms:\n    a: [暖气]\n", encoding="utf-8")
    (own / "priority.yaml").write_bytes((SHIPPED / "priority.yaml").read_bytes())
    found = told("--csv", file, "--lexicon", own)
    assert found["confusion"] == {"D09": {"S99": 2}, "D11": {"D11": 1}, "S02": {"D11": 1}}
    assert evaluate("topics", "--csv", file, "--lexicon", tmp_path).exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"label,text\n", "has a header and no rows"),
        (b"topic,text\nD09,x\n", "no column 'label'; the columns are: topic, text"),
        (b"label,text\nD09,x\n ,y\n", "row 2 has no label in column 'label'"),
        (b"label,text\nD99,x\n", "row 1 has label 'D99'; expected a leaf like D09"),
        (b"label,text\nD09,x,y,z\n", "row 1 has 4 cells where the header has 2"),
        (b"label,text\nD09,\xff\xff\n", "is neither utf-8 (byte 15) nor gb18030"),
        (b'label,text\nD09,"x\ny\n', "opens a quote that is not closed"),
    ],
)
def test_a_file_that_cannot_be_used_is_answered_in_a_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    result = evaluate("topics", "--csv", path)
    assert result.exit_code == Exit.USAGE
    assert says in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there(tmp_path: Path, file: Path) -> None:
    missing = evaluate("topics", "--csv", tmp_path / "none.csv")
    assert (missing.exit_code, missing.stdout) == (Exit.USAGE, "")
    assert "none.csv: No such file or directory" in missing.stderr
    assert "is a folder; expected a file" in evaluate("topics", "--csv", tmp_path).stderr
    nowhere = evaluate("topics", "--csv", file, "--out", tmp_path / "no" / "out.csv")
    assert nowhere.exit_code == Exit.USAGE
    assert "cannot be written" in nowhere.stderr
    assert evaluate("topics", "--csv", file, "--encoding", "x").exit_code == Exit.USAGE
    assert evaluate("nonsense", "--csv", file).exit_code == Exit.USAGE


def test_a_file_of_predictions_is_not_predicted_over(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", [("D09", "x", "D09")], ("label", "text", "predicted"))
    assert evaluate("topics", "--csv", path).exit_code == 0
    result = evaluate("topics", "--csv", path, "--out", tmp_path / "q.csv")
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert "'predicted' already" in result.stderr


def test_incidents_are_compared_pair_by_pair(tmp_path: Path) -> None:
    rows = [
        ("1", "阳光花园小区从昨天起停水，没有人来修，请有关部门处理"),
        ("2", "金桂花园小区从昨天起停水，没有人来修，请有关部门处理"),
        ("1", "请问阳光花园为什么又停水了？孩子洗澡都不行"),
        ("1", "今天天气真好，祝大家节日快乐，万事如意！"),
    ]
    file, out = written(tmp_path / "i.csv", rows, ("label", "text")), tmp_path / "out.csv"
    result = evaluate("incidents", "--json", "--csv", file, "--out", out)
    found = json.loads(result.stdout)
    assert found["n"] == 4
    assert found["confusion"] == {
        "same": {"same": 1, "different": 2},
        "different": {"same": 0, "different": 3},
    }
    assert found["accuracy"] == 0.6667
    assert found["pairwise"] == {"precision": 1, "recall": 0.3333, "f1": 0.5, "n": 3}
    assert found["b_cubed"] == {"precision": 1, "recall": 0.6667, "f1": 0.8, "n": 4}
    assert found["groups"] == {"true": 2, "said": 3}
    assert found["within_one"] is found["calibration"] is None
    predicted = [line.rpartition(",")[2] for line in out.read_text("utf-8").splitlines()]
    assert predicted == ["predicted", "1", "2", "1", "4"]
    table = evaluate("incidents", "--csv", file).stdout
    assert "2 groups, 3 found; B-cubed precision 1.0000, recall 0.6667" in table


def test_labels_are_of_topics_only(file: Path) -> None:
    result = evaluate("incidents", "--csv", file, "--labels", "mailbox7")
    assert result.exit_code == Exit.USAGE
    assert "--labels mailbox7 is of topics" in result.stderr


class Parrot:
    """Says each text; remembers how many it got at once."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def judge(self, titles: Sequence[str], texts: Sequence[str]) -> list[Judgement]:
        assert len(titles) == len(texts)
        self.calls.append(len(texts))
        return [Judgement(text) for text in texts]


@pytest.mark.parametrize(("groups", "calls"), [(False, [500, 500, 201]), (True, [1201])])
def test_texts_go_to_the_judge_in_pieces_or_whole(groups: bool, calls: list[int]) -> None:
    texts = [str(number) for number in range(1201)]
    parrot = Parrot()
    labelled = Labelled([], [], [""] * 1201, texts, texts)
    judged, spent_s = judge(Task(parrot, str, groups=groups), labelled, "")
    assert [one.label for one in judged] == texts
    assert parrot.calls == calls
    assert spent_s >= 0


def test_the_mailbox_table_names_every_leaf_and_only_its_labels(tmp_path: Path) -> None:
    assert len(Mailbox7.load().labels) == 7
    assert Mailbox7.load(tmp_path).labels == Mailbox7.load().labels
    table = yaml.safe_load((SHIPPED / MAILBOX7_FILE).read_text(encoding="utf-8"))
    for change, says in (
        ({"leaves": {"D01": "城乡建设"}}, "no label for D02"),
        ({"leaves": {**table["leaves"], "D01": "宗教"}}, "none of the labels"),
        ({"leaves": None}, "cannot be used"),
    ):
        text = yaml.safe_dump({**table, **change}, allow_unicode=True)
        (tmp_path / MAILBOX7_FILE).write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=says):
            Mailbox7.load(tmp_path)


def test_sentiment_and_severity_are_compared_step_by_step(tmp_path: Path) -> None:
    rows = [
        ("-2", "楼道里有煤气味，没人管，太气愤了"),
        ("0", "请问怎么办理居住证？"),
        ("+1", "路灯坏了"),
    ]
    file = written(tmp_path / "tone.csv", rows, ("label", "text"))
    found = json.loads(evaluate("sentiment", "--csv", file, "--json").stdout)
    assert (found["accuracy"], found["within_one"]) == (0.6667, 0.6667)
    assert list(found["per_class"]) == ["-2", "-1", "0", "1"]
    found = json.loads(
        evaluate("sentiment", "--csv", file, "--labels", "polarity", "--json").stdout
    )
    assert found["confusion"] == {"-1": {"-1": 1}, "0": {"0": 1}, "1": {"-1": 1}}
    rows = [("1", "楼道里有煤气味"), ("3", "请问怎么办理居住证？"), ("2", "井盖缺失，有人摔伤")]
    written(file, rows, ("label", "text"))
    found = json.loads(evaluate("severity", "--csv", file, "--json").stdout)
    assert (found["accuracy"], found["within_one"]) == (0.6667, 1.0)
    found = json.loads(evaluate("severity", "--csv", file, "--labels", "grave", "--json").stdout)
    assert found["accuracy"] == 1.0
    written(file, [("5", "井盖缺失")], ("label", "text"))
    result = evaluate("severity", "--csv", file)
    assert "a whole number from 1 to 4" in result.stderr


def test_rows_without_an_incident_take_part_but_are_not_counted(tmp_path: Path) -> None:
    rows = [
        ("1", "丽景花园小区从昨天起停水，没有人来修，请有关部门处理"),
        ("", "丽景花园小区停水三天了，为什么没有人来修"),
        ("1", "请问丽景花园为什么又停水了？孩子洗澡都不行"),
    ]
    file = written(tmp_path / "i.csv", rows, ("label", "text"))
    found = json.loads(evaluate("incidents", "--json", "--csv", file).stdout)
    assert found["n"] == 2
    assert found["pairwise"] == {"precision": 1, "recall": 1, "f1": 1, "n": 1}
    none = written(tmp_path / "none.csv", [("", "停水")], ("label", "text"))
    result = evaluate("incidents", "--csv", none)
    assert (result.exit_code, result.stdout) == (Exit.USAGE, "")
    assert "no label in column 'label'" in result.stderr
