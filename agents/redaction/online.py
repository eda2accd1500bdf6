"""Finds mail addresses, WeChat ids and QQ numbers in a text."""

import re
from collections.abc import Iterator

from agents.redaction.matching import Span
from agents.redaction.numbers import SEP

_HOSTS = r"(?:(?:vip\s?[.。．]\s?)?(?:qq|163|126|139|189|188|sina|sohu|gmail|hotmail|outlook|foxmail|yeah|live|aliyun|wo|21cn|tom|msn|icloud|yahoo))"
_DOT = r"\s?(?:[.。．·,，]|[(（\[【]?(?:dot|点)[)）\]】]?)\s?"
_TLD = r"(?:com|cn|net|org|edu|gov|cc|vip|top|io|me|info|hk|tw|de|uk|jp|xyz|co)"
_AT = r"\s?(?:@|[(（\[【{<]\s?(?:at|@|艾特|a)\s?[)）\]】}>]|\sat\s|艾特|爱特|#|\*at\*|_at_|小老鼠|圈a)\s?"
_MAIL = re.compile(
    rf"(?<![A-Z0-9._%+\-])[A-Z0-9][A-Z0-9._%+\-]{{0,63}}(?:{_AT}(?:{_HOSTS}|[A-Z0-9\-]{{1,63}}(?:{_DOT}[A-Z0-9\-]{{1,63}}){{0,4}}?){_DOT}{_TLD}(?:{_DOT}(?:cn|hk|tw))?"
    rf"|@[A-Z0-9\-]+(?:\.[A-Z0-9\-]+)*\.[A-Z]{{2,}})(?![A-Z])",
    re.I,
)

_MASKED = re.compile(r"(?:0000|[xX*]+)[-_]?@")

_LINK = r"""(?:账号|帐号|号码|同号|号|ID|名|昵称|好友|联系|是|为|叫|我|加|请|的|搜索?|[:：="'’“”\s（(\[【,，;；+➕\-—/]|〔[^〕]{1,3}〕)"""
_WECHAT = re.compile(
    rf"(?:微\s?信|威信|薇信|薇芯|徽信|微❤|V信|v信|维信|wei\s?xin|we\s?chat|(?<![A-Za-z])(?:wx|vx|v)(?![A-Za-z0-9_\-])|(?<![A-Za-z])(?:wx|vx)(?=\d)|加[我他她]?[微薇威Vv](?!信)|(?<![轻略稍细])微(?=[号:：]))"
    rf"(?!公众|群|支付|视频|小程序|平台|朋友圈|转账|红包|付款){_LINK}{{0,9}}?(?:(?<![A-Za-z0-9_\-])|(?<=加[Vv])|(?<=加[我他她][Vv]))"
    rf"(?P<n>[A-Z][A-Z0-9_\-]{{5,19}}|[1-9]\d{{4,14}}|[A-Z0-9][A-Z0-9_\-]{{5,19}})(?![A-Z0-9_\-])(?!\s?[年月日元%万])",
    re.I,
)
_WECHAT_NAMED = re.compile(
    r"(?:微信|vx|wx)(?:名|昵称|名称|网名|叫)[^，。；！？\n]{1,14}[,，、；;\s]\s?(?:微信)?(?:账|帐)?号码?[是为:：\s]{0,2}(?P<n>[A-Z][A-Z0-9_\-]{5,19})(?![A-Z0-9_\-])",
    re.I,
)
_WXID = re.compile(r"(?:(?<![A-Za-z0-9_])|(?<=vx)|(?<=wx))(?P<n>wxid_[a-z0-9]{6,})", re.I)
_WECHAT_AFTER = re.compile(
    r"(?<![A-Za-z0-9_\-])(?P<n>[A-Z][A-Z0-9_\-]{5,19})(?=\s?(?:[（(]\s?(?:我的?)?(?:微信|wechat|wx|vx)|(?:是|为)我?(?:的|本人的?)?(?:微信|wx)))",
    re.I,
)
_QQ = re.compile(
    rf"(?:Q\s?Q|扣\s?扣|企鹅号?|球球|(?<![A-Za-z])Q(?=[号:：\s\d])|加[Qq扣]|口口)(?!音乐|浏览器|空间|飞车|邮箱|炫舞)群?{_LINK}{{0,9}}?(?<!\d)(?P<n>[1-9](?:{SEP}{{0,2}}\d){{4,10}})(?!\d)(?!\s?[年月元%万.])",
    re.I,
)
_QQ_AFTER = re.compile(
    rf"(?<![\d.])(?P<n>[1-9](?:{SEP}?\d){{4,10}})(?=\s?(?:[（(]\s?(?:我的?)?(?:QQ|扣扣)|(?:是|为)?我?的?(?:QQ号|扣扣号|QQ(?=[，。,]))))",
    re.I,
)
_PUBLIC_MEDIA = re.compile(r"公众号|公众平台|视频号|小程序|订阅号|服务号|官微|官方微信")


def mails(view: str) -> Iterator[Span]:
    """Mail addresses, with the usual ways to hide the at sign and the dot."""
    for hit in _MAIL.finditer(view):
        if not _MASKED.match(hit[0]):
            yield *hit.span(), "邮箱"


def wechats(view: str) -> Iterator[Span]:
    """WeChat ids behind or before their cue; accounts of public media stay."""
    for pattern in (_WECHAT, _WECHAT_NAMED, _WXID, _WECHAT_AFTER):
        for hit in pattern.finditer(view):
            start, end = hit.span("n")
            if not _PUBLIC_MEDIA.search(view, max(0, start - 14), start):
                yield start, end, "微信"


def qqs(view: str) -> Iterator[Span]:
    """QQ numbers behind or before their cue."""
    for pattern in (_QQ, _QQ_AFTER):
        for hit in pattern.finditer(view):
            yield *hit.span("n"), "QQ"
