"""Finds names written with a dot, in pinyin, and those of minorities spelt in Chinese."""

import re
from collections.abc import Iterator

from agents.redaction.lexicon import MINORITY_PARTS, TRANSLITERATED
from agents.redaction.matching import Span, tried
from agents.redaction.scan import DOTTED, MINORITY, MINORITY_CUE, MINORITY_CUES, Found

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
# An organisation, a place or a thing named after a person.
THING_AFTER = re.compile(
    r"(?:[路街巷镇乡县市区村庄屯湾沟坝桥河湖山庙寺祠塔墓园馆奖杯牌店厂铺]|大[道街桥厦]|小[区学]|[中大]学|广场|故[居里]|精神|纪念|同款|组?社(?!长)|水库|学[校院]|医院|诊所|公司|集团|超市|酒|茶|烤|火锅|麻辣|辣|牛肉|拉面|大药房|幼儿园|家[园电具居装纺]|事务所|律所|工作室|合作社|家庭农场|餐|饭|面馆|花园|国际|大酒店|快递|物流|百货|服装|鞋|珠宝|眼镜|口腔|中医|书法|[地设置立造备材])"
)
_DOTTED = re.compile(
    rf"(?P<a>{_HAN}{{2,8}})\s?[·•・．.‧∙●⋅᛫﹒]\s?(?P<b>{_HAN}{{2,8}}(?:[·•・．.‧∙●⋅]{_HAN}{{2,8}})?)"
)
_TRANSLITERATED_TAIL = re.compile(rf"[{TRANSLITERATED}·•・．.‧∙●]+")
_IS_TRANSLITERATED = re.compile(rf"[{TRANSLITERATED}]{{2,8}}$")
_MINORITY = re.compile(
    rf"(?:{MINORITY_PARTS})\s?(?:{MINORITY_PARTS})(?:{MINORITY_PARTS}|措|吉|加|江|木|汗|克|提)?"
)
_MINORITY_CUED = re.compile(
    rf"(?:{'|'.join(MINORITY_CUES)})[\s:：\"'“（(是叫]{{0,4}}(?P<n>[{TRANSLITERATED}]{{3,9}}(?:[\s·•.]{{1,2}}[{TRANSLITERATED}]{{2,7}})?|(?:{MINORITY_PARTS}){{2}})(?![公府县市州路街镇乡村区])"
)

_SYLLABLE = "(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?(?:iang|uang|iong|ang|eng|ing|ong|uan|ian|iao|uai|van|ai|ei|ao|ou|an|en|in|un|vn|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v)"
_PINYIN_SURNAMES = "wang|li|zhang|liu|chen|yang|zhao|huang|zhou|wu|xu|sun|hu|zhu|gao|lin|he|guo|ma|luo|liang|song|zheng|xie|han|tang|feng|yu|dong|xiao|cheng|cao|yuan|deng|fu|shen|zeng|peng|lv|lu|lyu|su|jiang|cai|jia|ding|wei|xue|ye|yan|pan|du|dai|xia|zhong|tian|ren|fan|fang|shi|yao|tan|liao|zou|xiong|jin|hao|kong|bai|cui|kang|mao|qiu|qin|gu|hou|shao|meng|long|wan|duan|lei|qian|yin|yi|chang|qiao|lai|gong|wen|ouyang|ni|niu|ji|ge|bi|qi|zhuang|tao|ai|an|bao|ke|mu|nie|ou|pei|pu|qu|shu|sima|tong|wenren|xing|yue|zhan|zhuge|zuo|mei|ruan|miao|lan|hua|you"
_PINYIN = re.compile(
    rf"(?<![A-Za-z@.\d_/])(?P<s>{_PINYIN_SURNAMES})(?P<gap>[ ,·.]{{1,2}})(?P<g>{_SYLLABLE}(?:[ '\-]?{_SYLLABLE})?)(?![A-Za-z@\d_])",
    re.I,
)
_PINYIN_CUED = re.compile(
    rf"(?:姓\s?名|名叫|名字[叫是为]?|我叫|叫做?|我是|联系人|户名|持卡人|拼音[名是为]?|本人|[\"']?name[\"']?|收[件货]人|邻居|老师|律师|老板)[\s:：\"'“（(=是叫为]{{0,4}}(?<![A-Za-z])(?P<n>(?:{_PINYIN_SURNAMES})[ \-,.·]?{_SYLLABLE}(?:[ '\-]?{_SYLLABLE})?|{_SYLLABLE}(?:[ '\-]?{_SYLLABLE})?[ ,](?:{_PINYIN_SURNAMES}))(?![A-Za-z@\d_])",
    re.I,
)

_DOT = re.compile(r"[·•・．.‧∙●⋅᛫﹒](?=\s?[\u4e00-\u9fff])(?<=[\u4e00-\u9fff\s].)")
# The long s makes a class that the engine looks up in a table: three times as fast.
LATIN = re.compile("[A-Za-z\u017f](?=[A-Za-z])")
_LATIN_PAIR = re.compile(r"[A-Z][A-Za-z]{1,7}(?=[ ,·.])")


def _dotted(view: str) -> Iterator[Span]:
    """Names of minorities written with a dot of any kind."""
    for hit in _DOTTED.finditer(view):
        first, rest = hit["a"], hit["b"]
        for cut in range(len(first) - 1):
            if _IS_TRANSLITERATED.match(first[cut:]) and _IS_TRANSLITERATED.match(rest[:2]):
                tail = _TRANSLITERATED_TAIL.match(rest)
                yield (
                    hit.start("a") + cut,
                    hit.start("b") + (tail.end() if tail else len(rest)),
                    "姓名",
                )
                break


def _pinyin(view: str) -> Iterator[Span]:
    """Names in pinyin."""
    for hit in _PINYIN_CUED.finditer(view):
        yield *hit.span("n"), "姓名"
    for pair in _LATIN_PAIR.finditer(view):
        name = _PINYIN.match(view, pair.start())
        if name and name["g"][0].isupper():
            yield *name.span(), "姓名"


def spelt(view: str, found: Found, *, latin: bool) -> Iterator[Span]:
    """Names of minorities, with or without a dot, and names in pinyin."""
    kinds = found.kinds
    if kinds & DOTTED and _DOT.search(view):
        yield from _dotted(view)
    if kinds & MINORITY:
        for hit in tried(_MINORITY, view, found.names):
            if not THING_AFTER.match(view, hit.end()):
                yield *hit.span(), "姓名"
    if kinds & MINORITY_CUE:
        for hit in tried(_MINORITY_CUED, view, found.names):
            yield *hit.span("n"), "姓名"
    if latin:
        yield from _pinyin(view)
