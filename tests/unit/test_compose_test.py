"""`make compose-test` runs what users get, and would say so if a container could harm its host."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose import hardened
from tests.compose.__main__ import PORTS, SERVICES

ROOT = Path(__file__).parents[2]

INSIDE = """\
Uid:\t10001\t10001\t10001\t10001
Gid:\t10001\t10001\t10001\t10001
CapEff:\t0000000000000000
NoNewPrivs:\t1
touch: cannot touch '/huishang-test': Read-only file system
"""
HOST = {
    "ReadonlyRootfs": True,
    "Memory": 1,
    "PidsLimit": 1,
    "NanoCpus": 1,
    "PortBindings": {"8300/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8300"}]},
}


def wrongs(inside: str, host: dict[str, Any]) -> list[str]:
    return hardened.wrongs("sink", inside, {"HostConfig": host})


def test_a_container_as_it_must_be_is_fine() -> None:
    assert wrongs(INSIDE, HOST) == []


@pytest.mark.parametrize(
    ("inside", "host", "said"),
    [
        (INSIDE.replace("Uid:\t10001", "Uid:\t0"), {}, "runs as user"),
        (INSIDE.replace("CapEff:\t0", "CapEff:\t4"), {}, "capabilities"),
        (INSIDE.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0"), {}, "gain privileges"),
        (INSIDE.replace("Read-only", "Some other"), {}, "can be written"),
        (INSIDE + "/usr/bin/pip\n", {}, "build tools"),
        ("", {}, "runs as user"),
        (INSIDE, {"ReadonlyRootfs": False}, "not mounted read-only"),
        (INSIDE, {"Memory": 0}, "limit of memory"),
        (INSIDE, {"PortBindings": {"1/tcp": [{"HostIp": "0.0.0.0"}]}}, "open to others"),
    ],
)
def test_what_is_wrong_is_said(inside: str, host: dict[str, Any], said: str) -> None:
    assert any(said in one for one in wrongs(inside, HOST | host))


class Loader(yaml.SafeLoader):
    """Knows Compose's !reset."""


Loader.add_constructor("!reset", lambda *_: None)


def test_the_override_changes_where_images_come_from_and_not_how_they_are_run() -> None:
    text = (ROOT / "tests/compose/override.yaml").read_text(encoding="utf-8")
    override = yaml.load(text, Loader)
    changed = {name: set(said) - {"image", "build"} for name, said in override["services"].items()}
    for stage in ("intake", "tally", "sink"):
        assert changed.pop(stage) == {"environment", "volumes"}
        said = override["services"][stage]
        assert said["environment"].keys() == {"HUISHANG_CLOCK_FILE", "HUISHANG_RULES"}
        assert said["volumes"] == ["${CLOCK}:/etc/huishang-test:ro"]
    assert changed.pop("clickhouse") == {"healthcheck", "ulimits"}
    left_out = {name for name, keys in changed.items() if keys == {"profiles"}}
    assert left_out == {"reader", "grafana"}
    assert not any(keys for name, keys in changed.items() if name not in left_out)


def test_every_service_that_stays_is_restarted_but_what_is_left_out() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    stay = {name for name, said in services.items() if "healthcheck" in said}
    assert stay == {*SERVICES, "grafana"}
    published = [port for said in services.values() for port in said.get("ports", [])]
    assert {int(port.split(":")[1]) for port in published} == set(PORTS)
