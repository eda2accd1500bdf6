"""kustomize, and files of Go modules: from the path, or fetched once into the cache folder."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from tests.kafka.jars import CACHE_VARIABLE

_KUSTOMIZE: Final = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
_WITHIN_S: Final = 900
_ROOT: Final = Path(__file__).parents[2]


class ToolMissing(Exception):
    """A tool or a schema cannot be had here; the message says what was tried."""


def kustomize() -> str:
    """Its path. Raises ToolMissing where it is not, and Go cannot build it."""
    if found := shutil.which("kustomize"):
        return found

    def build(into: Path) -> None:
        _go("install", _KUSTOMIZE, GOBIN=str(into))

    return str(cached(f"kustomize-{_KUSTOMIZE.rpartition('@')[2]}", build) / "kustomize")


def module_files(module: str, version: str, *names: str) -> dict[str, str]:
    """The text of files of a Go module, by name. Raises ToolMissing."""

    def fetch(into: Path) -> None:
        said = json.loads(_go("mod", "download", "-json", f"{module}@{version}"))
        with ZipFile(said["Zip"]) as packed:
            for name in names:
                target = into / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(f"{module}@{version}/{name}"))

    folder = cached(f"go-{module.replace('/', '-')}-{version}", fetch)
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name in the cache; `make` fills it if this is the first time.

    Of two runs at once one makes it; one that was stopped half-way leaves none.
    """
    cache = Path(os.environ.get(CACHE_VARIABLE) or _ROOT / ".cache").resolve()
    folder = cache / name
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache / f"{name}.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as part:
                fresh = Path(part) / "made"
                fresh.mkdir()
                make(fresh)
                fresh.rename(folder)
    return folder


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _go(*command: str, **environment: str) -> str:
    go = shutil.which("go")
    if not go:
        raise ToolMissing("no go found; install Go 1.22 or newer, or put kustomize on the path")
    with tempfile.TemporaryDirectory() as empty:  # a go.mod nearby would have a say
        try:
            done = subprocess.run(
                [go, *command],
                check=False,
                cwd=empty,
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                timeout=_WITHIN_S,
            )
        except subprocess.TimeoutExpired:
            raise ToolMissing(f"go {command[0]} did not end within {_WITHIN_S} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise ToolMissing(f"go {' '.join(command)} does not work here: {said}")
    return done.stdout
