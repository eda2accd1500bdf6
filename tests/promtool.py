"""Prometheus' promtool: from the path, or out of Debian's package, fetched once into the cache folder."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.kafka.jars import CACHE_VARIABLE

_PACKAGE = "prometheus"
_WITHIN_S = 300


class PromtoolMissing(Exception):
    """promtool cannot be had here; the message says what was tried."""


def promtool() -> str:
    """Its path. Raises PromtoolMissing where it is not, and is not to be had from Debian."""
    if found := shutil.which("promtool"):
        return found
    root = Path(__file__).parents[1]
    cache = Path(os.environ.get(CACHE_VARIABLE) or root / ".cache").resolve()
    folder = cache / _PACKAGE
    if not folder.is_dir():
        _fetch(cache, folder)
    return str(folder / "usr/bin/promtool")


def _fetch(cache: Path, folder: Path) -> None:
    """Unpack the package: installing it would start a server."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise PromtoolMissing("no promtool on the path; it is in Debian's package prometheus")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        if _run(scratch, "apt-get", "download", _PACKAGE) and (
            _run(scratch, "apt-get", "update", "--quiet")
            or _run(scratch, "apt-get", "download", _PACKAGE)
        ):
            raise PromtoolMissing("apt-get download prometheus does not work here")
        (package,) = Path(scratch).glob("*.deb")
        fresh = f"{scratch}/unpacked"
        if _run(scratch, "dpkg-deb", "--extract", str(package), fresh):
            raise PromtoolMissing(f"{package.name} cannot be unpacked")
        Path(fresh).rename(folder)


def _run(folder: str, *command: str) -> int:
    return subprocess.run(
        command, check=False, cwd=folder, capture_output=True, timeout=_WITHIN_S
    ).returncode
