"""A draft of the note that one shift hands over to the next (交接班记录): what is open now. Pure."""

from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from sinks.board.shapes import Shape
from sinks.board.view import View
from streams.names import LEVEL_NAMES

_SHOWN: Final = 20  # of each kind; the rest is counted
_CHARACTERS: Final = 800  # a note of the duty log has 1,000, and people add to it


def draft(board: View, at: datetime, zone: ZoneInfo) -> list[str]:
    """Lines of plain Chinese, the gravest first. board: as its scope sees it."""
    local = at.astimezone(zone)
    lines = [f"交接时间：{local:%Y年%m月%d日%H:%M}。"]
    lines += [f"运行提示：{banner['zh']}" for banner in board["health"]["banners"]]
    lines += _alerts(board, zone)
    lines += _reports(board, at)
    waiting = [one for one in board["dispatches"] if one["received_at"] is None]
    if waiting:
        lines.append(f"调度事项 {len(board['dispatches'])} 件，其中未签收 {len(waiting)} 件：")
        lines += _some(
            [
                f"{_titled(one)}，责任单位{one['owner'] or '待明确'}，"
                f"期限{one['deadline_at'].astimezone(zone):%m月%d日%H:%M}。"
                for one in waiting
            ]
        )
    totals = board["totals"]
    lines.append(
        f"在办案件 {totals['open_cases']} 件，其中超期 {totals['overdue_cases']} 件。"
        f"近24小时上报 {totals['n_24h']} 件，前24小时 {totals['n_prev_24h']} 件。"
    )
    return _within(lines, _CHARACTERS)


def _within(lines: list[str], characters: int) -> list[str]:
    """Whole lines, and how many are left out.

    >>> _within(["一" * 30, "二" * 30, "三" * 30], 80)[-1]
    '……另有 2 行，见值班台。'
    """
    if sum(len(line) + 1 for line in lines) <= characters:
        return lines
    kept: list[str] = []
    left = characters - 20  # for the line that counts the rest
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        kept.append(line)
    return [*kept, f"……另有 {len(lines) - len(kept)} 行，见值班台。"]


def _alerts(board: View, zone: ZoneInfo) -> list[str]:
    open_ = [alert for alert in board["alerts"] if alert["status"] != "closed"]
    if not open_:
        return ["没有未办结的预警。"]
    by_level = board["totals"]["by_level"]
    counted = "、".join(
        f"{name}{by_level[str(level)]}条"
        for level, name in LEVEL_NAMES.items()
        if by_level[str(level)]
    )
    open_.sort(key=lambda alert: (alert["level"], alert["raised_at"], alert["id"]))
    return [
        f"未办结预警 {len(open_)} 条（{counted}）：",
        *_some([_alert(one, zone) for one in open_]),
    ]


def _alert(alert: Shape, zone: ZoneInfo) -> str:
    since: Any = alert["status_at"] or alert["raised_at"]
    to = f"给{alert['assigned_to']}" if alert["assigned_to"] else ""
    # What an alert notes by itself is no news to the next shift.
    note = f"，备注：{alert['note']}" if alert["note"] and alert["by"] else ""
    return (
        f"【{alert['level_name']}】{_titled(alert)}"
        f"（{alert['status_name']}{to}，{since.astimezone(zone):%m月%d日%H:%M}起{note}）"
    )


def _titled(matter: Shape) -> str:
    """Place and title, the place once.

    >>> _titled({"place": "甘州区", "title": "甘州区：供暖事项31件"})
    '甘州区：供暖事项31件'
    """
    title = matter["title"].removeprefix(f"{matter['place']}：")
    return f"{matter['place']}：{title}"


def _reports(board: View, at: datetime) -> list[str]:
    day = board["day"]
    lines = []
    missing = [one["name"] for one in day["missing"]]
    if missing:
        cut_off = "截止时间已过" if at >= day["cut_off_at"] else "截止时间未到"
        named = "、".join(missing[:_SHOWN]) + ("等" if len(missing) > _SHOWN else "")
        lines.append(
            f"日报应报 {day['expected_counties']} 个区县，未报 {len(missing)} 个（{cut_off}）：{named}。"
        )
    elif day["expected_counties"]:
        lines.append(f"日报应报 {day['expected_counties']} 个区县，已全部报送。")
    unsigned = [
        one["title"]
        for one in board["digests"]
        if one["kind"] == "daily_report" and not one["signed_by"]
    ]
    if unsigned:
        lines += [f"未签发的日报告 {len(unsigned)} 份：", *_some([f"{one}。" for one in unsigned])]
    return lines


def _some(lines: list[str]) -> list[str]:
    more = [f"……另有 {len(lines) - _SHOWN} 条，见值班台。"] if len(lines) > _SHOWN else []
    return [f"{number}. {line}" for number, line in enumerate(lines[:_SHOWN], 1)] + more


def html(lines: list[str]) -> str:
    """The lines as an HTML fragment.

    >>> html(["<b>"])
    '<p>&lt;b&gt;</p>'
    """
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
