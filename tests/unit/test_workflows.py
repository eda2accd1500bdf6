"""Workflows and Renovate: valid, of few rights, pinned, and doing what .ci/run does; nothing was run on GitHub."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.supply.locks import ROOT
from tests.kubernetes.tools import ToolMissing, actionlint

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
RENOVATE = json.loads((ROOT / "renovate.json").read_text(encoding="utf-8"))
EACH = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
# What Renovate's manager pip-compile lets a command of uv have, with "=" before a value.
RENOVATES_OPTIONS = re.compile(
    r"--(universal|generate-hashes|(python-version|constraints|extra|output-file)=\S+)"
)


def workflow(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return read


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(file)["jobs"].values() for step in job["steps"]]


@pytest.mark.timeout(900)  # the first run builds actionlint
def test_actionlint_finds_nothing() -> None:
    try:
        tool = actionlint()
    except ToolMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    done = subprocess.run(
        [tool, *map(str, FILES)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@EACH
def test_a_workflow_may_read_only(file: Path) -> None:
    assert workflow(file)["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in workflow(file)["jobs"].items() if "permissions" in job}  # fmt: skip
    assert more == ({"draft": {"contents": "write"}} if file.stem == "release" else {})
    assert "secrets." not in file.read_text(encoding="utf-8")
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@EACH
def test_a_workflow_is_bounded(file: Path) -> None:
    assert workflow(file)["concurrency"]
    for job in workflow(file)["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 180
        assert re.fullmatch(r"ubuntu-\d\d\.04", job["runs-on"])
        assert not job.get("continue-on-error")
    assert not any(step.get("continue-on-error") for step in steps(file))


def test_actions_are_pinned_by_commit_and_alike_everywhere() -> None:
    named: dict[str, set[str]] = {}
    for file in FILES:
        for line in re.findall(r"uses: (.*)", file.read_text(encoding="utf-8")):
            pinned = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+", line)
            assert pinned, line
            named.setdefault(pinned[1], set()).add(line)
    assert len(named) >= 4
    assert {action: lines for action, lines in named.items() if len(lines) > 1} == {}


def test_check_is_ci_run_and_nothing_else() -> None:
    (job,) = workflow(FOLDER / "check.yml")["jobs"].values()
    assert job.keys() == {"runs-on", "timeout-minutes", "container", "steps"}
    first, *rest, last = job["steps"]
    assert re.fullmatch(r"apt-get update -qq && apt-get install [\w -]+", first["run"])
    assert all(step.keys() <= {"uses", "with"} for step in rest)
    assert last == {"name": "Check", "run": ".ci/run"}
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    minutes = re.search(r"CI_MINUTES:-(\d+)", script)
    assert minutes
    assert job["timeout-minutes"] > int(minutes[1]) + 10
    # .ci/run installs packages of that Debian; the image that is shipped stands on the same.
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert job["container"]["image"].startswith("docker.io/library/debian:bookworm")
    assert "slim-bookworm" in dockerfile


def test_what_workflows_make_is_there_to_be_made() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    asked = {
        target
        for file in FILES
        for step in steps(file)
        for target in re.findall(r'(?:^|&& |" )make ([\w-]+)', step.get("run", ""), re.MULTILINE)
    }
    assert {"compose-test", "faults", "release"} <= asked <= targets


def test_a_lock_file_says_how_renovate_may_make_it_again() -> None:
    (pattern,) = patterns("pip-compile")
    locks = [path for path in tracked() if re.search(pattern, path)]
    assert locks == ["requirements/dev.txt", "requirements/runtime.txt"]
    for lock in locks:
        line = (ROOT / lock).read_text(encoding="utf-8").splitlines()[1]
        command = line.removeprefix("#    ").split()
        assert command[:3] == ["uv", "pip", "compile"]
        assert command[-1] == "pyproject.toml"
        assert f"--output-file={lock}" in command
        assert [one for one in command[3:-1] if not RENOVATES_OPTIONS.fullmatch(one)] == []


def test_renovate_reads_files_that_are_there() -> None:
    for manager in ("pip-compile", "docker-compose", "kubernetes"):
        assert manager in RENOVATE["enabledManagers"]
        for pattern in patterns(manager):
            assert any(re.search(pattern, path) for path in tracked()), pattern
    assert RENOVATE["ignorePaths"] == [], "by itself Renovate leaves tests out"
    assert RENOVATE["minimumReleaseAge"] == "7 days"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"COOLDOWN ?= {RENOVATE['minimumReleaseAge']}\n" in makefile


@pytest.mark.parametrize("number", range(len(RENOVATE["customManagers"])))
def test_renovate_finds_the_versions_it_was_taught_to_find(number: int) -> None:
    manager = RENOVATE["customManagers"][number]
    (file,) = (
        path for path in tracked() if re.search(manager["managerFilePatterns"][0][1:-1], path)
    )
    text = (ROOT / file).read_text(encoding="utf-8")
    (pattern,) = (one.replace("(?<", "(?P<") for one in manager["matchStrings"])
    found = [match["currentValue"] for match in re.finditer(pattern, text)]
    assert found
    assert all(re.fullmatch(r"v?\d+\.\d+\.\d+", version) for version in found)


def patterns(manager: str) -> list[str]:
    return [pattern.strip("/") for pattern in RENOVATE[manager]["managerFilePatterns"]]


def tracked() -> list[str]:
    folders = ("requirements", "deploy", "tests")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(ROOT)) for path in [*found, *ROOT.glob("*.*")])
