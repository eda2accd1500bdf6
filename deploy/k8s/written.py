"""The manifests that say what the code says: topics, users with ACLs and passwords, alerts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from streams.grants import GRANTS, Rule, rules
from streams.settings import PREFIX, Settings
from streams.topics import TOPICS, Topic

Manifest = dict[str, Any]

ROOT: Final = Path(__file__).parent
ALERTS: Final = ROOT.parent / "prometheus" / "alerts.yaml"

# Of the Kafka cluster; Strimzi looks for topics in its namespace.
NAMESPACE: Final = "kafka"
CLUSTER: Final = "huishang"
# Where Strimzi is told to look for users (watchedNamespace): it leaves their passwords there,
# and a pod can be given secrets of its own namespace only.
OWN: Final = "huishang"
CA: Final = f"{CLUSTER}-cluster-ca-cert"
_SHOWN_AT: Final = "/etc/huishang/kafka"
COPIES: Final = 3
# Acknowledged by two of three: a broker may be lost, and its successor has every record.
IN_STEP: Final = 2

_PART_OF: Final = {"app.kubernetes.io/part-of": "huishang"}
_HEAD: Final = "# Written by `make manifests` from {source}; a change here is lost.\n"


def topic(told: Topic, partitions: int) -> Manifest:
    """A KafkaTopic. partitions: of topics that have one for each partition of tally."""
    config: dict[str, str | int] = {
        key: int(value) if value.isdigit() else value for key, value in told.config.items()
    }
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": _of_cluster(told.name, NAMESPACE),
        "spec": {
            "partitions": told.partitions or partitions,
            "replicas": COPIES,
            "config": {**config, "min.insync.replicas": IN_STEP},
        },
    }


def user(stage: str) -> Manifest:
    """A KafkaUser who may do what the stage does, and nothing else."""
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": _of_cluster(f"huishang-{stage}", OWN),
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": [_acl(rule) for rule in rules(stage)]},
        },
    }


def login(stage: str) -> Manifest:
    """A patch of a stage's Deployment: it shows Kafka the password of its user, over TLS."""
    name = f"huishang-{stage}"
    said = {
        "SECURITY": "sasl_ssl",
        "USER": name,
        "PASSWORD_FILE": f"{_SHOWN_AT}/password",
        "CA": f"{_SHOWN_AT}/ca.crt",
    }
    container = {
        "name": stage,
        "env": [{"name": f"{PREFIX}KAFKA_{key}", "value": value} for key, value in said.items()],
        "volumeMounts": [{"name": "kafka", "mountPath": _SHOWN_AT, "readOnly": True}],
    }
    sources = [_one_key(name, "password"), _one_key(CA, "ca.crt")]
    volume = {"name": "kafka", "projected": {"defaultMode": 0o440, "sources": sources}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": stage},
        "spec": {"template": {"spec": {"containers": [container], "volumes": [volume]}}},
    }


def scaler_login(stage: str) -> Manifest:
    """A TriggerAuthentication by which KEDA asks for the lag of a stage as the stage would."""
    name = f"huishang-{stage}"
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": {"name": stage, "namespace": OWN, "labels": _PART_OF},
        "spec": {
            "env": [{"parameter": "username", "name": f"{PREFIX}KAFKA_USER"}],
            "secretTargetRef": [
                {"parameter": "password", "name": name, "key": "password"},
                {"parameter": "ca", "name": CA, "key": "ca.crt"},
            ],
        },
    }


def alerts(text: str) -> Manifest:
    """A PrometheusRule with the groups of alerts.yaml, whose text this is."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "huishang"},
        "spec": {"groups": yaml.safe_load(text)["groups"]},
    }


def files() -> Mapping[str, str]:
    """The text of each written file, by its path under deploy/k8s."""
    partitions = int(Settings.model_fields["partitions"].default)
    return {
        "base/alerts.yaml": _text(
            "deploy/prometheus/alerts.yaml", [alerts(ALERTS.read_text(encoding="utf-8"))]
        ),
        "components/strimzi/topics.yaml": _text(
            "streams/topics.py", (topic(told, partitions) for told in TOPICS)
        ),
        "components/strimzi/users.yaml": _text("streams/grants.py", map(user, GRANTS)),
        "components/strimzi/logins.yaml": _text("streams/grants.py", map(login, GRANTS)),
        "components/scaling/logins.yaml": _text("streams/grants.py", map(scaler_login, GRANTS)),
    }


def _acl(rule: Rule) -> dict[str, Any]:
    return {
        "resource": {
            "type": rule.kind,
            "name": rule.name,
            "patternType": "prefix" if rule.prefixed else "literal",
        },
        "operations": list(rule.operations),
    }


def _one_key(secret: str, key: str) -> dict[str, Any]:
    return {"secret": {"name": secret, "items": [{"key": key, "path": key}]}}


def _of_cluster(name: str, namespace: str) -> dict[str, Any]:
    labels = {"strimzi.io/cluster": CLUSTER, **_PART_OF}
    return {"name": name, "namespace": namespace, "labels": labels}


def _text(source: str, manifests: Iterable[Manifest]) -> str:
    written = yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True, width=120)
    return _HEAD.format(source=source) + str(written)
