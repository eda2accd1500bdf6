"""The command line's frame: exit codes, one sentence per error, a fast start."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli import output
from cli.main import COMMANDS, MEANING, Exit, main
from streams.errors import Fatal, Retryable, SettingsError, UserError


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """`huishang schema` raises what the test puts into this list."""
    errors: list[BaseException] = []

    @click.command()
    def schema() -> None:
        raise errors[0]

    def get_command(self: object, context: object, name: str) -> click.Command:
        return schema

    monkeypatch.setattr(type(main), "get_command", get_command)
    return errors


def invoke(*args: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, args, env=env)


def huishang(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("no such file"), Exit.USAGE),
        (SettingsError("HUISHANG_X"), Exit.SETTINGS),
        (Retryable("away"), Exit.UNAVAILABLE),
        (Fatal("other partitions"), Exit.STOPPED),
        (KeyError("surprise"), Exit.INTERNAL),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (click.Abort(), Exit.INTERRUPTED),
        (click.UsageError("wrong option"), Exit.USAGE),
        (SystemExit(3), 3),
        (SystemExit("in words"), Exit.NO),
        (BrokenPipeError(), Exit.FINE),
    ],
)
def test_every_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, raising: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.main._close_stdout", lambda: None)
    raising.append(error)
    result = invoke("schema")
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_an_error_is_one_line_on_stderr_without_passwords(raising: list[BaseException]) -> None:
    raising.append(Retryable("http://user:hidden@db\nis away"))
    result = invoke("schema")
    assert result.stdout == ""
    assert result.stderr == "error: http://user:***@db is away\n"


def test_an_unexpected_error_says_where_to_report_and_debug_shows_the_traceback(
    raising: list[BaseException],
) -> None:
    raising.append(KeyError("surprise"))
    said = invoke("schema").stderr
    assert "KeyError: 'surprise'" in said
    assert "HUISHANG_LOG_LEVEL=debug" in said
    assert "Traceback" in invoke("schema", env={"HUISHANG_LOG_LEVEL": "debug"}).stderr


def test_a_command_answers_no_through_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    @click.pass_context
    def counts(context: click.Context, /) -> None:
        context.exit(1)

    monkeypatch.setattr(type(main), "get_command", lambda *_: counts)
    assert invoke("counts").exit_code == Exit.NO


def test_help_names_every_command_and_every_exit_code() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.output
    for code in MEANING:
        assert f"\n  {code.value} " in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_helps_with_an_example(name: str) -> None:
    module, _, attribute = COMMANDS[name][0].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    subcommands = list(command.commands) if isinstance(command, click.Group) else []
    helps = [invoke(name, *words, "--help") for words in [(), *((one,) for one in subcommands)]]
    assert {one.exit_code for one in helps} == {0}
    # Behind the line "Usage: huishang NAME …".
    text = "\n".join(one.output.partition("\n")[2] for one in helps)
    assert f" huishang {name}" in text


def test_the_page_of_commands_has_a_line_for_each() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    lines = [line.removeprefix("| `").partition("`")[0] for line in page.splitlines()]
    named = {line.partition(" ")[0] for line in lines}
    assert [name for name in COMMANDS if name not in named] == []


def test_an_unknown_command_and_option_are_wrong_usage() -> None:
    assert invoke("nonsense").exit_code == Exit.USAGE
    assert invoke("settings", "--nonsense").exit_code == Exit.USAGE


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from cli.main import main\n"
        "try: main(['--help'], prog_name='huishang')\n"
        "except SystemExit: pass\n"
        "heavy = {'faust', 'aiokafka', 'chdb', 'clickhouse_connect', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == "[]\n"


def test_as_a_process_it_says_version_settings_and_mistakes(tmp_path: Path) -> None:
    environment = {"HUISHANG_DATA": str(tmp_path)}
    assert huishang("--version").stdout.startswith("huishang ")
    wrong = huishang("settings", HUISHANG_PARTITIONS="none", HUISHANG_KAFKAS="x", **environment)
    assert wrong.returncode == Exit.SETTINGS
    assert wrong.stderr.splitlines()[0].startswith("warning: HUISHANG_KAFKAS is no setting")
    assert wrong.stderr.splitlines()[1].startswith("error: HUISHANG_PARTITIONS (environment)")
    assert len(wrong.stderr.splitlines()) == 2
    assert "\x1b" not in wrong.stderr


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli", "settings"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "HUISHANG_DATA": str(tmp_path)},
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (Exit.FINE, "")


def test_settings_are_listed_as_json(tmp_path: Path) -> None:
    result = invoke("settings", "--json", env={"HUISHANG_DATA": str(tmp_path)})
    assert '{"name":"HUISHANG_DATA"' in result.output
    assert '"origin":"environment"' in result.output


def test_a_table_in_a_pipe_is_as_wide_as_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("county", "n"), [("620702", 5), ("x" * 300, 12_000)])
    heading, _, first, second = capsys.readouterr().out.splitlines()
    assert heading.split() == ["county", "n"]
    assert first.split() == ["620702", "5"]
    assert second.split() == ["x" * 300, "12000"]
    output.table(("county", "n"), [], empty="No counts.")
    assert capsys.readouterr().out == "No counts.\n"
