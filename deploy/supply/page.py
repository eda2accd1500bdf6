"""docs/licences.md: every dependency with its licence, for people to read."""

from collections.abc import Iterable
from typing import Final

from deploy.supply.carried import CARRIED
from deploy.supply.licences import ALLOWED, BUNDLED, READ, groups, licence
from deploy.supply.locks import ROOT, Pin

FILE: Final = ROOT / "docs" / "licences.md"

_HEAD: Final = """# Licences
Written by `make licences` from the lock files and the packages' own metadata; a test fails when it is not as they say, and on
a licence that is not [allowed](#what-is-allowed). Huishang itself: [Apache-2.0](../LICENSE).
"""
_GROUPS: Final = {
    "runtime": (
        "What runs",
        "`requirements/runtime.txt`: in the image, and in every installation.",
    ),
    "embedded": ("Extra `embedded`", "For `huishang run` and `huishang demo`; not in the image."),
    "train": ("Extra `train`", "For `huishang train`; not in the image."),
    "dev": ("For development only", "Never handed on with Huishang."),
}
_BUNDLED: Final = """## Brought along by wheels
Shared libraries inside packages, as built for Linux. Of these NumPy's are in the image. Whoever hands on the image hands on libquadmath
too, under the LGPL: unchanged, linked dynamically, replaceable as a file; NumPy's LICENSE has its text and says where its source is.
What is compiled into a package (chDB's ClickHouse, the crates of orjson) is told by the package's own files only, as far as it tells.
"""
_REST: Final = """## Beside it
Programs that run beside Huishang, unchanged, each under its own licence: Apache Kafka, ClickHouse, Prometheus, Alertmanager and
Grafana's plugin for ClickHouse (Apache-2.0), Grafana (AGPL-3.0-only: a service of its own, reached over HTTP, no part of Huishang). What only tests and benchmarks
fetch is never handed on: jars and Go modules, pinned with hashes beside the tests, and `requirements/bench.txt`.
"""


def page() -> str:
    """The whole page. Raises Unlicensed."""
    parts = [_HEAD]
    for group, pins in groups().items():
        title, what = _GROUPS[group]
        parts.append(
            f"## {title}\n{what}\n\n{_table(('package', 'version', 'licence'), _rows(pins))}"
        )
    read = [(name, spdx, said) for name, (spdx, said) in sorted(READ.items())]
    parts.append(
        "## Read by hand\nThe metadata of these says it not at all, or not exactly.\n\n"
        + _table(("package", "licence", "from"), read)
    )
    brought = [
        (name, f"`{library}`", spdx)
        for name, libraries in BUNDLED.items()
        for library, spdx in libraries.items()
    ]
    parts.append(f"{_BUNDLED}\n{_table(('package', 'library', 'licence'), brought)}")
    parts.append(
        "## In this repository\nFiles of others, as they are or as the basis of ours; see [NOTICE](../NOTICE).\n\n"
        + _table(("from", "version", "licence", "file", "SHA-256, or what was taken"), _carried())
    )
    parts.append(_REST)
    parts.append("## What is allowed\n" + _table(("licence", "asks"), sorted(ALLOWED.items())))
    return "\n".join(parts)


def _rows(pins: Iterable[Pin]) -> list[tuple[str, ...]]:
    return [
        (
            f"[{pin.name}]({pin.page})",
            f"{pin.version} ({pin.marker})" if pin.marker else pin.version,
            licence(pin.name),
        )
        for pin in pins
    ]


def _carried() -> list[tuple[str, ...]]:
    return [
        (
            f"[{one.name}]({one.page})",
            one.version,
            one.licence,
            f"`{file}`",
            one.changed or f"`{digest}`",
        )
        for one in CARRIED
        for file, digest in one.hashes().items()
    ]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
