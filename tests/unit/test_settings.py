"""Settings: which source goes first, what is said when one cannot be used, what stays secret."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams import runfile, sources
from streams.errors import SettingsError
from streams.settings import Settings, load, masked, read_run, shown, strangers


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder and data folder of the test's own, and no secrets of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUISHANG_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(sources, "SECRETS", tmp_path / "secrets")
    monkeypatch.setitem(Settings.model_config, "env_file", ".env")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "data").mkdir()
    return tmp_path


def origin(name: str, loaded: Settings) -> tuple[str, str]:
    row = next(row for row in shown(loaded) if row.name == f"HUISHANG_{name}")
    return row.value, row.origin


def test_a_default_says_so() -> None:
    assert origin("PARTITIONS", load()) == ("24", "default")


def test_sources_go_before_each_other_in_the_order_documented(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = {"pid": os.getpid(), "settings": {"kafka": "run:1", "partitions": 4}}
    (own_folder / "data" / "run.json").write_text(json.dumps(run))
    assert origin("KAFKA", load()) == ("run:1", f"huishang run (pid {os.getpid()})")
    (own_folder / "secrets" / "HUISHANG_KAFKA").write_text("secret:2\n")
    assert origin("KAFKA", load()) == ("secret:2", "secret file")
    (own_folder / ".env").write_text("HUISHANG_KAFKA=dotenv:3\n")
    assert origin("KAFKA", load()) == ("dotenv:3", ".env")
    (own_folder / "kafka").write_text("file:4\n")
    monkeypatch.setenv("HUISHANG_KAFKA_FILE", str(own_folder / "kafka"))
    assert origin("KAFKA", load()) == ("file:4", f"file {own_folder / 'kafka'}")
    monkeypatch.delenv("HUISHANG_KAFKA_FILE")
    monkeypatch.setenv("HUISHANG_KAFKA", "environment:5")
    assert origin("KAFKA", load()) == ("environment:5", "environment")
    loaded = load(kafka="given:6")
    assert origin("KAFKA", loaded) == ("given:6", "command line")
    assert origin("PARTITIONS", loaded) == ("4", f"huishang run (pid {os.getpid()})")


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUISHANG_KAFKA", "")
    assert origin("KAFKA", load()) == ("127.0.0.1:9092", "default")


def test_both_a_variable_and_its_file_are_refused(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUISHANG_KAFKA", "a:1")
    monkeypatch.setenv("HUISHANG_KAFKA_FILE", str(own_folder / "kafka"))
    with pytest.raises(SettingsError, match="HUISHANG_KAFKA_FILE and HUISHANG_KAFKA are both set"):
        load()


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUISHANG_CLICKHOUSE_FILE", "/nowhere/dsn")
    with pytest.raises(SettingsError, match="HUISHANG_CLICKHOUSE_FILE: cannot read /nowhere/dsn"):
        load()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (
            "PARTITIONS",
            "many",
            "HUISHANG_PARTITIONS (environment) cannot be 'many': expected a val",
        ),
        ("PARTITIONS", "0", "cannot be '0': expected greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "expected 'debug', 'info', 'warning' or 'error'"),
        ("TIMEZONE", "Mars/Olympus", "expected the name of a time zone, like Asia/Shanghai"),
        ("KAFKA", "http://a", "expected host:port, or several with commas between"),
        ("COUNTIES", "Ganzhou", "expected text like"),
    ],
)
def test_an_unusable_value_is_answered_in_one_sentence(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HUISHANG_{variable}", value)
    with pytest.raises(SettingsError) as raised:
        load()
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_error_and_no_listing_shows_a_password(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUISHANG_CLICKHOUSE", "http://user:pa@ss@word@db:8123/x")
    assert origin("CLICKHOUSE", load())[0] == "http://user:***@db:8123/x"
    monkeypatch.setenv("HUISHANG_KAFKA", "kafka://user:hidden@broker")
    with pytest.raises(SettingsError) as raised:
        load()
    assert "hidden" not in str(raised.value)
    monkeypatch.delenv("HUISHANG_KAFKA")
    (own_folder / "secrets" / "HUISHANG_PARTITIONS").write_text("hunter2")
    with pytest.raises(SettingsError) as raised:
        load()
    assert "hunter2" not in str(raised.value)


def test_masking_leaves_addresses_without_password_alone() -> None:
    for plain in ("http://db:8123/default", "127.0.0.1:9092", "chdb:///srv/store", ""):
        assert masked(plain) == plain
    assert masked(None) == ""


def test_unknown_variables_are_named_with_the_closest_setting() -> None:
    environment = {
        "HUISHANG_PARTITION": "3",
        "HUISHANG_KAFKA_FILE": "x",
        "HUISHANG_TEST_CACHE": "y",
    }
    (sentence,) = [one for one in strangers(environment) if "DATA" not in one]
    assert "HUISHANG_PARTITION is no setting" in sentence
    assert "HUISHANG_PARTITIONS is the closest" in sentence


def test_paths_are_expanded_and_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/duty")
    assert load(data="~/huishang").data == Path("/home/duty/huishang")
    assert load(rules="rules.yaml").rules == Path.cwd() / "rules.yaml"


def test_settings_made_by_hand_do_not_read_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUISHANG_PARTITIONS", "7")
    assert Settings().partitions == 24  # type: ignore[call-arg]


def test_a_run_that_ended_is_no_source(tmp_path: Path) -> None:
    over = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    (tmp_path / "run.json").write_text(json.dumps({"pid": int(over.stdout), "settings": {}}))
    assert read_run(tmp_path) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_process_younger_than_the_file_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"pid": os.getpid(), "settings": {}}))
    assert read_run(tmp_path) is not None
    os.utime(path, (0, time.time() - 7 * 86_400 * 365))
    assert read_run(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x"}', '{"pid": 1}', "\x00"])
def test_a_broken_run_file_is_no_source(content: str, tmp_path: Path) -> None:
    (tmp_path / runfile.RUN_FILE).write_text(content)
    assert read_run(tmp_path) is None
