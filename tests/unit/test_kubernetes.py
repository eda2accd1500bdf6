"""Each overlay, as kustomize builds it: valid, restricted, and speaking of settings that exist."""

import os
import re
import tomllib
from pathlib import Path
from typing import get_args

import kubernetes_validate
import pytest

from streams.settings import PREFIX, Settings, load
from streams.stage import STOP_WITHIN_S
from tests.kubernetes.built import (
    OVERLAYS,
    PLACES,
    Document,
    built,
    containers,
    of_kind,
    pods,
    secrets,
    settings,
    title,
    walked,
)
from tests.kubernetes.tools import ToolMissing, kustomize

ROOT = Path(__file__).parents[2]
PORTS = {"intake": "intake_port", "tally": "tally_port", "sink": "status_port"}
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
OLDEST, NEWEST = "1.33", "1.37"
CUSTOM = {"keda.sh", "kafka.strimzi.io", "monitoring.coreos.com", "clickhouse.altinity.com"}
EVERYWHERE = pytest.mark.parametrize("place", list(PLACES))


# The first of them may build kustomize.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", autouse=True)
def tool() -> str:
    try:
        return kustomize()
    except ToolMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def group(document: Document) -> str:
    return str(document["apiVersion"].rpartition("/")[0])


@pytest.mark.parametrize(
    ("place", "version"), [*((place, NEWEST) for place in PLACES), ("province", OLDEST)]
)
def test_every_object_follows_the_kubernetes_schema(place: str, version: str) -> None:
    for document in built(place):
        if group(document) not in CUSTOM:
            kubernetes_validate.validate(document, version, strict=True)
    names = [(one["kind"], one["metadata"].get("namespace"), title(one)) for one in built(place)]
    assert len(names) == len(set(names))


@EVERYWHERE
def test_every_object_is_in_a_namespace_that_is_there_or_that_an_operator_has(place: str) -> None:
    made = set(of_kind(place, "Namespace"))
    for document in built(place):
        if document["kind"] != "Namespace":
            wanted = {"kafka"} if document["kind"] == "KafkaTopic" else made
            assert document["metadata"]["namespace"] in wanted, title(document)


@EVERYWHERE
def test_namespaces_take_restricted_pods_only(place: str) -> None:
    for namespace in of_kind(place, "Namespace").values():
        assert (
            namespace["metadata"]["labels"].items()
            >= {
                "pod-security.kubernetes.io/enforce": "restricted",
                "pod-security.kubernetes.io/audit": "restricted",
                "pod-security.kubernetes.io/warn": "restricted",
            }.items()
        )


@EVERYWHERE
def test_pods_are_restricted(place: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and more."""
    assert len(pods(place)) >= 4
    for name, pod in pods(place).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        kinds = {kind for volume in spec["volumes"] for kind in volume.keys() - {"name"}}
        assert kinds <= {"emptyDir", "secret", "projected"}, name
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert all("hostPort" not in port for port in container.get("ports", ())), name


@EVERYWHERE
def test_containers_have_limits_and_images_of_a_version(place: str) -> None:
    for name, pod in pods(place).items():
        for container in containers(pod):
            assert container["resources"].keys() == {"requests", "limits"}, name
            for amounts in container["resources"].values():
                assert amounts.keys() == {"cpu", "memory"}, name
            image = container["image"]
            assert re.search(r":\d+(\.\d+)+$|@sha256:[0-9a-f]{64}$", image), image
            if not name.startswith("clickhouse"):
                assert image == f"huishang:{VERSION}"


@EVERYWHERE
@pytest.mark.parametrize("stage", PORTS)
def test_a_stage_is_probed_on_its_port(place: str, stage: str) -> None:
    [container] = containers(pods(place)[stage])
    assert container["args"] == ["worker", stage]
    port = int(settings(place)[PREFIX + PORTS[stage].upper()])
    assert container["ports"] == [{"name": "http", "containerPort": port}]
    ready, live = ({"path": f"/health/{what}", "port": "http"} for what in ("ready", "live"))
    assert container["readinessProbe"]["httpGet"] == ready
    assert container["livenessProbe"]["httpGet"] == live
    # A recovery commits nothing, which liveness would take for standing still.
    assert container["startupProbe"]["httpGet"] == (ready if stage == "tally" else live)


@EVERYWHERE
@pytest.mark.parametrize("stage", PORTS)
def test_a_stage_hands_its_partitions_over_when_it_is_replaced(place: str, stage: str) -> None:
    deployment = of_kind(place, "Deployment")[stage]["spec"]
    pod = pods(place)[stage]["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert deployment["minReadySeconds"] > 0
    [container] = pod["containers"]
    before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert pod["terminationGracePeriodSeconds"] >= before + STOP_WITHIN_S + 10
    startup = container["startupProbe"]
    starts_within_s = startup["periodSeconds"] * startup["failureThreshold"]
    assert deployment.get("progressDeadlineSeconds", 600) > starts_within_s
    budget = of_kind(place, "PodDisruptionBudget")[stage]["spec"]
    assert budget["maxUnavailable"] == 1
    assert {rule["topologyKey"] for rule in pod["topologySpreadConstraints"]} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }


@EVERYWHERE
def test_every_selector_meets_the_pods_it_is_for(place: str) -> None:
    labels = {name: pod.get("metadata", {}).get("labels", {}) for name, pod in pods(place).items()}
    for document in built(place):
        name = document["metadata"]["name"]
        selector = document.get("spec", {}).get("selector")
        if selector and document["kind"] != "ServiceMonitor":
            wanted = selector.get("matchLabels", selector)
            assert wanted.items() <= labels[name].items(), title(document)
    for stage in PORTS:
        for kind in ("Service", "PodDisruptionBudget", "Deployment"):
            assert stage in of_kind(place, kind)


@EVERYWHERE
def test_settings_exist_and_load(place: str, tmp_path: Path) -> None:
    given = settings(place)
    assert given.keys() <= KNOWN
    named = {key.removeprefix(PREFIX).lower(): value for key, value in given.items()}
    loaded = load(**{**named, "data": tmp_path})
    assert loaded.host == "0.0.0.0"
    [generated] = of_kind(place, "ConfigMap")
    assert re.fullmatch(r"huishang-settings-[a-z0-9]{10}", generated)
    for name, pod in pods(place).items():
        if name.startswith("clickhouse"):
            continue
        for container in containers(pod):
            assert container["envFrom"] == [{"configMapRef": {"name": generated}}], name
            own = {row["name"].removesuffix("_FILE") for row in container.get("env", [])}
            assert own <= KNOWN, name
            assert not own & given.keys(), name


def test_the_overlays_are_for_places_of_their_size() -> None:
    sizes = {
        place: {name: one["spec"].get("replicas") for name, one in deployments.items()}
        for place in OVERLAYS
        if (deployments := of_kind(place, "Deployment"))
    }
    assert set(sizes["dev"].values()) == {1}
    assert set(sizes["city"].values()) <= {2, 3}
    assert set(sizes["province"].values()) == {None}, "KEDA says how many"
    assert settings("dev")["HUISHANG_REPLICATION"] == "1"
    assert settings("city")["HUISHANG_REPLICATION"] == settings("province")["HUISHANG_REPLICATION"]


@EVERYWHERE
def test_no_secret_is_shipped_and_few_are_given_one(place: str) -> None:
    assert not of_kind(place, "Secret")
    holders = {
        (container["name"], secret)
        for pod in pods(place).values()
        for container in containers(pod)
        for secret, _ in secrets(pod, container).values()
    }
    wanted = {("sink", "huishang-clickhouse"), ("schema", "huishang-clickhouse")}
    if place in {"city", "province"}:
        wanted.add(("sink", "huishang-board"))
        wanted |= {(stage, f"huishang-{stage}") for stage in PORTS}
        wanted |= {(stage, "huishang-cluster-ca-cert") for stage in PORTS}
    assert holders == wanted
    for document in built(place):
        for mapping in walked(document):
            for key, value in mapping.items():
                if re.search(r"password|secret|token|credential", key, re.IGNORECASE):
                    assert isinstance(value, (bool, dict, list)) or key == "secretName", (
                        title(document),
                        key,
                    )
                assert not (isinstance(value, str) and re.search(r"://[^/\s]*:[^/\s]*@", value))


@EVERYWHERE
def test_nothing_goes_in_or_out_but_what_is_named(place: str) -> None:
    for namespace in of_kind(place, "Namespace"):
        policies = [
            one["spec"]
            for one in built(place)
            if one["kind"] == "NetworkPolicy" and one["metadata"]["namespace"] == namespace
        ]
        assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies
        for spec in policies:
            for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
                assert rule["ports"]
            assert all("from" in rule for rule in spec.get("ingress", ()))


@pytest.mark.parametrize("place", ["city", "province"])
def test_the_board_is_open_to_the_namespaces_said_and_to_the_seats_in_its_secret(
    place: str,
) -> None:
    [rule] = of_kind(place, "NetworkPolicy")["board"]["spec"]["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"huishang/board": "allowed"}}}]


@EVERYWHERE
def test_every_file_that_a_setting_names_is_a_key_of_a_secret_that_is_mounted(place: str) -> None:
    """Keys as deploy/README.md says them, who makes the secrets by hand."""
    said = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    for pod in pods(place).values():
        for container in containers(pod):
            seen = secrets(pod, container)
            given = {
                **settings(place),
                **{row["name"]: row["value"] for row in container.get("env", ())},
            }
            for name, value in given.items():
                if name.endswith("_FILE") or _is_path(name):
                    folder, _, key = value.rpartition("/")
                    secret, only = seen.get(value) or seen[folder]
                    assert only in (None, key), name
                    assert f"| `{secret}` | `huishang`, `{key}` |" in said, (secret, key)
            for mount in container["volumeMounts"]:
                if mount["mountPath"].startswith("/etc/huishang"):
                    assert mount["readOnly"] is True
        for volume in pod["spec"]["volumes"]:
            for kind in volume.keys() & {"secret", "projected"}:
                assert volume[kind]["defaultMode"] == 0o440
                assert pod["spec"]["securityContext"]["fsGroup"] > 0


def _is_path(variable: str) -> bool:
    field = Settings.model_fields.get(variable.removeprefix(PREFIX).lower())
    return field is not None and Path in get_args(field.annotation)


@pytest.mark.parametrize("place", ["city", "province"])
@pytest.mark.parametrize("stage", PORTS)
def test_a_stage_shows_kafka_the_password_of_its_user_over_tls(
    place: str, stage: str, tmp_path: Path
) -> None:
    pod = pods(place)[stage]
    [container] = containers(pod)
    own = {row["name"]: row["value"] for row in container["env"]}
    files = {
        name.removesuffix("_FILE"): secrets(pod, container)[own[name]]
        for name in ("HUISHANG_KAFKA_PASSWORD_FILE", "HUISHANG_KAFKA_CA")
    }
    user = f"huishang-{stage}"
    assert files == {
        "HUISHANG_KAFKA_PASSWORD": (user, "password"),
        "HUISHANG_KAFKA_CA": ("huishang-cluster-ca-cert", "ca.crt"),
    }
    [kafka_user] = [one for one in built(place) if title(one) == f"KafkaUser {user}"]
    # Where the User Operator leaves its secret.
    assert kafka_user["metadata"]["namespace"] == "huishang"
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in {**settings(place), **own}.items()
        if not name.endswith("_FILE")
    }
    loaded = load(**{**given, "kafka_password": "secret", "data": tmp_path})
    assert (loaded.kafka_security, loaded.kafka_user) == ("sasl_ssl", user)
    port = int(loaded.kafka.rpartition(":")[2])
    rules = of_kind(place, "NetworkPolicy")["names-and-kafka"]["spec"]["egress"]
    assert {one["port"] for rule in rules for one in rule["ports"]} == {53, port}
