"""What a notice says to duty staff: a title and paragraphs in plain Chinese, before any format.

【橙色】甘州区：劳动争议24小时内31件
原因：…
观测值 31，限值 20，预期 12.4
时段：03月01日08:00 至 03月01日16:30
编号 00000000000000aa，确认：huishang alerts ack 00000000000000aa --by 岗位
"""

import re
from collections import Counter
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sinks.channels.config import Channel
from sinks.channels.desk import Notice
from sinks.channels.messages import Message
from streams.answers import Alert
from streams.categories import CATEGORIES, CategoryCode
from streams.contracts import WHOLE
from streams.counties import place_name
from streams.names import LEVEL_NAMES

_MEANINGS: Final = "指标说明："
_RULE_ROW: Final = re.compile(r"^\|[\s:|-]+\|$")


class Text(NamedTuple):
    """What is said: a title, and paragraphs of lines. level: for a colour; 0 for none."""

    title: str
    paragraphs: tuple[tuple[str, ...], ...]
    level: int = 0

    @property
    def lines(self) -> list[str]:
        return [line for paragraph in self.paragraphs for line in paragraph]


def text_of(notice: Notice, channel: Channel, page: str, zone: ZoneInfo) -> Text:
    """The text of a notice for this channel. page: address of the status page; '' if not told."""
    if notice.summary:
        return _of_summary(notice, page)
    if not notice.messages:
        return _of_nothing(channel, page)
    first = notice.messages[0]
    if first.digest:
        lines = _plain_lines(first.digest.body)
        if page and _MEANINGS in lines:  # the page has them
            del lines[lines.index(_MEANINGS) :]
        return Text(first.digest.title, (*_paragraphs(lines), *_see(page, first.digest.id)))
    if len(notice.messages) == 1:
        return _of_alert(first, channel, page, zone)
    return _of_several(notice.messages, page, zone)


def _of_alert(message: Message, channel: Channel, page: str, zone: ZoneInfo) -> Text:
    alert = message.alert
    if alert is None:
        raise ValueError("a digest has a text of its own")
    lines = [f"原因：{alert.reason}", _figures(alert), f"时段：{_window(alert, zone)}"]
    if alert.excerpt and channel.excerpt:
        lines.append(f"摘录：{alert.excerpt}")
    if message.escalated:
        lines.append("此提醒在时限内无人确认，现提级告知，请立即处置。")
    return Text(
        f"{_mark(message)}{alert.title}",
        (tuple(lines), _acknowledge([alert], page)),
        alert.level,
    )


def _of_several(messages: tuple[Message, ...], page: str, zone: ZoneInfo) -> Text:
    alerts = sorted(
        (message.alert for message in messages if message.alert),
        key=lambda alert: (alert.level, alert.raised_at),
    )
    gravest = next(message for message in messages if message.alert is alerts[0])
    lines = tuple(
        f"{number}. 【{LEVEL_NAMES[alert.level]}】{alert.title}"
        f"（{alert.raised_at.astimezone(zone):%H:%M}，编号 {alert.id}）"
        for number, alert in enumerate(alerts, 1)
    )
    title = f"{_mark(gravest)}{_subject(alerts[0])}：{len(alerts)}条提醒"
    return Text(title, (lines, _acknowledge(alerts, page)), alerts[0].level)


def _of_summary(notice: Notice, page: str) -> Text:
    held = [one for _, one in notice.summary]
    quiet = sum(one.why == "quiet" for one in held)
    why = [f"超出本通道发送上限 {len(held) - quiet} 条"] if len(held) > quiet else []
    why += [f"安静时段 {quiet} 条"] if quiet else []
    counts = Counter((one.level, one.rule) for one in held)
    lines = tuple(
        f"{LEVEL_NAMES[level]}（规则 {rule}）：{n}条" for (level, rule), n in sorted(counts.items())
    )
    places = Counter(_place(one.county) for one in held)
    where = "，".join(f"{place}{n}条" for place, n in places.most_common())
    title = f"另有{len(held)}条提醒未逐条发送"
    tail = ("全部提醒：huishang alerts list", *([f"值班页：{page}"] if page else []))
    return Text(title, ((f"其中{'，'.join(why)}。",), lines, (f"涉及：{where}",), tail))


def _of_nothing(channel: Channel, page: str) -> Text:
    """A message that a person sends to see whether the channel works."""
    lines = (f"会商提醒通道 {channel.name} 已接通。", "这是一条测试消息，无需处置。")
    return Text("【测试】会商提醒通道", (lines, *(((f"值班页：{page}",),) if page else ())))


def _mark(message: Message) -> str:
    escalated = "·提级" if message.escalated else ""
    return f"【{LEVEL_NAMES[message.level]}{escalated}】"


def _figures(alert: Alert) -> str:
    said = [f"观测值 {_number(alert.observed)}", f"限值 {_number(alert.limit)}"]
    if alert.expected is not None:
        said.append(f"预期 {_number(alert.expected)}")
    if alert.p_value is not None:
        said.append(f"偶然出现的概率 {alert.p_value:.2g}")
    return "，".join(said)


def _window(alert: Alert, zone: ZoneInfo) -> str:
    start, end = (_shown(at, zone) for at in (alert.window_start, alert.window_end))
    return start if start == end else f"{start} 至 {end}"


def _acknowledge(alerts: list[Alert], page: str) -> tuple[str, ...]:
    ids = " ".join(alert.id for alert in alerts)
    said = [f"编号 {ids}"] if len(alerts) == 1 else []
    said.append(f"确认：huishang alerts ack {ids} --by 岗位")
    return (*said, *([f"值班页：{page}"] if page else []))


def _see(page: str, digest: str) -> tuple[tuple[str, ...], ...]:
    return ((f"全文：{page}/digests/{digest}",),) if page else ()


def _subject(alert: Alert) -> str:
    leaf = CATEGORIES.get(CategoryCode(alert.category))
    return f"{_place(alert.county_code)}{leaf.name if leaf else ''}"


def _place(code: str) -> str:
    if code == WHOLE:
        return "全系统"
    return place_name(code) or code


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m月%d日%H:%M}"


def _number(value: float) -> str:
    """At most two places.

    >>> _number(31.0), _number(12.345)
    ('31', '12.35')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _plain_lines(markdown: str) -> list[str]:
    """A digest's Markdown without headings, tables and bold, which not all services show.

    >>> _plain_lines("# 日报告\\n\\n- 新增 3 件\\n\\n| 类别 | 件数 |\\n| --- | ---: |\\n| **合计** | 3 |\\n")
    ['', '- 新增 3 件', '', '类别　件数', '合计　3']
    """
    found = []
    for line in markdown.replace("**", "").splitlines():
        if line.startswith("# ") or _RULE_ROW.match(line):
            continue
        if line.startswith("|"):
            found.append("　".join(cell.strip() for cell in line.strip("|").split("|")))
        else:
            found.append(line.lstrip("#").strip() if line.startswith("#") else line.rstrip())
    return found


def _paragraphs(lines: list[str]) -> tuple[tuple[str, ...], ...]:
    """Lines between empty ones."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return tuple(tuple(lines) for lines in found if lines)
