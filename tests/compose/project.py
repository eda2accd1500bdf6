"""The project of docker-compose.yml and override.yaml: brought up, asked, taken down."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]
_NAME: Final = "huishang-test"
_WITHIN_S: Final = 1_200
_TAIL: Final = 4_000


class Failed(AssertionError):
    """A command did not end well; the message says which, and the end of what it wrote."""


class Project:
    """compose: how docker compose is called. environment: what reaches the engine.
    variables: what .env would say.
    """

    def __init__(
        self, compose: list[str], environment: Mapping[str, str], variables: Mapping[str, str]
    ) -> None:
        self._compose = compose
        self._plain = {**os.environ, **environment}
        self._filled = {**self._plain, **variables}

    def config_of_users(self) -> str:
        """The file as users get it, as docker compose understands it, with the passwords set."""
        files = ["--file", "docker-compose.yml", "--env-file", ".env.example"]
        return self._run([*self._compose, *files, "config"], self._filled)

    def __call__(self, *command: str) -> str:
        """One command of docker compose, and what it wrote to stdout. Raises Failed."""
        files = ["--file", "docker-compose.yml", "--file", "tests/compose/override.yaml"]
        # An .env of the folder's own has no say.
        name = ["--project-name", _NAME, "--env-file", os.devnull]
        return self._run([*self._compose, *name, *files, *command], self._filled)

    def docker(self, *command: str) -> str:
        """One command of docker, and what it wrote to stdout. Raises Failed."""
        return self._run(["docker", *command], self._plain)

    def up(self, *services: str) -> None:
        """Start, and wait until all (or these alone) are healthy, or have done what they do once."""
        alone = ("--no-deps",) if services else ()
        self("up", "--no-build", "--wait", "--wait-timeout", "300", *alone, *services)

    def inspected(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, by service; of those that ended too."""
        ids = self("ps", "--all", "--quiet").split()
        containers: list[dict[str, Any]] = json.loads(self.docker("inspect", *ids))
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in containers}

    def inside(self, service: str, script: str) -> str:
        """What a shell in the container says, whether or not it likes it."""
        return self("exec", "--no-TTY", service, "/bin/sh", "-c", f"exec 2>&1\n{script}\ntrue")

    def size_bytes(self, image: str) -> int:
        return int(self.docker("image", "inspect", "--format", "{{.Size}}", image))

    def remove(self, images: Iterable[str]) -> list[str]:
        """Take everything down; what is there all the same."""
        self("down", "--volumes", "--remove-orphans", "--rmi", "all", "--timeout", "60")
        for image in images:
            if self.docker("image", "ls", "--quiet", image):
                self.docker("image", "rm", image)
        mine = ["--quiet", "--filter", f"label=com.docker.compose.project={_NAME}"]
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        return [" ".join(kind) for kind in kinds if self.docker(*kind, *mine).strip()]

    def _run(self, command: list[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            command,
            check=False,
            cwd=_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
        )
        if done.returncode:
            said = (done.stdout + done.stderr)[-_TAIL:]
            raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
        return done.stdout
