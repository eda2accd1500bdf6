"""A city's digest, put together from its counties'. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.answers import Digest, DigestKind
from streams.counties import in_city, place_name
from streams.digests import NAMES, Edition, Said, changed, meanings, table, written
from streams.figures import added_up, categories, figure

_COLUMNS: Final = (
    *("total", "red", "orange", "found", "resolved", "alerts", "answered", "zero_reports"),
    *("dispatched", "owned", "received"),
)

Part = Mapping[str, Any]  # a row of `digests`


def city_of(county: str) -> str:
    """The code of a county's city.

    >>> city_of("620702")
    '620700'
    """
    return f"{county[:4]}00"


def is_city(code: str) -> bool:
    """Whether a digest's code is a city's.

    >>> is_city("620700"), is_city("620702")
    (True, False)
    """
    return code.endswith("00")


def rolled_up(parts: Sequence[Part], zone: ZoneInfo, before: Part | None = None) -> Digest | None:
    """The digest of the city that these counties are in; None if `before` says the same.

    parts: rows of `digests`, of one kind and window, the latest edition of each county, at
    least one. before: the city's latest edition, if there is one.
    Issued when the last of its parts was: whoever puts it together gets the same.
    """
    kind: DigestKind = parts[0]["kind"]
    city = city_of(parts[0]["county"])
    start, end = (parts[0][edge].astimezone(zone) for edge in ("window_start", "window_end"))
    parts = sorted(parts, key=lambda part: str(part["county"]))
    figures = added_up([dict(part["figures"]) for part in parts])
    edition = None
    if before:
        if not changed(before["figures"], figures):
            return None
        edition = Edition(int(before["edition"]), before["id"], before["figures"])
    lines = _lines(kind, city, parts, figures)
    said = Said(kind, city, place_name(city), start, end, lines, figures)
    return written(said, max(part["issued_at"] for part in parts), edition)


def _lines(
    kind: DigestKind, city: str, parts: Sequence[Part], figures: dict[str, int]
) -> list[str]:
    columns = [name for name in _COLUMNS if name in figures]
    rows: list[list[object]] = [
        [place_name(part["county"]), *(part["figures"].get(name, 0) for name in columns)]
        for part in parts
    ]
    rows.append(["**合计**", *(f"**{figures[name]}**" for name in columns)])
    lines = [*table(("区县", *(figure(name).label for name in columns)), rows), ""]
    by_category = categories(figures)
    if by_category:
        named = [(figure(code).label, n) for code, n in by_category.items()]
        lines += [*table(("类别", "件数"), named), ""]
    if kind == "daily_report":
        silent = [place_name(p["county"]) for p in parts if not p["figures"].get("reported")]
        lines += [f"没有上报也没有零报告的区县：{'、'.join(silent) or '无'}。", ""]
    told = {part["county"] for part in parts}
    without = [place_name(code) for code in in_city(city[:4]) if code not in told]
    if without:
        lines += [f"没有{NAMES[kind]}的区县：{'、'.join(without)}。", ""]
    return lines + meanings(columns)
