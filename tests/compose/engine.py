"""A Docker engine: the one that answers here, or one of our own for as long as it is needed."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from tests.debian import installed
from tests.kubernetes.tools import ToolMissing
from tests.processes import run_command
from tests.waiting import eventually_sync

# No bridge, rule or switch of the host's is touched: containers have networks of their own, and
# what they publish on 127.0.0.1 goes through docker-proxy.
_APART: Final = (
    *("--bridge", "none", "--iptables=false", "--ip6tables=false"),
    *("--ip-masq=false", "--ip-forward=false"),
)
_ENDS_WITHIN_S: Final = 90
_MOUNTS: Final = Path("/proc/mounts")


@contextmanager
def engine(folder: Path) -> Iterator[tuple[Mapping[str, str], str]]:
    """Environment by which commands reach an engine, and which it is.

    folder: for one of our own, which is then ended by its process id; whatever it held goes
    with it. Raises ToolMissing where there is none and root is not allowed to start one;
    AssertionError if something stays behind.
    """
    docker = installed("docker", "docker.io")
    there = _version(docker, {})
    if there:
        yield {}, f"Docker {there}, which runs here"
        return
    dockerd = installed("dockerd", "docker.io")
    if os.geteuid():
        raise ToolMissing("no Docker engine answers here, and it takes root to start one")
    before = set(psutil.net_if_addrs())
    environment = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
    own = ("--host", environment["DOCKER_HOST"], "--pidfile", f"{folder}/docker.pid")
    roots = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec")
    with run_command(*(dockerd, *own, *roots, *_APART), folder=folder, name="dockerd") as child:

        def answers() -> str:
            if not child.running:
                raise ToolMissing(f"dockerd does not run here\n{child.tail()}")
            return _version(docker, environment)

        try:
            version = eventually_sync(answers, within_s=60, what="dockerd")
            yield environment, f"Docker {version}, started for this run"
        finally:
            # Killed, as it would be after an error, it would leave mounts behind.
            child.stop(_ENDS_WITHIN_S)
    left = [line for line in _MOUNTS.read_text().splitlines() if str(folder) in line]
    assert not left, f"dockerd left mounts: {left}"
    interfaces = set(psutil.net_if_addrs()) - before
    assert not interfaces, f"dockerd left network interfaces: {interfaces}"


def _version(docker: str, environment: Mapping[str, str]) -> str:
    """Of the engine that answers; empty when none does."""
    done = subprocess.run(
        [docker, "version", "--format", "{{.Server.Version}}"],
        check=False,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
