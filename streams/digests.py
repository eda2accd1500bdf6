"""Writes digests of counties and cities: numbered editions, and what each later one changes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

import xxhash

from streams.answers import Digest, DigestKind
from streams.figures import figure

NAMES: Final[Mapping[DigestKind, str]] = {
    "daily_report": "日报告",
    "daily_consult": "日会商清单",
    "daily_dispatch": "日调度清单",
    "weekly_bulletin": "周小结",
    "monthly_bulletin": "月通报",
    "quarterly_bulletin": "季调度通报",
}


class Edition(NamedTuple):
    """An edition that was issued."""

    number: int
    id: str
    figures: Mapping[str, int]


class Said(NamedTuple):
    """What a digest says. code: of a county or a city. start, end: local. lines: Markdown."""

    kind: DigestKind
    code: str
    place: str
    start: datetime
    end: datetime
    lines: Sequence[str]
    figures: dict[str, int]


def written(said: Said, at: datetime, before: Edition | None = None) -> Digest:
    """The digest, issued `at`. before: the edition it replaces; the new one says what changed."""
    name = said.place + NAMES[said.kind]
    number = before.number + 1 if before else 1
    changes = changed(before.figures, said.figures) if before else []
    span = f"时段：{said.start:%Y年%m月%d日%H:%M} 至 {said.end:%Y年%m月%d日%H:%M}"
    head = [f"# {name}", "", span, ""]
    if before:
        head += [f"**更正（第{number}版，代替第{before.number}版）**", ""]
        head += [*(f"- {change}" for change in changes), ""]
    return Digest(
        id=digest_id(said.kind, said.code, said.end.date(), number),
        kind=said.kind,
        county_code=said.code,
        window_start=said.start,
        window_end=said.end,
        issued_at=at,
        title=f"{name} {said.end:%Y-%m-%d}" + (f"（第{number}版）" if before else ""),
        body="\n".join([*head, *said.lines]) + "\n",
        figures=said.figures,
        edition=number,
        replaces=before.id if before else "",
        changes=changes,
    )


def digest_id(kind: str, code: str, last_day: date, edition: int) -> str:
    """The same kind, place, day and edition give the same digest, always."""
    window = last_day.isoformat() + (f"#{edition}" if edition > 1 else "")
    return xxhash.xxh3_64_hexdigest(f"{kind}|{code}||{window}".encode())


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """In words, what another edition is issued for; empty if for nothing.

    >>> changed({"total": 3, "S01": 3, "alerts": 1}, {"total": 4, "S01": 3, "S02": 1})
    ['新增事项由3改为4', '供暖由0改为1']
    """
    names = [name for name in {**before, **after} if figure(name).restated]
    return [
        f"{figure(name).label}由{before.get(name, 0)}改为{after.get(name, 0)}"
        for name in names
        if before.get(name, 0) != after.get(name, 0)
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table; the first column is text, the others are numbers.

    >>> table(("类别", "件数"), [("供暖", 2)])
    ['| 类别 | 件数 |', '| --- | ---: |', '| 供暖 | 2 |']
    """
    rule = ["---", *["---:"] * (len(head) - 1)]
    return [f"| {' | '.join(map(str, row))} |" for row in (head, rule, *rows)]


def meanings(names: Sequence[str]) -> list[str]:
    """What the figures mean, as a closing note.

    >>> meanings(["zero_reports"])
    ['指标说明：', '', '- 零报告：时段内“今日无事”的报告次数']
    """
    told = [figure(name) for name in names]
    return ["指标说明：", "", *(f"- {one.label}：{one.definition}" for one in told)]
