"""The manifests that say what the code says: topics, users and their ACLs, Prometheus' alerts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from streams.grants import GRANTS, Rule, rules
from streams.settings import Settings
from streams.topics import TOPICS, Topic

Manifest = dict[str, Any]

ROOT: Final = Path(__file__).parent
ALERTS: Final = ROOT.parent / "prometheus" / "alerts.yaml"

# Where Strimzi looks for them: the namespace, and the name, of the Kafka cluster.
NAMESPACE: Final = "kafka"
CLUSTER: Final = "huishang"
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
        "metadata": _in_kafka(told.name),
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
        "metadata": _in_kafka(f"huishang-{stage}"),
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": [_acl(rule) for rule in rules(stage)]},
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


def _in_kafka(name: str) -> dict[str, Any]:
    labels = {"strimzi.io/cluster": CLUSTER, **_PART_OF}
    return {"name": name, "namespace": NAMESPACE, "labels": labels}


def _text(source: str, manifests: Iterable[Manifest]) -> str:
    written = yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True, width=120)
    return _HEAD.format(source=source) + str(written)
