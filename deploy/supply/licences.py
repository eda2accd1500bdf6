"""Which licence each dependency has, and whether it may be here: docs/licences.md."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any, Final

from cyclonedx.spdx import is_expression
from license_expression import get_spdx_licensing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.supply.locks import ROOT, Pin, locked

# None of these asks anything of who runs Huishang. The GPL, the LGPL and the AGPL are not here on
# purpose: whoever hands on an image would owe sources. See BUNDLED for what wheels bring along.
ALLOWED: Final = {
    "0BSD": "nothing",
    "Apache-2.0": "keep the notices, say what was changed; ours too",
    "BSD-2-Clause": "keep the notice",
    "BSD-3-Clause": "keep the notice",
    "BSD-3-Clause-Modification": "keep the notice, mark changed files; none is changed",
    "CC0-1.0": "nothing",
    "ISC": "keep the notice",
    "MIT": "keep the notice",
    "MIT-0": "nothing",
    "MPL-2.0": "publish changed files of it; none is changed",
    "PSF-2.0": "keep the notice",
    "Zlib": "keep the notice",
}

# Where the metadata is silent, unclear or not installed on Linux: read in the package's own files.
READ: Final = {
    "axe-playwright-python": ("MIT AND MPL-2.0", "its LICENSE; the axe-core inside is MPL"),
    "colorama": ("BSD-3-Clause", "its LICENSE.txt; on Windows only"),
    "daachorse": ("MIT OR Apache-2.0", "its LICENSE-MIT and LICENSE-APACHE"),
    "faust-streaming": ("BSD-3-Clause", "its LICENSE"),
    "kubernetes-validate": ("Apache-2.0", "its LICENSE"),
    "lz4": ("BSD-3-Clause", "its LICENSE"),
    "mode-streaming": ("BSD-3-Clause", "its LICENSE"),
    "scipy": ("BSD-3-Clause", "its LICENSE.txt"),
    "uvloop": ("MIT OR Apache-2.0", "its LICENSE-MIT and LICENSE-APACHE"),
    "venusian": ("BSD-3-Clause-Modification", "its LICENSE.txt, the Repoze licence"),
}

# Shared libraries that wheels for Linux bring along: name in `<package>.libs`, licence. GCC's exception lets
# anything be linked with its runtime. libquadmath is under the LGPL, which is met: it is linked dynamically,
# unchanged, can be replaced as a file, and NumPy's and SciPy's LICENSE say where its source is.
_FORTRAN: Final = {
    "libgfortran": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libquadmath": "LGPL-2.1-or-later",
}
BUNDLED: Final = {
    "chdb-core": {"libpybind11nonlimitedapi_stubs": "Apache-2.0"},
    "numpy": {"libscipy_openblas64_": "BSD-3-Clause AND BSD-3-Clause-Open-MPI", **_FORTRAN},
    "scikit-learn": {"libgomp": "GPL-3.0-or-later WITH GCC-exception-3.1"},
    "scipy": {"libscipy_openblas": "BSD-3-Clause AND BSD-3-Clause-Open-MPI", **_FORTRAN},
}

_CLASSIFIERS: Final = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}


class Unlicensed(Exception):
    """Nobody has said yet which licence a package has."""


def licence(name: str) -> str:
    """The SPDX expression of a locked package. Raises Unlicensed with what to do."""
    if name in READ:
        return READ[name][0]
    try:
        said = declared(name)
    except PackageNotFoundError:
        raise Unlicensed(f"{name} is not installed here; try Python 3.11 on Linux") from None
    if not said:
        raise Unlicensed(f"{name} names no SPDX licence; read its LICENSE, and add it to READ")
    return said


def declared(name: str) -> str | None:
    """What the metadata of an installed package says exactly, or None."""
    metadata = distribution(name).metadata
    for field in ("License-Expression", "License"):
        for said in metadata.get_all(field, []):
            if is_expression(said):
                return str(said)
    given = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    return _CLASSIFIERS.get(given[0]) if len(given) == 1 else None


def bundled(name: str) -> set[str]:
    """The shared libraries that the wheel of an installed package brings along."""
    paths = [str(path) for path in distribution(name).files or ()]
    return {found[1] for path in paths if (found := re.match(r"[\w.]+\.libs/(\w+)", path))}


def permitted(expression: str) -> bool:
    """Whether an SPDX expression can be met with ALLOWED.

    >>> permitted("MIT OR GPL-3.0-only"), permitted("MIT AND GPL-3.0-only")
    (True, False)
    """
    licensing = _licensing()

    def holds(node: Any) -> bool:
        if isinstance(node, licensing.OR):
            return any(map(holds, node.args))
        if isinstance(node, licensing.AND):
            return all(map(holds, node.args))
        return str(node) in ALLOWED

    return holds(licensing.parse(expression, validate=True))


@cache
def _licensing() -> Any:
    return get_spdx_licensing()


def needed(name: str, extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """What an installed package requires on this Python."""
    for line in distribution(name).requires or ():
        given = Requirement(line)
        if not given.marker or any(
            given.marker.evaluate({"extra": extra}) for extra in (*extras, "")
        ):
            yield given


def groups() -> dict[str, tuple[Pin, ...]]:
    """Every pin of requirements/dev.txt, once: what runs, each extra, what only developers have."""
    pins = locked("dev")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    left = {pin.name for pin in pins}
    taken = {"runtime": {pin.name for pin in locked("runtime")}}
    for extra in ("embedded", "train"):
        left -= set().union(*taken.values())
        taken[extra] = left & _closure(map(Requirement, project["optional-dependencies"][extra]))
    taken["dev"] = left - set().union(*taken.values())
    return {group: tuple(pin for pin in pins if pin.name in taken[group]) for group in taken}


def _closure(roots: Iterable[Requirement]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        given = waiting.pop()
        name = canonicalize_name(given.name)
        if name not in found:
            found.add(name)
            waiting += needed(name, given.extras)
    return found
