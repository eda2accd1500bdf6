"""The product as an earlier commit of this repository had it, in a folder of its own, run by this environment."""

import io
import subprocess
import tarfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FOLDERS: Final = ("streams", "agents", "sinks", "cli")


class HistoryMissing(Exception):
    """The commit is not to be had here: no git, a shallow clone, an archive of the sources."""


def commit_of(folder: Path) -> str:
    """The commit whose records a folder of tests/versions holds."""
    return (folder / "commit").read_text(encoding="ascii").strip()


def before() -> str:
    """The commit of the version before, whose records tests/versions/before names."""
    folder = Path(__file__).parent
    return commit_of(folder / (folder / "before").read_text(encoding="ascii").strip())


def checked_out(commit: str, folder: Path) -> Path:
    """The folder, to go first on PYTHONPATH. Raises HistoryMissing.

    It says of itself that it is version `0.0.0+<commit>`, so that workers of both versions
    can be told apart.
    """
    try:
        archived = subprocess.run(
            ["git", "-C", str(ROOT), "archive", commit, *_FOLDERS],
            check=True,
            capture_output=True,
            timeout=60,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"").decode(errors="replace").strip()
        raise HistoryMissing(f"commit {commit[:12]} is not to be had: {said or error}") from None
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
        files.extractall(folder, filter="data")
    _name(folder, version_of(commit))
    return folder


def version_of(commit: str) -> str:
    """What a checked out commit calls itself."""
    return f"0.0.0+{commit[:12]}"


def _name(folder: Path, version: str) -> None:
    """What importlib.metadata finds first: its version, and the same entry points."""
    named = folder / f"huishang-{version}.dist-info"
    named.mkdir()
    (named / "METADATA").write_text(f"Metadata-Version: 2.1\nName: huishang\nVersion: {version}\n")
    points = distribution("huishang").read_text("entry_points.txt") or ""
    (named / "entry_points.txt").write_text(points)
