"""The deployment files are valid, hardened, and speak of settings that exist."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams.settings import PREFIX, Settings, load

ROOT = Path(__file__).parents[2]
PORTS = {"intake": "intake_port", "tally": "tally_port", "sink": "status_port"}
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
PASSWORDS = ("CLICKHOUSE_PASSWORD", "CLICKHOUSE_READER_PASSWORD", "GRAFANA_PASSWORD")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

Document = dict[str, Any]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A finished command in the repository's folder, with its output."""
    variables = {**os.environ, **environment}
    return subprocess.run(
        command, check=False, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60
    )


def compose() -> Document:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    loaded: Document = yaml.safe_load(text)
    return loaded


def services() -> dict[str, Document]:
    found: dict[str, Document] = compose()["services"]
    return found


def ours() -> dict[str, Document]:
    return {name: service for name, service in services().items() if "build" in service}


def test_compose_file_follows_the_specification() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(compose())


def test_docker_compose_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if not docker or run(docker, "compose", "version").returncode:
        pytest.skip("no docker with the compose plugin")
    command = [docker, "compose", "--env-file", ".env.example", "config", "--quiet"]
    done = run(*command, **dict.fromkeys(PASSWORDS, "secret"))
    assert done.returncode == 0, done.stderr
    for name in PASSWORDS:
        others = dict.fromkeys(set(PASSWORDS) - {name}, "secret")
        without = run(*command, **others)
        assert without.returncode
        assert name in without.stderr


@pytest.mark.parametrize("name", list(services()))
def test_a_container_cannot_harm_its_host(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    uid = service["user"].split(":")[0]
    assert uid.isdigit()
    assert int(uid) > 0
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} <= limits.keys()
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", list(services()))
def test_an_image_is_of_a_version(name: str) -> None:
    image = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", services()[name]["image"])
    assert re.search(r":v?\d+(\.\d+)+$", image), image
    if name in ours():
        assert image == f"huishang:{VERSION}"


def test_every_compose_service_that_stays_says_when_it_is_ready() -> None:
    for name, service in services().items():
        once = "on-failure" in service["restart"]
        assert once != ("healthcheck" in service), name
    for name, service in services().items():
        for needed, how in service.get("depends_on", {}).items():
            once = "on-failure" in services()[needed]["restart"]
            wanted = "service_completed_successfully" if once else "service_healthy"
            assert how["condition"] == wanted, (name, needed)


@pytest.mark.parametrize("stage", list(PORTS))
def test_a_compose_health_check_asks_the_port_of_its_stage(stage: str) -> None:
    port = Settings.model_fields[PORTS[stage]].default
    assert f"127.0.0.1:{port}/health/ready" in services()[stage]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", list(ours()))
def test_compose_gives_settings_that_load(name: str, tmp_path: Path) -> None:
    environment = services()[name]["environment"]
    environment = {key: one for key, one in environment.items() if key.startswith(PREFIX)}
    assert environment.keys() <= KNOWN
    filled = {key: _filled(str(value)) for key, value in environment.items()}
    given = {key.removeprefix(PREFIX).lower(): value for key, value in filled.items() if value}
    settings = load(**{**given, "data": tmp_path})
    assert settings.host == "0.0.0.0"
    assert ("CLICKHOUSE" in environment) == ("clickhouse" in environment)


def _filled(value: str) -> str:
    """Compose's own substitution, with every required variable set to `secret`."""
    return re.sub(r"\$\{\w+:\?[^}]*\}", "secret", re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))


def test_env_example_names_what_the_compose_file_asks_for() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    offered = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert asked <= offered
    assert {name for name in offered if name.startswith(PREFIX)} <= KNOWN
    for name in PASSWORDS:
        assert f"\n{name}=\n" in example, "no password is shipped"


def test_the_image_holds_no_build_tools_and_no_root() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    last = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert "/build" not in last
    assert "--require-hashes --requirement requirements/runtime.txt" in " ".join(text.split())
    assert set(re.findall(rf"{PREFIX}\w+", text)) <= KNOWN
    assert not re.search(r"apt-get|:latest", text)


def test_the_image_build_pins_all_its_build_tools() -> None:
    """The names in the Dockerfile are the build backend and what it needs."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    pattern = re.search(r"/\^\(([\w|-]+)\)==/", text)
    assert pattern
    needed = {
        requirement.name
        for requirement in map(Requirement, requires("hatchling") or [])
        if not requirement.marker or requirement.marker.evaluate({"python_version": "3.11"})
    }
    assert set(pattern[1].split("|")) == needed | {"hatchling"}
