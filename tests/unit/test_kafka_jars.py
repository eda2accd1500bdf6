"""Apache Kafka's jars are fetched once, whole, as pinned, and what is missing is said."""

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kafka import jars

Script = Callable[[str, str], None]
POM = Path(jars.__file__).with_name("pom.xml")
PINNED = hashlib.sha256(b"jar\n").hexdigest()


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Puts a shell script under a name on PATH, before everything else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv(jars.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(jars, "_POM", Path(shutil.copy(POM, tmp_path)))
    (tmp_path / "jars.sha256").write_text(f"{PINNED}  kafka_2.13-4.jar\n", encoding="utf-8")

    def put(name: str, body: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    return put


_COPY = """
for arg in "$@"; do case $arg in -DoutputDirectory=*) out=${arg#*=};; esac; done
mkdir -p "$out"; echo jar > "$out/kafka_2.13-4.jar"; echo once >> "$(dirname "$0")/calls"
"""


def test_two_runs_at_once_fetch_once(script: Script, tmp_path: Path) -> None:
    script("mvn", _COPY)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: jars.fetched(), range(2)))
    assert folders == [tmp_path / "cache" / f"kafka-{jars.version()}"] * 2
    assert (tmp_path / "bin" / "calls").read_text() == "once\n"
    assert [path.name for path in folders[0].iterdir()] == ["kafka_2.13-4.jar"]
    assert jars.fetched() == folders[0]
    assert (tmp_path / "bin" / "calls").read_text() == "once\n"


def test_a_fetch_that_fails_half_way_leaves_no_folder(script: Script, tmp_path: Path) -> None:
    script("mvn", f"{_COPY}\necho no route to host; exit 1")
    with pytest.raises(jars.KafkaMissing, match="no route to host"):
        jars.fetched()
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (_COPY.replace("echo jar", "echo other"), "kafka_2.13-4.jar"),
        (f'{_COPY}\necho more > "$out/more.jar"', "more.jar"),
    ],
)
def test_a_jar_that_is_not_as_pinned_is_not_kept(
    script: Script, tmp_path: Path, body: str, named: str
) -> None:
    script("mvn", body)
    with pytest.raises(jars.NotAsPinned, match=rf"jars\.sha256 has it: {named}; .*on purpose"):
        jars.fetched()
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ('openjdk version "17.0.15" 2025-04-15', True),
        ('openjdk version "25" 2025-09-16', True),
        ('openjdk version "11.0.2" 2019-01-15', False),
        ('java version "1.8.0_392"', False),
    ],
)
def test_java_must_be_17_or_newer(script: Script, tmp_path: Path, said: str, fits: bool) -> None:
    script("java", f"echo '{said}' >&2")
    if fits:
        assert jars.java() == str(tmp_path / "bin" / "java")
    else:
        with pytest.raises(jars.KafkaMissing, match="needs Java 17 or newer"):
            jars.java()


def test_a_missing_java_or_maven_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv(jars.CACHE_VARIABLE, str(tmp_path))
    with pytest.raises(jars.KafkaMissing, match="no java found"):
        jars.java()
    with pytest.raises(jars.KafkaMissing, match="no mvn found"):
        jars.fetched()
