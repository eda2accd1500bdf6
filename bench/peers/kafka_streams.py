"""Kafka Streams: the light job in Java, identities and counts in RocksDB with changelog topics.

python -m bench.peers.kafka_streams BOOTSTRAP TOPIC EVENTS FOLDER
    [--guarantee exactly_once_v2 | at_least_once] [--warm-up 800000]

Has Maven fetch the jars and javac compile java/LightJob.java, once, then becomes the JVM.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from agents.lexicon import load
from bench.peers.meter import asked, group_of
from tests.kafka import jars

JAVA = Path(__file__).with_name("java")
SOURCE = JAVA / "LightJob.java"


def digest(file: Path) -> str:
    """Names a version of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def compiled(libraries: Path) -> Path:
    """The folder with the compiled job, compiled if its source has changed.

    Raises jars.KafkaMissing without a Java compiler.
    """
    folder = libraries / f"job-{digest(SOURCE)}"
    if folder.is_dir():
        return folder
    compiler = shutil.which("javac")
    if not compiler:
        raise jars.KafkaMissing("no javac found; install a JDK (openjdk-17-jdk-headless)")
    with tempfile.TemporaryDirectory(dir=libraries) as part:
        command = [compiler, "-Xlint:all", "-Werror", "-cp", f"{libraries}/*"]
        subprocess.run([*command, "-d", f"{part}/job", str(SOURCE)], check=True)
        Path(part, "job").rename(folder)
    return folder


def write_terms(into: Path) -> None:
    """`term TAB leaf` for each term of the lexicon that counts for its leaf."""
    lines = [f"{term.text}\t{term.leaf}\n" for term in load().terms if term.weight]
    into.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    parser = asked(__doc__)
    guarantees = ("exactly_once_v2", "at_least_once")
    parser.add_argument("--guarantee", choices=guarantees, default=guarantees[0])
    parser.add_argument("--warm-up", type=int, default=800_000, help="events before the measured")
    given = parser.parse_args()
    java = jars.java()
    pom = JAVA / "pom.xml"
    libraries = jars.copied(pom, f"kafka-streams-{digest(pom)}", "kafka-streams-*.jar")
    terms = given.folder / "terms.tsv"
    write_terms(terms)
    command = [java, "-Xms512m", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    command += ["-cp", f"{compiled(libraries)}:{libraries}/*", "LightJob"]
    command += [given.bootstrap, given.topic, str(given.events), str(given.folder / "state")]
    command += [group_of(given.topic, given.folder), str(terms)]
    command += [given.guarantee, str(given.warm_up)]
    os.execv(java, command)


if __name__ == "__main__":
    main()
