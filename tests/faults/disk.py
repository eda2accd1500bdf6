"""A small disk of the suite's own, which can be filled to the brim: a tmpfs."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

SIZE_MB: Final = 96
_BLOCK: Final = bytes(64 * 1024)


class Disk:
    """A mounted tmpfs. Use `mounted`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for block in (_BLOCK, bytes(1024), b"\0"):
                try:
                    while ballast.write(block) == len(block):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@cache
def why_not() -> str:
    """Why no disk can be mounted here, found out by mounting one; empty when it can."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="huishang-disk-") as folder,
            mounted(Path(folder) / "disk"),
        ):
            return ""
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        return f"no tmpfs can be mounted here: {said.decode(errors='replace').strip()}"


@contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    """A disk at `folder`, unmounted on leaving. Raises CalledProcessError if it may not be."""
    folder.mkdir()
    options = f"size={SIZE_MB}m,mode=700"
    _run("mount", "-t", "tmpfs", "-o", options, "huishang-faults", str(folder))
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", str(folder))
        folder.rmdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)
