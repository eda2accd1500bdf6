"""`python -m tests.compose`: docker-compose.yml run for real, restarted piece by piece, and taken down."""

import argparse
import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from streams.errors import HuishangError
from tests.compose import hardened, watched
from tests.compose.day import Day
from tests.compose.engine import engine
from tests.compose.images import BASE, base_archive, lay_out
from tests.compose.plugin import compose
from tests.compose.project import Project
from tests.conftest import pytest_configure as leave_settings_outside
from tests.kafka.jars import CACHE_VARIABLE, KafkaMissing
from tests.kubernetes.tools import ToolMissing
from tests.waiting import eventually_sync, listening

IMAGE: Final = "huishang-test:compose"
IMAGE_LIMIT_BYTES: Final = 400_000_000
PORTS: Final = (3000, 8123, 8300, 9090, 9092, 9093)
STAGES: Final = ("intake", "tally", "sink")
SERVICES: Final = ("kafka", "clickhouse", *STAGES, "prometheus", "alertmanager")
_MISSED: Final = ("HuishangStageDown", "intake:8301")
_TOLD_WITHIN_S: Final = 300  # the alert waits two minutes, Alertmanager half a minute more
_PASSWORDS: Final = ("CLICKHOUSE_PASSWORD", "CLICKHOUSE_READER_PASSWORD", "GRAFANA_PASSWORD")
# What a caller may have set for pip, by its name in pip's own file.
_PIP: Final = {
    "index-url": "PIP_INDEX_URL",
    "extra-index-url": "PIP_EXTRA_INDEX_URL",
    "trusted-host": "PIP_TRUSTED_HOST",
    "proxy": "PIP_PROXY",
}
_CA: Final = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def main() -> int:
    """Exit status: 0 all as it must be, 1 not, 2 it cannot be tried here, 130 told to end."""
    given = _arguments()
    leave_settings_outside()
    # Whoever ends the run must find nothing left of it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # Kafka is restarted under it
    run = Run(given.events, given.seed)
    # Not in /tmp: it may be small, or in memory.
    cache = Path(os.environ.get(CACHE_VARIABLE) or Path(__file__).parents[2] / ".cache").resolve()
    cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="compose-test-", dir=cache))
    try:
        run.all(folder)
    except (ToolMissing, KafkaMissing) as missing:
        print(missing, file=sys.stderr)
        return 2
    except (AssertionError, HuishangError, subprocess.TimeoutExpired) as error:
        run.wrong(str(error))
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder)
    print("As it must be." if not run.wrongs else f"{len(run.wrongs)} things are wrong.")
    if given.json:
        print(json.dumps(run.summary(), ensure_ascii=False))
    return 1 if run.wrongs else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("--events", type=int, default=600, help="of the day (default 600)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another day")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser.parse_args()


class Run:
    """One run: what was done, how long it took, and what is wrong."""

    def __init__(self, events: int, seed: int) -> None:
        self.wrongs: list[str] = []
        self._events = events
        self._seed = seed
        self._passwords = {name: secrets.token_hex(16) for name in _PASSWORDS}
        self._facts: dict[str, Any] = {}
        self._took_s: dict[str, float] = {}
        self._since_s = time.monotonic()

    def summary(self) -> dict[str, Any]:
        """What --json prints."""
        return {
            "good": not self.wrongs,
            **self._facts,
            "took_s": self._took_s,
            "wrong": self.wrongs,
        }

    def wrong(self, what: str) -> None:
        self.wrongs.append(what)
        print(f"WRONG   {what}", flush=True)

    def _done(self, step: str, sentence: str, **facts: Any) -> None:
        now_s = time.monotonic()
        self._took_s[step] = round(now_s - self._since_s, 1)
        self._facts |= facts
        print(f"{self._took_s[step]:6.1f} s  {sentence}", flush=True)
        self._since_s = now_s

    def all(self, folder: Path) -> None:
        """Everything, in order; what was made is gone when it returns or raises."""
        _ports_free()
        own = folder / "engine"
        own.mkdir()
        with engine(own) as (environment, which):
            self._done("engine", f"{which}.", engine=which)
            project = Project(compose(), environment, self._passwords | _variables(folder))
            self._done("plugin", f"docker compose {project('version', '--short').strip()}.")
            try:
                self._build(project, folder)
                self._run(project, folder)
            except AssertionError:
                print(project("logs", "--no-color", "--tail", "20"), file=sys.stderr)
                raise
            finally:
                left = project.remove([BASE])
                if left:
                    self.wrong(f"docker {' and '.join(left)} still show something of this run")
                self._done("down", "Taken down, volumes and images too.")

    def _build(self, project: Project, folder: Path) -> None:
        project.config_of_users()
        self._done("config", "docker compose accepts the file as users get it.")
        project.docker("import", str(base_archive()), BASE)
        lay_out(folder / "contexts")
        self._done("base", "Base and build contexts made, without a registry.")
        project("build", "intake")
        size = project.size_bytes(IMAGE)
        base = project.size_bytes(BASE)
        self._done(
            "image",
            f"deploy/Dockerfile built: {size / 1e6:.0f} MB, {(size - base) / 1e6:.0f} MB of them ours.",
            image_bytes=size,
            base_bytes=base,
        )
        if size > IMAGE_LIMIT_BYTES:
            self.wrong(f"the image has {size} bytes, expected {IMAGE_LIMIT_BYTES} at most")
        project("build", *(name for name in SERVICES if name not in STAGES))
        self._done("images", "Stand-ins for Kafka, ClickHouse, Prometheus, Alertmanager built.")

    def _run(self, project: Project, folder: Path) -> None:
        password = self._passwords["CLICKHOUSE_PASSWORD"]
        parts = len(SERVICES) + 1
        day = Day(folder / "clock", password, self._events, self._seed, parts)
        _ports_free()
        project.up()
        self._done("up", "docker compose up --wait: all healthy.")
        self._look_inside(project)
        day.publish_part()
        day.all_answered()
        self._done("first", f"{day.published} events published, and answered for exactly.")
        for service in SERVICES:
            self._restart(project, service, day)
        different = day.differences()
        for line in different:
            self.wrong(line)
        if not different:
            sentence = f"{day.published} events: every number in the store equals the truth."
            self._done("compared", sentence, events=day.published)
        self._watched()
        self._doctors(project)

    def _look_inside(self, project: Project) -> None:
        inspected = project.inspected()
        for service in SERVICES:
            said = project.inside(service, hardened.ASKED)
            for what in hardened.wrongs(service, said, inspected[service]):
                self.wrong(what)
        self._done("inside", f"Looked inside {len(SERVICES)} containers: user, root, capabilities.")

    def _restart(self, project: Project, service: str, day: Day) -> None:
        """Stop, publish a part unless it is Kafka itself, start, publish no more, count."""
        project("stop", service)
        if service == "intake":
            self._missed()
        if service != "kafka":
            day.publish_part()
        project.up(service)
        if service == "kafka":
            day.publish_part()
        day.all_answered()
        self._done(f"restart {service}", f"{service} restarted: {day.published} events, exact.")

    def _missed(self) -> None:
        """A stage that is away: Prometheus notices, and Alertmanager gets to know."""

        def told() -> bool:
            return _MISSED in watched.alerts_told()

        eventually_sync(told, within_s=_TOLD_WITHIN_S, every_s=2, what=f"{_MISSED} at Alertmanager")
        self._done("alert", "intake away for two minutes: the alert reached Alertmanager.")

    def _watched(self) -> None:
        def up() -> bool:
            return watched.stages_up() >= set(STAGES)

        eventually_sync(up, within_s=60, every_s=1, what="three stages up in Prometheus")
        loaded, written = watched.rules_loaded()
        if loaded != written or not written:
            self.wrong(f"Prometheus goes by {sorted(loaded)}, alerts.yaml has {sorted(written)}")
        if watched.alertmanagers() != ["http://alertmanager:9093/api/v2/alerts"]:
            self.wrong(f"Prometheus tells {watched.alertmanagers()}")
        self._done(
            "watched", f"Prometheus: {len(loaded)} alerts, three stages up.", alerts=len(loaded)
        )

    def _doctors(self, project: Project) -> None:
        """As deploy/README.md says: beside the stages, and inside each. Raises Failed."""
        project("run", "--rm", "--no-deps", "--no-TTY", "sink", "doctor")
        for stage in STAGES:
            project("exec", "--no-TTY", stage, "huishang", "doctor", "--stage", stage)
        self._done("doctor", "huishang doctor has no problem to tell of.")


def _ports_free() -> None:
    taken = [port for port in PORTS if listening(port)]
    assert not taken, f"ports {taken} of 127.0.0.1 are taken; docker-compose.yml wants them"


def _variables(folder: Path) -> dict[str, str]:
    """What .env would say, and what override.yaml asks for beside it."""
    pip = folder / "pip.conf"
    said = [f"{name} = {os.environ[key]}" for name, key in _PIP.items() if os.environ.get(key)]
    ca = next((path for path in map(os.environ.get, _CA) if path and Path(path).is_file()), "")
    if ca:
        said.append("cert = /run/secrets/ca.pem")
    pip.write_text("\n".join(["[global]", *said, ""]), encoding="utf-8")
    clock = folder / "clock"
    clock.mkdir(mode=0o755)
    clock.chmod(0o755)
    return {
        "BASE_IMAGE": BASE,
        "CONTEXTS": str(folder / "contexts"),
        "CLOCK": str(clock),
        "PIP_CONF": str(pip),
        "CA_FILE": ca or os.devnull,
        "HUISHANG_PARTITIONS": "4",
        "HUISHANG_COUNTIES": "6207",
    }


if __name__ == "__main__":
    sys.exit(main())
