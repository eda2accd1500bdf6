"""Digests on paper: their Markdown as HTML, ready to print and to sign."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

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


def fragment(digest: Mapping[str, Any]) -> str:
    """HTML of one digest, a row of `digests`, with lines to sign on.

    >>> fragment({"body": "# 日报告\\n\\n<b>3</b> 件"}).splitlines()[:3]
    ['<article>', '<h1>日报告</h1>', '<p>&lt;b&gt;3&lt;/b&gt; 件</p>']
    """
    # Pages allow no style attributes (their Content-Security-Policy).
    text = _MARKDOWN.render(digest["body"]).replace('style="text-align:right"', 'class="n"')
    return f"<article>\n{text}</article>\n{_SIGNED}"


def page(title: str, body: str, refresh_s: int = 0) -> str:
    """A whole document, which needs nothing from anywhere. body: ready HTML."""
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
    return _PAGE.substitute(title=escape(title), style=STYLE, body=body, refresh=refresh)
