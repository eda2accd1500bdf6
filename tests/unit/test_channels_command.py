"""`huishang channels check` and `test`: what they say, what they keep to themselves, how they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import channels as command
from cli.main import main
from sinks.channels.answers import ACCEPTED, Answer, Outcome
from sinks.channels.desk import Notice

SECRET = "k3yk3y"
FILE = """
channels:
  - {name: duty, url: "wecombot://${ROBOT_KEY}", level: orange, quiet: {start: "22:00", end: "07:00"}}
  - {name: hook, url: "jsons://u:${ROBOT_KEY}@hook.example.cn/${ROBOT_KEY}", kinds: [daily_report]}
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROBOT_KEY", SECRET)
    monkeypatch.chdir(tmp_path)
    written = tmp_path / "channels.yaml"
    written.write_text(FILE, encoding="utf-8")
    return written


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["channels", *map(str, arguments)])


def test_check_shows_who_gets_what_without_secrets(path: Path) -> None:
    said = run("check", path)
    assert said.exit_code == 0, said.output
    assert "WeCom" in said.output
    assert "22:00–07:00 below orange" in said.output
    assert "no mistake" in said.output
    assert SECRET not in said.output


def test_check_for_programs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUISHANG_CHANNELS", str(path))
    said = run("check", "--json")
    rows = json.loads(said.stdout)["channels"]
    assert [row["address"] for row in rows] == ["wecombot://***", "jsons://hook.example.cn/***"]
    assert rows[1]["kinds"] == ["daily_report"]
    assert SECRET not in said.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [("channels: [{name: duty, url: 'nosuch://x'}]", "no URL that Apprise can use"), ("{", "YAML")],
)
def test_a_mistake_ends_with_2(path: Path, text: str, expected: str) -> None:
    path.write_text(text, encoding="utf-8")
    said = run("check", path)
    assert said.exit_code == 2
    assert expected in said.output


def test_without_a_file_it_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("check")
    assert said.exit_code == 2
    assert "HUISHANG_CHANNELS" in said.output


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [
        (ACCEPTED, 0, "duty: taken by"),
        (Answer(Outcome.MISPLACED, "errcode 93000"), 1, "errcode 93000"),
        (Answer(Outcome.LATER, "HTTP 503"), 1, "try again"),
    ],
)
def test_one_test_message(
    path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, code: int, expected: str
) -> None:
    sent: list[Notice] = []

    class Service:
        kind = "WeCom"

        async def tell(self, notice: Notice, _: Any) -> Answer:
            sent.append(notice)
            return answer

    monkeypatch.setattr(command, "service_of", lambda *_: Service())
    said = run("test", "duty", "--file", path)
    assert (said.exit_code, len(sent)) == (code, 1)
    assert expected in said.output


def test_an_unknown_channel_is_answered_with_those_there_are(path: Path) -> None:
    said = run("test", "dutty", "--file", path)
    assert said.exit_code == 2
    assert "duty, hook" in said.output
