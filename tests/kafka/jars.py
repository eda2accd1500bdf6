"""Apache Kafka's jars, and others: fetched once with Maven into a cache folder."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

_POM = Path(__file__).with_name("pom.xml")
_REPOSITORY = Path(__file__).parents[2]
_JAVA_AT_LEAST = 17
_FETCH_WITHIN_S = 900
CACHE_VARIABLE = "HUISHANG_TEST_CACHE"


class KafkaMissing(Exception):
    """Apache Kafka cannot run here; the message says what is missing and how to get it."""


class NotAsPinned(Exception):
    """What was fetched is not what its hash in this repository says."""


def version() -> str:
    """The version of Apache Kafka that pom.xml names."""
    found = ET.parse(_POM).findtext(".//{*}kafka.version")
    assert found, f"{_POM} names no kafka.version"
    return found


def java() -> str:
    """Path of a Java that can run Kafka. Raises KafkaMissing."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if not found:
        raise KafkaMissing(
            f"no java found; install Java {_JAVA_AT_LEAST} or newer (openjdk-17-jre-headless)"
        )
    answer = subprocess.run(
        [found, "-version"], check=False, capture_output=True, text=True, timeout=60
    )
    said = re.search(r'version "(\d+)', answer.stderr)
    if not said or int(said[1]) < _JAVA_AT_LEAST:
        raise KafkaMissing(
            f"{found} is {answer.stderr.splitlines()[0] if answer.stderr else 'silent'}; "
            f"Apache Kafka {version()} needs Java {_JAVA_AT_LEAST} or newer"
        )
    return found


def fetched() -> Path:
    """The folder with Apache Kafka's jars; see copied."""
    return copied(_POM, f"kafka-{version()}", "kafka_2.13-*.jar")


def copied(pom: Path, name: str, must_hold: str) -> Path:
    """The folder of the cache with the jars that a pom.xml names, fetched if this is the first time.

    name: of the folder, another one for another version. must_hold: pattern of a
    jar without which nothing was fetched.
    A run beside this one waits for the first to finish; a run that was stopped
    half-way leaves no folder. Raises KafkaMissing without Maven or network, and
    NotAsPinned when a jar is not as jars.sha256 beside the pom.xml has it.
    """
    # Resolved: the folder may be a link to one that is not there any more.
    cache = Path(os.environ.get(CACHE_VARIABLE) or _REPOSITORY / ".cache").resolve()
    folder = cache / name
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if not maven:
        raise KafkaMissing(
            f"no mvn found and no jars in {folder}; install Maven, or copy the jars there"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix="kafka-", dir=cache) as part:
                _copy_jars(maven, pom, must_hold, Path(part) / "jars")
                check(Path(part) / "jars", pom)
                (Path(part) / "jars").rename(folder)
    return folder


def sums(folder: Path) -> str:
    """SHA-256 and name of each jar of a folder, as sha256sum writes them."""
    jars = sorted(folder.glob("*.jar"))
    return "".join(f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}\n" for jar in jars)


def check(folder: Path, pom: Path) -> None:
    """Raises NotAsPinned when a jar is other, missing or more than jars.sha256 says."""
    pinned = pom.with_name("jars.sha256")
    listed = pinned.read_text(encoding="utf-8") if pinned.exists() else ""
    other = set(sums(folder).splitlines()) ^ set(listed.splitlines())
    if other:
        names = sorted({line.split()[-1] for line in other})
        raise NotAsPinned(
            f"not as {pinned} has it: {', '.join(names)}; if {pom.name} was changed on purpose, "
            f"run `python -m tests.kafka.jars {pom}`"
        )


def _copy_jars(maven: str, pom: Path, must_hold: str, into: Path) -> None:
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom)]
    command += ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    command += [f"-DoutputDirectory={into}"]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=_FETCH_WITHIN_S,
            cwd=into.parent,
        )
    except subprocess.TimeoutExpired:
        raise KafkaMissing(f"Maven did not finish within {_FETCH_WITHIN_S} s") from None
    if done.returncode or not list(into.glob(must_hold)):
        raise KafkaMissing(
            f"Maven could not fetch what {pom} names: {(done.stdout + done.stderr)[-2000:]}"
        )


def main() -> None:
    """Write jars.sha256 beside each pom.xml that is named, from what Maven fetches now."""
    maven = shutil.which("mvn") or "mvn"
    for pom in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as part:
            _copy_jars(maven, pom.resolve(), "*.jar", Path(part) / "jars")
            pom.with_name("jars.sha256").write_text(sums(Path(part) / "jars"), encoding="utf-8")


if __name__ == "__main__":
    main()
