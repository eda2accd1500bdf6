"""Debian's packages: unpacked into the cache folder, or installed without starting their servers."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.kubernetes.tools import ToolMissing, cached

_WITHIN_S: Final = 300
_POLICY: Final = Path("/usr/sbin/policy-rc.d")


def unpacked(package: str) -> Path:
    """The folder with a package's files as they would lie under /. Raises ToolMissing."""
    return cached(package, lambda into: _fetch(package, into))


def _fetch(package: str, into: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise ToolMissing(f"no apt-get here to download Debian's package {package}")
    folder = into.parent
    download = ("apt-get", "download", package)
    if _run(folder, *download) and (
        _run(folder, "apt-get", "update", "--quiet") or _run(folder, *download)
    ):
        raise ToolMissing(f"apt-get download {package} does not work here")
    [archive] = folder.glob("*.deb")
    if _run(folder, "dpkg-deb", "--extract", str(archive), str(into)):
        raise ToolMissing(f"{archive.name} cannot be unpacked")


def _run(folder: Path, *command: str) -> int:
    return subprocess.run(
        command,
        check=False,
        cwd=folder,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        timeout=_WITHIN_S,
    ).returncode


def installed(program: str, package: str) -> str:
    """The path of a program, its package installed where it is not there and root allows it.

    No server of the package is started. Raises ToolMissing.
    """
    if found := shutil.which(program):
        return found
    if os.geteuid() or not shutil.which("apt-get"):
        raise ToolMissing(
            f"no {program} on the path, and it takes root on Debian to install {package}"
        )
    with _nothing_started():
        install = ("apt-get", "install", "--yes", "--no-install-recommends", package)
        if _run(Path.cwd(), *install) and (
            _run(Path.cwd(), "apt-get", "update", "--quiet") or _run(Path.cwd(), *install)
        ):
            raise ToolMissing(f"apt-get install {package} does not work here")
    if found := shutil.which(program):
        return found
    raise ToolMissing(f"{package} is installed, and no {program} on the path")


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Debian's policy for maintainer scripts: 101 forbids to start servers (invoke-rc.d(8))."""
    if _POLICY.exists():  # the machine's own
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
