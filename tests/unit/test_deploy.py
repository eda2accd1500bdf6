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
import kubernetes_validate
import pytest
import yaml

from streams.settings import PREFIX, Settings, load

ROOT = Path(__file__).parents[2]
K8S = ROOT / "deploy" / "k8s"
KUBERNETES = "1.33"
PORTS = {"intake": "intake_port", "tally": "tally_port", "sink": "status_port"}
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
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


def manifests() -> list[Document]:
    """Every Kubernetes object of the base, as written."""
    listed = yaml.safe_load((K8S / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    return [
        document
        for name in listed
        for document in yaml.safe_load_all((K8S / name).read_text(encoding="utf-8"))
    ]


def title(document: Document) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


def pods() -> list[tuple[str, Document]]:
    return [
        (document["metadata"]["name"], document["spec"]["template"])
        for document in manifests()
        if document["kind"] in {"Deployment", "Job"}
    ]


def containers(pod: Document) -> list[Document]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def settings_env() -> dict[str, str]:
    lines = (K8S / "settings.env").read_text(encoding="utf-8").split()
    return dict(line.split("=", 1) for line in lines)


def test_compose_file_follows_the_specification() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(compose())


def test_docker_compose_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if not docker or run(docker, "compose", "version").returncode:
        pytest.skip("no docker with the compose plugin")
    command = [docker, "compose", "--env-file", ".env.example", "config", "--quiet"]
    done = run(*command, CLICKHOUSE_PASSWORD="secret")
    assert done.returncode == 0, done.stderr
    without = run(*command)
    assert "CLICKHOUSE_PASSWORD" in without.stderr


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
    assert re.search(r":\d+(\.\d+)+$", image), image
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
    assert "CLICKHOUSE_PASSWORD=\n" in example, "no password is shipped"


@pytest.mark.parametrize("document", manifests(), ids=title)
def test_a_manifest_follows_the_kubernetes_schema(document: Document) -> None:
    kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize(("name", "pod"), pods())
def test_a_pod_is_restricted(name: str, pod: Document) -> None:
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}
        for amounts in container["resources"].values():
            assert amounts.keys() == {"cpu", "memory"}
        assert container["image"] == f"huishang:{VERSION}"


@pytest.mark.parametrize("stage", list(PORTS))
def test_a_stage_is_probed_on_its_port_and_given_time_to_stop(stage: str) -> None:
    from streams.stage import STOP_WITHIN_S

    pod = dict(pods())[stage]
    [container] = containers(pod)
    assert container["args"] == ["worker", stage]
    assert container["ports"] == [
        {"name": "http", "containerPort": int(settings_env()[PREFIX + PORTS[stage].upper()])}
    ]
    probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness")}
    assert set(map(str, probes.values())) == {str({"path": "/health/live", "port": "http"})}
    assert container["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}
    assert pod["spec"]["terminationGracePeriodSeconds"] > STOP_WITHIN_S
    assert {rule["topologyKey"] for rule in pod["spec"]["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }


def test_every_selector_meets_the_pods_it_is_for() -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods()}
    for document in manifests():
        name = document["metadata"]["name"]
        selector = document.get("spec", {}).get("selector")
        if selector:
            wanted = selector.get("matchLabels", selector)
            assert wanted.items() <= labels[name].items(), (document["kind"], name)
    kinds = {(document["kind"], document["metadata"]["name"]) for document in manifests()}
    for stage in PORTS:
        assert {("Service", stage), ("PodDisruptionBudget", stage), ("Deployment", stage)} <= kinds
    assert ("NetworkPolicy", "default-deny") in kinds


def test_kubernetes_settings_exist_and_load(tmp_path: Path) -> None:
    given = settings_env()
    assert given.keys() <= KNOWN
    settings = load(
        **{k.removeprefix(PREFIX).lower(): v for k, v in given.items()} | {"data": tmp_path}
    )
    assert settings.host == "0.0.0.0"
    for name, pod in pods():
        for container in containers(pod):
            assert {"configMapRef": {"name": "huishang-settings"}} in container["envFrom"], name
            own = {row["name"] for row in container.get("env", [])}
            assert {variable.removesuffix("_FILE") for variable in own} <= KNOWN, name


def test_only_what_writes_to_clickhouse_is_given_its_password() -> None:
    holders = {
        container["name"]
        for _, pod in pods()
        for container in containers(pod)
        if any(mount["name"] == "store" for mount in container["volumeMounts"])
    }
    assert holders == {"sink", "schema"}
    assert all(document["kind"] != "Secret" for document in manifests())


def test_kustomize_builds_the_base() -> None:
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("no kubectl")
    done = run(kubectl, "kustomize", str(K8S))
    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    assert len(built) == len(manifests()) + 1  # the generated ConfigMap
    for document in built:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
        if document["kind"] != "Namespace":
            assert document["metadata"]["namespace"] == "huishang"


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
