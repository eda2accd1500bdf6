"""Lock files, read strictly: every line is an exact version with its hashes, or refused."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "requirements"
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class NotLocked(Exception):
    """A line of a lock file leaves open what is fetched, or says from where."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock file. hashes: SHA-256 of each file that may be installed, sorted."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    @property
    def page(self) -> str:
        """Where the package is described: a page for people, not a download."""
        return f"https://pypi.org/project/{self.name}/{self.version}/"

    def on(self, python: str) -> bool:
        """Whether it is installed on Linux with this Python, such as "3.11"."""
        given = {"python_version": python, "python_full_version": f"{python}.0"}
        return not self.marker or self.marker.evaluate(
            {**given, "sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
        )


def pins(text: str) -> tuple[Pin, ...]:
    r"""What a lock file pins, in its order.

    >>> [(pin.name, pin.version) for pin in pins("six==1.17.0 --hash=sha256:" + "0" * 64)]
    [('six', '1.17.0')]

    Raises NotLocked for a version that is not exact, a missing hash, an option,
    an address.
    """
    lines = text.replace("\\\n", " ").splitlines()
    return tuple(_pin(line) for line in lines if line.strip() and not line.lstrip().startswith("#"))


def locked(name: str) -> tuple[Pin, ...]:
    """What requirements/<name>.txt pins; see `pins`."""
    return pins((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


def _pin(line: str) -> Pin:
    hashes = _HASH.findall(line)
    try:
        given = Requirement(_HASH.sub("", line).strip())
    except InvalidRequirement as error:
        raise NotLocked(f"{line[:80]!r} is no package with its version: {error}") from None
    exact = re.fullmatch(r"==([0-9][^,*]*)", str(given.specifier))
    if given.url or not exact:
        raise NotLocked(f"{line[:80]!r} is not pinned: write {given.name}==VERSION")
    if not hashes:
        raise NotLocked(f"{line[:80]!r} has no hash; `make lock` writes them")
    return Pin(canonicalize_name(given.name), exact[1], given.marker, tuple(sorted(hashes)))
