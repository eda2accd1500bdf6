"""A text in the form a service shows: Markdown of each chat service, HTML and plain for mail, JSON.

Each chat service has a limit in bytes; what does not fit is cut at a line and said to be.
"""

from collections.abc import Iterable
from html import escape
from typing import Any, Final

import msgspec

from sinks.channels.desk import Notice
from sinks.channels.wording import Text

WECOM_BYTES: Final = 4_096
DINGTALK_BYTES: Final = 18_000  # of 20,000 for the whole request
FEISHU_BYTES: Final = 18_000  # of 20 KB for the whole request
CUT: Final = "（内容过长，其余见值班页）"
_WECOM_COLOURS: Final = {1: "warning", 2: "warning", 3: "comment", 4: "info"}
_FEISHU_COLOURS: Final = {0: "grey", 1: "red", 2: "orange", 3: "yellow", 4: "blue"}
_HTML_COLOURS: Final = {0: "#555", 1: "#c00", 2: "#d60", 3: "#a80", 4: "#06c"}
SOURCE: Final = "huishang"
TYPE: Final = "huishang.notice.v1"
_MARKDOWN: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>#"})


def wecom(text: Text) -> dict[str, Any]:
    """A WeCom (企业微信) group robot's message: its Markdown has no escapes and no lists."""
    title = _no_tags(text.title)
    if colour := _WECOM_COLOURS.get(text.level):
        title = f'<font color="{colour}">{title}</font>'
    lines = [f"**{title}**", *(_no_tags(line) for line in _spaced(text))]
    return {"msgtype": "markdown", "markdown": {"content": _fitting(lines, "\n", WECOM_BYTES)}}


def dingtalk(text: Text, mobiles: Iterable[str]) -> dict[str, Any]:
    """A DingTalk (钉钉) group robot's message; one line break of its Markdown is none."""
    lines = [f"### {_escaped(text.title)}", *(_escaped(line) for line in text.lines)]
    at = list(mobiles)
    lines += [" ".join(f"@{mobile}" for mobile in at)] if at else []
    return {
        "msgtype": "markdown",
        "markdown": {"title": text.title, "text": _fitting(lines, "\n\n", DINGTALK_BYTES)},
        "at": {"atMobiles": at, "isAtAll": False},
    }


def feishu(text: Text) -> dict[str, Any]:
    """A Feishu (飞书) group robot's card, with the level's colour in its head."""
    content = _fitting([_escaped(line) for line in _spaced(text)], "\n", FEISHU_BYTES)
    return {
        "msg_type": "interactive",
        "card": {
            "header": {
                "title": {"tag": "plain_text", "content": text.title},
                "template": _FEISHU_COLOURS[text.level],
            },
            "elements": [{"tag": "markdown", "content": content}],
        },
    }


def plain(text: Text) -> str:
    """Paragraphs with an empty line between."""
    return "\n\n".join("\n".join(paragraph) for paragraph in text.paragraphs)


def html(text: Text) -> str:
    """For mail: no script, no picture, no link that could be followed by itself."""
    head = f'<h3 style="color:{_HTML_COLOURS[text.level]}">{escape(text.title)}</h3>'
    body = "".join(
        f"<p>{'<br>'.join(escape(line) for line in paragraph)}</p>" for paragraph in text.paragraphs
    )
    return head + body


def cloudevent(
    notice: Notice, text: Text, channel: str, at: str, *, excerpt: bool
) -> dict[str, Any]:
    """A CloudEvent 1.0 for programs: the alerts or digest themselves beside the text.

    id: the same each time the notice is tried, so a receiver can drop repeats.
    """
    alerts = [_built(message.alert) for message in notice.messages if message.alert]
    if not excerpt:
        for alert in alerts:
            alert.pop("excerpt", None)
    held = [
        {"id": key.id, "status": key.status, "rule": one.rule, "level": one.level, "why": one.why}
        for key, one in notice.summary
    ]
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"{SOURCE}/channels/{channel}",
        "type": TYPE,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "title": text.title,
            "text": plain(text),
            "alerts": alerts,
            "digests": [_built(message.digest) for message in notice.messages if message.digest],
            "suppressed": held,
        },
    }


def _built(value: object) -> Any:
    return msgspec.to_builtins(value)


def _spaced(text: Text) -> list[str]:
    """All lines, an empty one between paragraphs."""
    return [line for paragraph in text.paragraphs for line in ("", *paragraph)][1:]


def _no_tags(line: str) -> str:
    return line.replace("<", "＜").replace(">", "＞")


def _escaped(line: str) -> str:
    """A report's own signs are not to make it bold, a link or a heading."""
    return line.translate(_MARKDOWN)


def _fitting(lines: Iterable[str], between: str, most_bytes: int) -> str:
    """The lines that fit, and a word that some did not.

    >>> _fitting(["一", "二", "三"], "\\n", 60), _fitting(["一" * 9, "二" * 9], "\\n", 70)[:9]
    ('一\\n二\\n三', '一一一一一一一一一')
    """
    kept = list(lines)
    whole = between.join(kept)
    if len(whole.encode()) <= most_bytes:
        return whole
    room = most_bytes - len((between + CUT).encode())
    while kept and len(between.join(kept).encode()) > room:
        last = kept.pop()
        if not kept:  # one line too long by itself
            return last.encode()[:room].decode(errors="ignore") + between + CUT
    return between.join(kept) + between + CUT
