"""Images without a registry: a base by debootstrap, and what the others are built from."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.debian import installed, unpacked
from tests.kafka import jars
from tests.kubernetes.tools import ToolMissing, cached

BASE: Final = "huishang-test-base:compose"
_SUITE: Final = "bookworm"
_ROOT: Final = Path(__file__).parents[2]
_HERE: Final = Path(__file__).parent / "images"
_POM: Final = Path(__file__).with_name("pom.xml")
_WITHIN_S: Final = 900
_TOOLS: Final = "kafka-tools-4.3.1"
_QUIET: Final = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
# As in Kafka's bin/: name → where its jars are, its class.
_SCRIPTS: Final[Mapping[str, tuple[str, str]]] = {
    "kafka-storage.sh": ("libs", "kafka.tools.StorageTool"),
    "kafka-server-start.sh": ("libs", "kafka.Kafka"),
    "kafka-broker-api-versions.sh": ("tools", "org.apache.kafka.tools.BrokerApiVersionsCommand"),
}


def base_archive() -> Path:
    """A tar of a small Debian with Python, made once. Raises ToolMissing."""
    return cached(f"debian-{_SUITE}-python", _debootstrap) / "root.tar"


def _debootstrap(into: Path) -> None:
    debootstrap = installed("debootstrap", "debootstrap")
    root = into / "root"
    include = "--include=python3,python3-venv,ca-certificates"
    _run(debootstrap, "--variant=minbase", include, _SUITE, str(root))
    for leftover in ("var/cache/apt", "var/lib/apt/lists", "var/log"):
        shutil.rmtree(root / leftover)
        (root / leftover).mkdir()
    _run("tar", "--directory", str(root), "--create", "--file", str(into / "root.tar"), ".")
    shutil.rmtree(root)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_WITHIN_S)
    if done.returncode:
        raise ToolMissing(f"{command[0]} does not work here: {(done.stdout + done.stderr)[-2000:]}")


def lay_out(folder: Path) -> None:
    """The folders that override.yaml builds images from. Raises ToolMissing or KafkaMissing."""
    contexts: dict[str, Callable[[Path], None]] = {
        "kafka": _kafka,
        "store": _store,
        "prometheus": _from_debian("prometheus"),
        "alertmanager": _from_debian("prometheus-alertmanager"),
    }
    for name, fill in contexts.items():
        (folder / name).mkdir(parents=True)
        shutil.copy(_HERE / f"{name}.Dockerfile", folder / name / "Dockerfile")
        fill(folder / name)


def _kafka(folder: Path) -> None:
    java = unpacked("openjdk-17-jre-headless")
    shutil.copytree(java, folder / "java", symlinks=True)
    [home] = (folder / "java/usr/lib/jvm").glob("java-17-openjdk-*")
    (home.parent / "current").symlink_to(home.name)
    shutil.copytree(jars.fetched(), folder / "kafka/libs")
    shutil.copytree(jars.copied(_POM, _TOOLS, f"{_TOOLS}.jar"), folder / "kafka/tools")
    scripts = folder / "kafka/bin"
    scripts.mkdir()
    for name, (libraries, main) in _SCRIPTS.items():
        text = f'exec java ${{KAFKA_HEAP_OPTS:--Xmx256m}} -cp "/opt/kafka/{libraries}/*" {_QUIET} {main} "$@"'
        (scripts / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        (scripts / name).chmod(0o755)


def _store(folder: Path) -> None:
    shutil.copy(_HERE / "server.py", folder)
    locked = (_ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    # The engine alone: pandas and pyarrow, which it may use, are larger than all the rest.
    wanted = re.findall(r"^chdb(?:-core)?==(?:.*\\\n)*.*\n", locked, re.MULTILINE)
    (folder / "embedded.txt").write_text("".join(wanted), encoding="utf-8")


def _from_debian(package: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        shutil.copytree(unpacked(package) / "usr", folder / "usr", symlinks=True)
        shutil.copy(unpacked("busybox-static") / "bin/busybox", folder / "wget")

    return fill
