"""Schemas of the operators' resources, out of their published packages.

KEDA and the Prometheus operator have their CRDs in their Go modules; Strimzi has
classes on Maven Central, of which its own generator writes the CRDs. Of Altinity's
operator nothing is published on a registry. Rules in CEL are not evaluated.
"""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.kafka import jars
from tests.kubernetes.tools import ToolMissing, cached, module_files

Schema = dict[str, Any]

_MODULES: Final = (
    (
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        (
            "config/crd/bases/keda.sh_scaledobjects.yaml",
            "config/crd/bases/keda.sh_triggerauthentications.yaml",
        ),
    ),
    (
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        (
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        ),
    ),
)
_STRIMZI: Final = {
    "KafkaTopic": "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "KafkaUser": "io.strimzi.api.kafka.model.user.KafkaUser",
}
_POM: Final = Path(__file__).with_name("pom.xml")
_JARS: Final = "strimzi-0.50.0-0.45.0"
_GENERATES_WITHIN_S: Final = 120


@cache
def schemas() -> dict[tuple[str, str], Schema]:
    """JSON Schema by (apiVersion, kind), which refuses what the CRD does not know.

    Raises ToolMissing where a package cannot be had.
    """
    texts = [
        text
        for module, version, h1, names in _MODULES
        for text in module_files(module, version, h1, *names).values()
    ]
    texts += _of_strimzi()
    found = {}
    for text in texts:
        spec = yaml.load(text, yaml.CSafeLoader)["spec"]
        for version in spec["versions"]:
            key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            found[key] = closed(version["schema"]["openAPIV3Schema"])
    return found


def closed(schema: Schema) -> Schema:
    """The schema, refusing fields that it does not name, as the API server does of `kubectl apply`.

    >>> closed({"type": "object", "properties": {"a": {}}})["additionalProperties"]
    False
    >>> "additionalProperties" in closed({"type": "object"})
    False
    """
    given = dict(schema)
    if "properties" in given:
        given["properties"] = {name: closed(one) for name, one in given["properties"].items()}
        if not given.get("x-kubernetes-preserve-unknown-fields"):
            given.setdefault("additionalProperties", False)
    for inner in ("items", "additionalProperties"):
        if isinstance(given.get(inner), dict):
            given[inner] = closed(given[inner])
    return given


def _of_strimzi() -> list[str]:
    try:
        java = jars.java()
        folder = jars.copied(_POM, _JARS, "crd-generator-*.jar")
    except jars.KafkaMissing as missing:
        raise ToolMissing(str(missing)) from None

    def generate(into: Path) -> None:
        wanted = [f"{name}={into / kind}.yaml" for kind, name in _STRIMZI.items()]
        command = [java, "-cp", f"{folder}/*", "io.strimzi.crdgenerator.CrdGenerator", "--yaml"]
        command += ["--api-versions", "v1beta2,v1", "--target-kube", "1.25+", *wanted]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_GENERATES_WITHIN_S
        )
        if done.returncode or len(list(into.glob("*.yaml"))) != len(_STRIMZI):
            raise ToolMissing(f"Strimzi's CRDs cannot be written: {done.stderr[-2000:]}")

    made = cached(f"{_JARS}-crds", generate)
    return [path.read_text(encoding="utf-8") for path in sorted(made.glob("*.yaml"))]
