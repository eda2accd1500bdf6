"""Operators' alerts: Prometheus takes them, each fires when it should, and has a page to go by."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cli.main import main
from streams.metrics import REGISTRY
from tests.kubernetes.tools import ToolMissing
from tests.promtool import promtool

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"


def rules() -> list[dict[str, Any]]:
    text = (PROMETHEUS / "alerts.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["groups"][0]["rules"]
    return found


NAMES = [rule["alert"] for rule in rules()]


@pytest.fixture(scope="module")
def tool() -> str:
    try:
        return promtool()
    except ToolMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.mark.parametrize(
    "command",
    [
        "check rules alerts.yaml",
        "test rules alerts_test.yaml",
        "check config --syntax-only prometheus.yml",
    ],
)
def test_prometheus_takes_the_files_and_each_alert_fires_when_it_should(
    tool: str, command: str
) -> None:
    done = subprocess.run(
        [tool, *command.split()],
        check=False,
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_seen_to_fire() -> None:
    cases = (PROMETHEUS / "alerts_test.yaml").read_text(encoding="utf-8")
    assert [name for name in NAMES if name not in cases] == []


def test_every_alert_has_a_runbook_and_says_where() -> None:
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md")) == sorted(NAMES)
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{rule['alert']}.md"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_alerts_ask_for_metrics_that_exist() -> None:
    known = {
        sample
        for family in REGISTRY.collect()
        for sample in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    }
    asked = {name for rule in rules() for name in re.findall(r"huishang_\w+", rule["expr"])}
    assert asked - known == set()


def test_runbooks_name_commands_and_settings_that_exist() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in RUNBOOKS.glob("*.md"))
    context = click.Context(main)
    for said in re.findall(r"`huishang ([a-z -]+)", text):
        command: click.Command | None = main
        for word in said.split():
            if not isinstance(command, click.Group):
                break
            command = command.get_command(context, word)
        assert command, said
