"""The pages for the lexicon's editor: every command runs as written, every example loads."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agents.classify import Classifier
from agents.lexicon import SHIPPED
from agents.reloading import digest_of
from streams import metrics

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "lexicon.md", DOCS / "lexicon.zh-CN.md"]
TEXT = "巷子里的共享充电柜冒烟了，没有人来处理"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"))


def test_both_pages_have_the_same_commands() -> None:
    assert blocks(PAGES[0], "sh") == blocks(PAGES[1], "sh")
    assert [len(blocks(page, "yaml")) for page in PAGES] == [2, 2]


@pytest.mark.parametrize("page", PAGES)
def test_the_files_and_metrics_named_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:tone/)?[a-z0-9]+\.yaml)`", text))
    copied = {path.name for path in SHIPPED.glob("*.yaml")} | {
        f"tone/{name}" for name in ("sentiment.yaml", "severity.yaml")
    }
    assert files <= copied
    known = {family.name for family in metrics.REGISTRY.collect()}
    named = {name.removesuffix("_total") for name in re.findall(r"huishang_[a-z_]+", text)}
    assert named <= known


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_load_and_do_what_is_said(page: Path, tmp_path: Path) -> None:
    for name in ("priority.yaml", "sets.yaml"):
        shutil.copy(SHIPPED / name, tmp_path)
    for number, example in enumerate(blocks(page, "yaml")):
        (tmp_path / f"example{number}.yaml").write_text(example, encoding="utf-8")
    classifier = Classifier.load(tmp_path)
    assert classifier.category("", TEXT) == "S14"
    assert classifier.category("", "这趟客车乱收费") == "S06"
    assert classifier.category("", "请问怎么给车上车牌") == "S99"


def test_the_commands_run_one_after_the_other(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    live = tmp_path / "live"
    live.mkdir()
    for name in ("messages.csv", "labelled.csv"):
        (tmp_path / name).write_text(f"label,text\nS14,{TEXT}\n", encoding="utf-8")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HUISHANG_DATA": str(tmp_path / "data"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "x@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }
    shutil.copytree(
        SHIPPED, live, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    environment["HUISHANG_LEXICON"] = str(live)

    def run(script: str) -> str:
        done = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (script, done.stderr)
        return done.stdout

    copy, explain, check, try_, measure, roll_out, undo = blocks(PAGES[0], "sh")
    run(copy)
    before = digest_of(tmp_path / "my-lexicon")
    assert "D14" in run(explain)
    edited = tmp_path / "my-lexicon" / "traffic.yaml"
    words = edited.read_text(encoding="utf-8")
    edited.write_text(words.replace("飞线充电,", "飞线充电, 充电柜冒烟,", 1), encoding="utf-8")
    assert "S14" in run(explain)
    assert "no mistake" in run(check)
    assert "1 of 1 texts are judged otherwise" in run(try_)
    assert re.findall(r"accuracy (\S+),", run(measure)) == ["0.0000", "1.0000"]
    run(roll_out)
    assert digest_of(live) == digest_of(tmp_path / "my-lexicon") != before
    run(undo)
    assert digest_of(live) == digest_of(tmp_path / "my-lexicon") == before
