"""Prometheus' promtool: from the path, or out of Debian's package, fetched once into the cache folder."""

import shutil

from tests.debian import unpacked


def promtool() -> str:
    """Its path. Raises ToolMissing where it is not, and is not to be had from Debian."""
    return shutil.which("promtool") or str(unpacked("prometheus") / "usr/bin/promtool")
