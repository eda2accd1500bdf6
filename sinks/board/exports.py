"""Digests to take along: CSV for a spreadsheet, HTML to print and sign, Markdown, JSON."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sinks import paper
from sinks.board.feeds import dumps
from sinks.standing import name_of
from streams.digests import NAMES
from streams.figures import figure

Row = Mapping[str, Any]
_HEAD: Final = (
    *("编号", "种类", "区县代码", "区县", "时段起", "时段止", "版本"),
    *("指标", "名称", "数值", "说明"),
)
_WRITTEN: Final = {"sign": "签发", "amend": "补充说明"}


def _csv(digest: Row, zone: ZoneInfo) -> bytes:
    """A row for each figure, and for each signature and note under it. UTF-8 with a mark, as spreadsheets need."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    fixed = [
        *(digest["id"], NAMES.get(digest["kind"], digest["kind"])),
        *(digest["county"], name_of(digest["county"])),
        *(_local(digest[edge], zone) for edge in ("window_start", "window_end")),
        digest["edition"],
    ]
    for name, n in digest["figures"].items():
        told = figure(name)
        writer.writerow([*fixed, name, told.label, n, told.definition])
    for entry in digest["log"]:
        said = f"{_local(entry['at'], zone)} {entry['note']}".strip()
        cells = [entry["kind"], _WRITTEN.get(entry["kind"], ""), _as_text(entry["by"]), said]
        writer.writerow([*fixed, *cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _as_text(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula.

    >>> _as_text("=1+1"), _as_text("值班长")
    ("'=1+1", '值班长')
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _local(at: Any, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _html(digest: Row, zone: ZoneInfo) -> bytes:
    return paper.page(digest["title"], paper.fragment(digest, zone)).encode()


def _markdown(digest: Row, zone: ZoneInfo) -> bytes:
    return paper.markdown(digest, zone).encode()


def _json(digest: Row, _: ZoneInfo) -> bytes:
    return dumps(digest)


# Ending → content type, and what makes it out of sinks.digests.digest.
SHAPES: Final[Mapping[str, tuple[str, Callable[[Row, ZoneInfo], bytes]]]] = {
    "csv": ("text/csv", _csv),
    "html": ("text/html", _html),
    "md": ("text/markdown", _markdown),
    "json": ("application/json", _json),
}


def disposition(digest: Row, ending: str) -> str:
    """The header by which a browser saves it under its title (RFC 6266).

    >>> disposition({"id": "9c3a51f20e6b7d48", "title": "日报"}, "csv").split("; ")
    ['attachment', 'filename="9c3a51f20e6b7d48.csv"', "filename*=UTF-8''%E6%97%A5%E6%8A%A5.csv"]
    """
    title = quote(f"{digest['title']}.{ending}", safe=".")
    return f"attachment; filename=\"{digest['id']}.{ending}\"; filename*=UTF-8''{title}"
