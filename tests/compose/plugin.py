"""`docker compose`: the plugin that is there, or built once from its Go module."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.kubernetes.tools import ToolMissing, cached

_VERSION: Final = "v2.40.3"
_PACKAGE: Final = "github.com/docker/compose/v2/cmd"
_MODULE: Final = Path(__file__).parent / "plugin"
_BUILT_WITHIN_S: Final = 1_800


def compose() -> list[str]:
    """How it is called. Raises ToolMissing where it is not, and Go cannot build it."""
    docker = shutil.which("docker")
    if docker and _quiet(docker, "compose", "version"):
        return [docker, "compose"]
    return [str(cached(f"docker-compose-{_VERSION}", _build) / "docker-compose")]


def _quiet(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0


def _build(into: Path) -> None:
    go = shutil.which("go")
    if not go:
        raise ToolMissing(
            "no docker compose and no go to build it with: install the plugin, or Go 1.24 or newer"
        )
    named = f"-X github.com/docker/compose/v2/internal.Version={_VERSION}"
    command = [go, "build", "-trimpath", "-ldflags", f"-s -w {named}", "-mod=readonly"]
    done = subprocess.run(
        [*command, "-o", str(into / "docker-compose"), _PACKAGE],
        check=False,
        cwd=_MODULE,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=_BUILT_WITHIN_S,
    )
    if done.returncode:
        raise ToolMissing(f"go cannot build docker compose: {done.stderr[-2000:]}")
