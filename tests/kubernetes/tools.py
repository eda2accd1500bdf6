"""kustomize, actionlint, files of Go modules: from the path, or fetched once into the cache folder."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import ZipFile
from zlib import crc32

from tests.kafka.jars import CACHE_VARIABLE, NotAsPinned

_KUSTOMIZE: Final = "sigs.k8s.io/kustomize/kustomize/v5"
_ACTIONLINT: Final = "github.com/rhysd/actionlint"
_WITHIN_S: Final = 900
_ROOT: Final = Path(__file__).parents[2]
_PINNED: Final = _ROOT / "tests" / "go"
"""The Go module whose go.mod has the tools' versions, and go.sum the hash of all that goes in."""


class ToolMissing(Exception):
    """A tool or a schema cannot be had here; the message says what was tried."""


def kustomize() -> str:
    """Its path. Raises ToolMissing where it is not, and Go cannot build it."""
    return _built("kustomize", _KUSTOMIZE, "")


def actionlint() -> str:
    """Its path; see kustomize."""
    return _built("actionlint", _ACTIONLINT, "/cmd/actionlint")


def module_files(module: str, version: str, h1: str, *names: str) -> dict[str, str]:
    """The text of files of a Go module, by name. h1: its hash, as a go.sum has it.

    Raises ToolMissing, and NotAsPinned for a module of another hash.
    """

    def fetch(into: Path) -> None:
        said = json.loads(_go("mod", "download", "-json", f"{module}@{version}"))
        if said["Sum"] != h1:
            raise NotAsPinned(f"{module}@{version} is {said['Sum']}, not {h1}")
        with ZipFile(said["Zip"]) as packed:
            for name in names:
                target = into / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(f"{module}@{version}/{name}"))

    which = crc32("\n".join(names).encode())
    folder = cached(f"go-{module.replace('/', '-')}-{version}-{which:08x}", fetch)
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def pinned_version(module: str) -> str:
    """The version of a module that tests/go/go.mod names."""
    text = (_PINNED / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s*{re.escape(module)} (v\S+)", text, re.MULTILINE)
    assert found, f"go.mod names no {module}"
    return found[1]


def _built(name: str, module: str, package: str) -> str:
    if found := shutil.which(name):
        return found

    def build(into: Path) -> None:
        _go(
            "build",
            "-mod=readonly",
            "-buildvcs=false",
            "-o",
            str(into / name),
            module + package,
            folder=_PINNED,
        )

    return str(cached(f"{name}-{pinned_version(module)}", build) / name)


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


def _go(*command: str, folder: Path | None = None) -> str:
    go = shutil.which("go")
    if not go:
        raise ToolMissing("no go found; install Go 1.25 or newer, or put the tools on the path")
    with tempfile.TemporaryDirectory() as empty:  # a go.mod nearby would have a say
        try:
            done = subprocess.run(
                [go, *command],
                check=False,
                cwd=folder or empty,
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
