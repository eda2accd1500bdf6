"""Turns a draft into a digest: numbered editions, and what each later one changes."""

from datetime import datetime
from typing import Final, NamedTuple

from agents.digests.issued import Issued
from agents.rules import alert_id, names_of
from agents.windows import Window, iso_day
from streams.categories import OUTSIDE
from streams.contracts import Digest, DigestKind
from streams.figures import figure

NAMES: Final[dict[DigestKind, str]] = {
    "daily_report": "日报告",
    "daily_consult": "日会商清单",
    "daily_dispatch": "日调度清单",
    "weekly_bulletin": "周小结",
    "monthly_bulletin": "月通报",
    "quarterly_bulletin": "季调度通报",
}


class Draft(NamedTuple):
    """What a digest says. day: since 1970, the last one it covers. lines: Markdown."""

    kind: DigestKind
    county: str
    day: int
    window: Window
    lines: list[str]
    figures: dict[str, int]


def issue(draft: Draft, at: datetime, before: Issued | None = None) -> tuple[Digest, Issued]:
    """The digest, and what is kept of it. before: the edition that it replaces."""
    place, _ = names_of(draft.county, OUTSIDE)
    name = place + NAMES[draft.kind]
    edition = before.edition + 1 if before else 1
    changes = changed(before.figures, draft.figures) if before else []
    identifier = digest_id(draft.kind, draft.county, draft.day, edition)
    title = f"{name} {iso_day(draft.day)}"
    start, end = draft.window
    head = [
        f"# {name}",
        "",
        f"时段：{start:%Y年%m月%d日%H:%M} 至 {end:%Y年%m月%d日%H:%M}",
        "",
    ]
    if before:
        title += f"（第{edition}版）"
        head += [f"**更正（第{edition}版，代替第{before.edition}版）**", ""]
        head += [*(f"- {change}" for change in changes), ""]
    digest = Digest(
        id=identifier,
        kind=draft.kind,
        county_code=draft.county,
        window_start=start,
        window_end=end,
        issued_at=at,
        title=title,
        body="\n".join([*head, *draft.lines]) + "\n",
        figures=draft.figures,
        edition=edition,
        replaces=before.id if before else "",
        changes=changes,
    )
    return digest, Issued(draft.kind, draft.county, draft.day, edition, identifier, draft.figures)


def digest_id(kind: str, county: str, day: int, edition: int) -> str:
    """The same kind, county, day and edition give the same digest, always."""
    window = iso_day(day) + (f"#{edition}" if edition > 1 else "")
    return alert_id(kind, county, "", window)


def changed(before: dict[str, int], after: dict[str, int]) -> list[str]:
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
