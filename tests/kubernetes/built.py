"""What kustomize makes of the base and of each overlay, and what is asked of it."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.kubernetes.tools import kustomize

Document = dict[str, Any]

K8S: Final = Path(__file__).parents[2] / "deploy" / "k8s"
OVERLAYS: Final = ("dev", "city", "province")
PLACES: Final = {"base": K8S / "base", **{name: K8S / "overlays" / name for name in OVERLAYS}}


@cache
def built(place: str) -> list[Document]:
    """Every object of `base` or of an overlay. Raises ToolMissing, or AssertionError."""
    return built_at(PLACES[place])


def built_at(folder: Path) -> list[Document]:
    """The same of any folder with a kustomization.yaml."""
    done = subprocess.run(
        [kustomize(), "build", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # warnings of what is deprecated
    return list(yaml.load_all(done.stdout, yaml.CSafeLoader))


def of_kind(place: str, *kinds: str) -> dict[str, Document]:
    """Objects of these kinds, by name."""
    return {one["metadata"]["name"]: one for one in built(place) if one["kind"] in kinds}


def title(document: Document) -> str:
    """For messages."""
    return f"{document['kind']} {document['metadata']['name']}"


def pods(place: str) -> dict[str, Document]:
    """The pod templates, by the name of what has them; those of the Altinity operator too."""
    found = {
        name: one["spec"]["template"] for name, one in of_kind(place, "Deployment", "Job").items()
    }
    for one in of_kind(place, "ClickHouseInstallation").values():
        for template in one["spec"]["templates"]["podTemplates"]:
            found[f"clickhouse-{template['name']}"] = template
    return found


def containers(pod: Document) -> list[Document]:
    """Those that run at once, and those that run before."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def secrets(pod: Document, container: Document) -> dict[str, tuple[str, str | None]]:
    """What of secrets a container sees: path → secret and key; a folder of all keys has none."""
    found: dict[str, tuple[str, str | None]] = {}
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    for mount in container["volumeMounts"]:
        volume = volumes.get(mount["name"], {})
        if "secret" in volume:
            found[mount["mountPath"]] = (volume["secret"]["secretName"], None)
        for source in volume.get("projected", {}).get("sources", ()):
            for item in source["secret"]["items"]:
                path = f"{mount['mountPath']}/{item['path']}"
                found[path] = (source["secret"]["name"], item["key"])
    return found


def settings(place: str) -> dict[str, str]:
    """What the generated ConfigMap says."""
    [config] = of_kind(place, "ConfigMap").values()
    said: dict[str, str] = config["data"]
    return said


def walked(value: Any) -> Iterator[Document]:
    """Every mapping inside, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walked(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walked(inner)
