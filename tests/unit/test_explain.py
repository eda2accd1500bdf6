"""`huishang explain`: what it shows of one text and writes of many, and how it answers bad lines."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.lexicon import PRIORITY_FILE, SHIPPED
from cli.explaining import Using, explain_block
from cli.main import Exit, main

TEXT = "阳光花园小區从昨天起停水，物业电话13893612345没人接，请王建国先生处理"


def explain(*args: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, args)], env=environment)


def written(path: Path, *lines: Any) -> Path:
    path.write_bytes(
        b"".join(
            (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
            for line in lines
        )
    )
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / PRIORITY_FILE).write_bytes((SHIPPED / PRIORITY_FILE).read_bytes())
    (folder / "own.yaml").write_text(
        "S01:\n  terms:\n    a:\n      3: [停水]\nD11:\n  terms:\n    a: [物业]\n", encoding="utf-8"
    )
    return folder


def test_one_text_as_json(own: Path) -> None:
    found = json.loads(explain(TEXT, "--category", "D11", "--lexicon", own, "--json").stdout)
    assert (
        found["redacted"] == "阳光花园小區从昨天起停水，物业电话〔手机〕没人接，请〔姓名〕先生处理"
    )
    assert (found["category"], found["category_source"]) == ("S01", "lexicon")
    assert (found["terms"], found["weights"]) == (["停水"], [3])
    assert (found["nearest"], found["declared"]) == ("D11", "D11")
    assert found["margin"] > 0
    assert len(found["fingerprint"]) == 16
    assert int(found["fingerprint"], 16) > 0
    assert found["keys"]
    assert "redacted_title" not in found


def test_one_text_for_people(own: Path) -> None:
    result = explain(TEXT, "--title", "停水", "--category", "D11", HUISHANG_LEXICON=str(own))
    assert result.exit_code == 0
    for part in (
        "小区从昨天起停水",  # normalised
        "替换 replaced: 手机×1 姓名×1",
        "S01 水电气网",
        "停水 6",
        "次近 nearest: D11 物业",
        "D11 → D11 物业 property management，与判断不同 differs",
        "指纹 fingerprint: ",
    ):
        assert part in result.stdout, part
    assert "13893612345" not in result.stdout.partition("脱敏")[2]
    nothing = explain("今天天气真好")
    assert "与原文相同 as given" in nothing.stdout
    assert "S99" in nothing.stdout
    assert "依据（词 权重） because of: 无 none" in nothing.stdout


def test_sentiment_and_severity_come_with_their_words() -> None:
    text = "楼道里全是煤气味，反映了三年没人管，太让人寒心了"
    found = json.loads(explain(text, "--severity", "3", "--json").stdout)
    assert (found["sentiment"], found["severity"], found["cue"]) == (-2, 1, "燃气泄漏")
    assert "寒心" in "".join(found["sentiment_terms"])
    assert found["cue_term"] in text
    table = explain(text, "--severity", "3").stdout
    for part in (
        "-2 强烈不满",
        "寒心",
        "怨愤 grievance",
        "1 红 red（上报 declared: 3 黄 yellow）",
        "燃气泄漏（",
    ):
        assert part in table, part


def test_a_declared_category_is_looked_up() -> None:
    found = json.loads(explain("路灯不亮", "--category", "城乡建设/自来水", "--json").stdout)
    assert (found["category"], found["declared"]) == ("S05", "S01")
    unknown = explain("路灯不亮", "--category", "大事")
    assert "大事：对照表中没有 not in our table" in unknown.stdout


def test_a_severity_is_never_lower_than_declared() -> None:
    found = json.loads(explain("路灯不亮", "--severity", "2", "--json").stdout)
    assert found["severity"] == 2


def test_many_keep_what_they_have_and_their_order(tmp_path: Path, own: Path) -> None:
    lines = [{"id": number, "text": f"{TEXT}{number}"} for number in range(50)]
    lines[7] = {"id": 7, "title": "暖气", "text": "王建国", "category": "S02", "x": {"y": [1]}}
    file, out = written(tmp_path / "in.jsonl", *lines), tmp_path / "out.jsonl"
    result = explain("--jsonl", file, "--out", out, "--lexicon", own, "--jobs", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    found = read(out)
    assert [one["id"] for one in found] == list(range(50))
    assert [one["text"] for one in found] == [one["text"] for one in lines]
    assert {"redacted", "category", "terms", "margin", "sentiment", "severity", "fingerprint"} <= (
        found[0].keys()
    )
    single = json.loads(explain(lines[0]["text"], "--lexicon", own, "--json").stdout)
    assert {**found[0], **single} == {**single, **found[0]}
    assert found[7]["x"] == {"y": [1]}
    assert (found[7]["redacted"], found[7]["redacted_title"]) == ("〔姓名〕", "暖气")
    assert (found[7]["category"], found[7]["category_source"]) == ("S02", "declared")


def test_several_processes_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.explaining._BLOCK_BYTES", 4_000)
    lines: list[Any] = [{"id": number, "text": f"{TEXT}{number}" * 3} for number in range(200)]
    lines[150] = b"{"
    file = written(tmp_path / "in.jsonl", *lines)
    results = [
        explain("--jsonl", file, "--out", tmp_path / f"{jobs}.jsonl", "--jobs", jobs)
        for jobs in ("1", "2")
    ]
    assert [result.exit_code for result in results] == [Exit.NO, Exit.NO]
    assert results[0].stderr == results[1].stderr
    assert "line 151 is not JSON" in results[0].stderr
    one, two = (tmp_path / f"{jobs}.jsonl" for jobs in (1, 2))
    assert one.read_bytes() == two.read_bytes()


def test_a_bad_line_is_answered_with_its_number() -> None:
    lines = [
        b'\xef\xbb\xbf{"text": "\xe5\x81\x9c\xe6\xb0\xb4"}',
        b"",
        b"nonsense",
        b"[1]",
        b'{"title": "x"}',
        b'{"text": 7}',
        b'{"text": "\xff"}',
        b'{"text": "x", "severity": 5}',
        b'{"text": "x", "severity": "2", "people_band": null, "category": null, "title": ""}',
        b'{"text": "x", "severity": "", "people_band": ""}',
        b'{"text": ""}',
    ]
    block = explain_block(Using(), b"\n".join(lines), 11)
    assert block.lines == 11
    found = [json.loads(line) for line in block.output.splitlines()]
    assert [one.get("line") for one in found] == [None, 13, 14, 15, 16, 17, 18, None, None, None]
    assert [number for number, _ in block.problems] == [13, 14, 15, 16, 17, 18]
    assert [one["error"] for one in found if "error" in one] == [why for _, why in block.problems]
    for number, says in ((13, "not JSON"), (14, "object"), (15, "text"), (18, "severity")):
        assert says in dict(block.problems)[number]
    assert (found[0]["redacted"], found[-1]["redacted"]) == ("停水", "")
    assert found[-1]["category"] == "S99"


def test_refused_lines_are_said_the_first_ones_each(tmp_path: Path) -> None:
    file = written(tmp_path / "in.jsonl", *[b"x"] * 30)
    result = explain("--jsonl", file, "--out", tmp_path / "out.jsonl", "--jobs", "1")
    assert result.exit_code == Exit.NO
    said = result.stderr.splitlines()
    assert len(said) == 21
    assert said[0] == "line 1 is not JSON in UTF-8"
    assert said[-1] == "30 of 30 lines could not be used"


def test_a_pipe_is_answered_line_by_line(tmp_path: Path) -> None:
    environment = {**os.environ, "HUISHANG_DATA": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "explain", "--jsonl", "-", "--out", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for number in range(3):
            running.stdin.write(json.dumps({"n": number, "text": TEXT}).encode() + b"\n")
            running.stdin.flush()
            answer = json.loads(running.stdout.readline())
            assert (answer["n"], answer["redacted"][-2:]) == (number, "处理")
        running.stdin.write(b'{"text": "no line end"}')
        running.stdin.close()
        assert json.loads(running.stdout.read())["redacted"] == "no line end"
        assert running.wait(30) == 0


def test_wrong_use_is_answered(tmp_path: Path) -> None:
    file = written(tmp_path / "in.jsonl", {"text": "x"})
    for args in (
        (),
        ("x", "--jsonl", file, "--out", "-"),
        ("--jsonl", file),
        ("x", "--out", "y"),
        ("--jsonl", file, "--out", "-", "--title", "x"),
        ("--jsonl", tmp_path / "none", "--out", tmp_path / "out"),
        ("--jsonl", file, "--out", tmp_path),
        ("x", "--lexicon", tmp_path),
        ("x", "--severity", "5"),
    ):
        result = explain(*args)
        assert (result.exit_code, result.stdout) == (Exit.USAGE, ""), args
        assert result.stderr
