"""Digests on paper: as Markdown and as HTML, ready to print and to sign, with what was signed."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt

_PAGE: Final = Template((files("sinks") / "status.html").read_text(encoding="utf-8"))
STYLE: Final = (files("sinks") / "status.css").read_text(encoding="utf-8")
STYLE_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
# What a text brings along as HTML stays text.
_MARKDOWN: Final = (
    MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
)
_SIGNED: Final = (
    '<footer class="signed"><span>拟稿岗位：</span><span>审核岗位：</span>'
    "<span>签发岗位：</span><span>签发时间：</span></footer>"
)


# What a text would be read as Markdown by.
_MARKS: Final = re.compile(r"([\\`*_\[\]<>#|~!&])")


def markdown(digest: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The body of one digest, and under it who signed it and what was added, if anything.

    digest: as sinks.digests.digest has it. zone: of the times shown.

    >>> from datetime import UTC, datetime
    >>> log = [{"kind": "sign", "by": "值班长", "at": datetime(2026, 3, 1, 9, tzinfo=UTC), "note": ""}]
    >>> markdown({"body": "# 日报告\\n", "log": log}, ZoneInfo("Asia/Shanghai")).splitlines()
    ['# 日报告', '', '---', '', '签发：值班长 2026-03-01 17:00']
    """
    said = [_said(entry, zone) for entry in digest["log"]]
    return (
        "\n".join([digest["body"], "---", *(f"\n{one}" for one in said), ""])
        if said
        else str(digest["body"])
    )


def _said(entry: Mapping[str, Any], zone: ZoneInfo) -> str:
    by = f"{_plain(entry['by'])} {entry['at'].astimezone(zone):%Y-%m-%d %H:%M}"
    note = _plain(entry["note"])
    if entry["kind"] == "amend":
        return f"补充说明：{note}（{by}）"
    return f"签发：{by}（{note}）" if note else f"签发：{by}"


def _plain(text: str) -> str:
    """A text on one line, as Markdown that shows it as it is."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def fragment(digest: Mapping[str, Any], zone: ZoneInfo) -> str:
    """HTML of one digest, with lines to sign on. digest, zone: see markdown.

    >>> said = {"body": "# 日报告\\n\\n<b>3</b> 件", "log": []}
    >>> fragment(said, ZoneInfo("Asia/Shanghai")).splitlines()[:3]
    ['<article>', '<h1>日报告</h1>', '<p>&lt;b&gt;3&lt;/b&gt; 件</p>']
    """
    # Pages allow no style attributes (their Content-Security-Policy).
    text = _MARKDOWN.render(markdown(digest, zone)).replace('style="text-align:right"', 'class="n"')
    return f"<article>\n{text}</article>\n{_SIGNED}"


def page(title: str, body: str, refresh_s: int = 0) -> str:
    """A whole document, which needs nothing from anywhere. body: ready HTML."""
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
    return _PAGE.substitute(title=escape(title), style=STYLE, body=body, refresh=refresh)
