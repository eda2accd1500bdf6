"""Operators' resources: as their CRDs want them, and saying what the code and its files say."""

import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.k8s.written import ALERTS, ROOT, files
from sinks.health import READS
from streams.grants import GRANTS, rules
from streams.settings import Settings
from streams.topics import TOPICS
from tests.kubernetes.built import (
    OVERLAYS,
    PLACES,
    built,
    built_at,
    containers,
    of_kind,
    pods,
    secrets,
    title,
)
from tests.kubernetes.crds import schemas
from tests.kubernetes.tools import ToolMissing, kustomize

PARTITIONS = {one.name: one.partitions or 24 for one in TOPICS}
BY_HAND = "ClickHouseInstallation"  # of this no schema is published on a registry


# The first of them may build kustomize.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    try:
        kustomize()
        schemas()
    except ToolMissing as missing:
        if os.environ.get("REQUIRE_KAFKA") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def spec_of(place: str, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = of_kind(place, kind)[name]["spec"]
    return found


@pytest.mark.parametrize("name", list(files()))
def test_what_is_written_from_the_code_is_as_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == files()[name], "run `make manifests`"


@pytest.mark.parametrize("place", list(PLACES))
def test_every_resource_of_an_operator_follows_its_schema(place: str) -> None:
    kinds = set()
    for document in built(place):
        group = document["apiVersion"].rpartition("/")[0]
        if "." in group and not group.endswith("k8s.io") and document["kind"] != BY_HAND:
            schema = schemas()[document["apiVersion"], document["kind"]]
            jsonschema.Draft4Validator(schema).validate(document)
            kinds.add(document["kind"])
    assert (
        kinds
        == {
            "base": {"PrometheusRule", "ServiceMonitor"},
            "dev": set(),
            "city": {"PrometheusRule", "ServiceMonitor", "KafkaTopic", "KafkaUser"},
            "province": {
                *("PrometheusRule", "ServiceMonitor", "KafkaTopic", "KafkaUser"),
                *("ScaledObject", "TriggerAuthentication"),
            },
        }[place]
    )


def test_a_schema_refuses_what_it_does_not_know() -> None:
    document = built("province")
    [scaled] = [one for one in document if title(one) == "ScaledObject tally"]
    wrong = {**scaled, "spec": {**scaled["spec"], "maxReplicas": 3}}
    with pytest.raises(jsonschema.ValidationError, match="maxReplicas"):
        jsonschema.Draft4Validator(schemas()["keda.sh/v1alpha1", "ScaledObject"]).validate(wrong)


def test_prometheus_alerts_are_those_that_promtool_tests() -> None:
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    for place in ("base", "city", "province"):
        assert spec_of(place, "PrometheusRule", "huishang")["groups"] == groups


@pytest.mark.parametrize("place", ["base", "city", "province"])
def test_prometheus_reads_every_stage_under_the_job_that_the_alerts_ask_for(place: str) -> None:
    spec = spec_of(place, "ServiceMonitor", "huishang")
    wanted = spec["selector"]["matchLabels"].items()
    services = of_kind(place, "Service")
    assert services.keys() == GRANTS.keys()
    for service in services.values():
        assert wanted <= service["metadata"]["labels"].items()
        assert [port["name"] for port in service["spec"]["ports"]] == ["http"]
    [endpoint] = spec["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    jobs = set(re.findall(r'job="(\w+)"', ALERTS.read_text(encoding="utf-8")))
    assert jobs == {
        row["replacement"] for row in endpoint["relabelings"] if row["targetLabel"] == "job"
    }


@pytest.mark.parametrize("place", ["city", "province"])
def test_strimzi_has_every_topic_as_topics_apply_would_make_it(place: str) -> None:
    found = of_kind(place, "KafkaTopic")
    assert list(found) != []
    assert found.keys() == {one.name for one in TOPICS}
    for one in TOPICS:
        spec = found[one.name]["spec"]
        assert spec["partitions"] == PARTITIONS[one.name]
        assert spec["replicas"] == 3
        config = {key: str(value) for key, value in spec["config"].items()}
        assert config == {**one.config, "min.insync.replicas": "2"}
    # Then nobody else makes them, with other settings perhaps.
    assert [one["name"] for one in containers(pods(place)["setup"])] == ["schema"]


def test_partitions_are_those_that_the_stages_are_told() -> None:
    assert Settings.model_fields["partitions"].default == 24
    for place in PLACES:
        [config] = of_kind(place, "ConfigMap").values()
        told = int(config["data"]["HUISHANG_PARTITIONS"])
        assert told == (4 if place == "dev" else 24)


@pytest.mark.parametrize("place", ["city", "province"])
def test_a_kafka_user_may_do_what_its_stage_does(place: str) -> None:
    users = of_kind(place, "KafkaUser")
    assert users.keys() == {f"huishang-{stage}" for stage in GRANTS}
    for stage in GRANTS:
        spec = users[f"huishang-{stage}"]["spec"]
        assert spec["authentication"] == {"type": "scram-sha-512"}
        acls = {
            (
                acl["resource"]["type"],
                acl["resource"]["name"],
                acl["resource"]["patternType"] == "prefix",
                tuple(acl["operations"]),
            )
            for acl in spec["authorization"]["acls"]
        }
        assert acls == set(rules(stage))


@pytest.mark.parametrize("stage", GRANTS)
def test_keda_asks_for_the_lag_of_the_stage_and_stays_within_its_partitions(stage: str) -> None:
    spec = spec_of("province", "ScaledObject", stage)
    assert spec["scaleTargetRef"] == {"name": stage}
    [trigger] = spec["triggers"]
    assert trigger["type"] == "apache-kafka"
    metadata = trigger["metadata"]
    grant = GRANTS[stage]
    assert metadata["consumerGroup"] == grant.joins[0]
    consumed = READS[stage]
    assert set(metadata["topic"].split(",")) == set(consumed) <= set(grant.reads)
    assert metadata["bootstrapServersFromEnv"] == "HUISHANG_KAFKA"
    assert metadata["allowIdleConsumers"] == "false"
    # Topics of one group are shared out alike: the n-th partition of all to one worker.
    most = {"intake": min, "tally": max, "sink": max}[stage](PARTITIONS[one] for one in consumed)
    assert 2 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= most
    assert spec["fallback"]["replicas"] >= spec["minReplicaCount"]


@pytest.mark.parametrize("stage", GRANTS)
def test_keda_logs_in_to_kafka_as_the_stage(stage: str) -> None:
    [trigger] = spec_of("province", "ScaledObject", stage)["triggers"]
    assert trigger["authenticationRef"] == {"name": stage}
    assert (trigger["metadata"]["sasl"], trigger["metadata"]["tls"]) == ("scram_sha512", "enable")
    told = spec_of("province", "TriggerAuthentication", stage)
    pod = pods("province")[stage]
    [container] = containers(pod)
    own = {row["name"]: row["value"] for row in container["env"]}
    [user] = told["env"]
    assert (user["parameter"], own[user["name"]]) == ("username", f"huishang-{stage}")
    shown = {one["parameter"]: (one["name"], one["key"]) for one in told["secretTargetRef"]}
    seen = secrets(pod, container)
    assert shown == {
        "password": seen[own["HUISHANG_KAFKA_PASSWORD_FILE"]],
        "ca": seen[own["HUISHANG_KAFKA_CA"]],
    }


def test_the_kafka_cluster_in_the_readme_lets_the_stages_in() -> None:
    said = (ROOT.parent / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n# kafka.yaml\n(.*?)```", said, re.DOTALL)
    cluster = yaml.safe_load(example)
    [listener] = cluster["spec"]["kafka"]["listeners"]
    [config] = of_kind("city", "ConfigMap").values()
    metadata = cluster["metadata"]
    address = f"{metadata['name']}-kafka-bootstrap.{metadata['namespace']}.svc:{listener['port']}"
    assert config["data"]["HUISHANG_KAFKA"] == address
    assert (listener["tls"], listener["authentication"]) == (True, {"type": "scram-sha-512"})
    peers = [one["namespaceSelector"]["matchLabels"] for one in listener["networkPolicyPeers"]]
    assert {name for one in peers for name in one.values()} == {"huishang", "keda"}
    for user in of_kind("city", "KafkaUser").values():
        assert user["metadata"]["labels"]["strimzi.io/cluster"] == metadata["name"]
        watched = cluster["spec"]["entityOperator"]["userOperator"]["watchedNamespace"]
        assert user["metadata"]["namespace"] == watched


def test_clickhouse_is_one_node_that_keeps_its_volume_and_its_password_to_itself() -> None:
    """Shape by hand, after the operator's own examples; no schema of it is to be had."""
    installation = of_kind("province", BY_HAND)["huishang"]
    assert installation["apiVersion"] == "clickhouse.altinity.com/v1"
    spec = installation["spec"]
    assert spec.keys() == {"defaults", "configuration", "templates"}
    named = {
        kind: {one["name"] for one in spec["templates"][f"{kind}s"]}
        for kind in ("podTemplate", "serviceTemplate", "volumeClaimTemplate")
    }
    defaults = spec["defaults"]["templates"]
    assert defaults.pop("dataVolumeClaimTemplate") in named["volumeClaimTemplate"]
    for kind, name in defaults.items():
        assert name in named[kind]
    [cluster] = spec["configuration"]["clusters"]
    assert cluster["layout"] == {"shardsCount": 1, "replicasCount": 1}
    [claim] = spec["templates"]["volumeClaimTemplates"]
    assert claim["reclaimPolicy"] == "Retain"
    assert spec["configuration"]["users"]["huishang/password"] == {
        "valueFrom": {"secretKeyRef": {"name": "huishang-clickhouse-users", "key": "huishang"}}
    }
    [server] = containers(pods("province")["clickhouse-server"])
    volumes = {one["name"] for one in pods("province")["clickhouse-server"]["spec"]["volumes"]}
    assert {one["name"] for one in server["volumeMounts"]} == volumes | {claim["name"]}
    compose = yaml.safe_load((ROOT.parents[1] / "docker-compose.yml").read_text(encoding="utf-8"))
    image = compose["services"]["clickhouse"]["image"]
    assert server["image"] in image


def test_only_overlays_with_operators_ask_for_them() -> None:
    custom = {
        place: {
            one["apiVersion"].partition("/")[0]
            for one in built(place)
            if re.search(r"strimzi|keda|altinity|coreos", one["apiVersion"])
        }
        for place in OVERLAYS
    }
    assert custom["dev"] == set()
    assert custom["city"] == {"kafka.strimzi.io", "monitoring.coreos.com"}


def test_the_overlay_in_the_readme_builds_on_top_of_a_city(tmp_path: Path) -> None:
    said = (ROOT.parent / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n# kustomization.yaml\n(.*?)```", said, re.DOTALL)
    city = os.path.relpath(PLACES["city"], tmp_path)
    own = example.replace("../path/to/deploy/k8s/overlays/city", city)
    assert own != example
    (tmp_path / "kustomization.yaml").write_text(own, encoding="utf-8")
    objects = built_at(tmp_path)
    [config] = [one["data"] for one in objects if one["kind"] == "ConfigMap"]
    assert config["HUISHANG_COUNTIES"] == "6207"
    assert config["HUISHANG_KAFKA"] == "huishang-kafka-bootstrap.kafka.svc:9093"
    images = {
        container["image"]
        for one in objects
        if one["kind"] in {"Deployment", "Job"}
        for container in containers(one["spec"]["template"])
    }
    assert images == {"registry.example/huishang:0.1.0"}
