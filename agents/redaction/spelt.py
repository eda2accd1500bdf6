"""Finds names written with a dot, in pinyin, and those of minorities spelt in Chinese."""

import re
from collections.abc import Iterator

from agents.redaction.doubts import THING_AFTER
from agents.redaction.evidence import before
from agents.redaction.lexicon import MINORITY_PARTS as _PARTS
from agents.redaction.lexicon import TRANSLITERATED as _SYLLABIC
from agents.redaction.matching import Span, tried
from agents.redaction.scan import DOTTED, MINORITY, MINORITY_CUE, MINORITY_CUES, Found
from agents.redaction.segments import COSTS, least_costs

_ANY_PART = "|".join(_PARTS)
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_DOTTED = re.compile(
    rf"(?P<a>{_HAN}{{2,8}})\s?[·•・．.‧∙●⋅᛫﹒]\s?(?P<b>{_HAN}{{2,8}}(?:[·•・．.‧∙●⋅]{_HAN}{{2,8}})?)"
)
_TRANSLITERATED_TAIL = re.compile(rf"[{_SYLLABIC}·•・．.‧∙●]+")
_IS_TRANSLITERATED = re.compile(rf"[{_SYLLABIC}]{{2,8}}$")
_MINORITY = re.compile(
    rf"(?:{_ANY_PART})(?P<more>\s?(?:{_ANY_PART})(?:{_ANY_PART}|措|吉|加|江|木|汗|克|提)?)?"
)
_MINORITY_CUED = re.compile(
    rf"(?:{'|'.join(MINORITY_CUES)})[\s:：\"'“（(是叫]{{0,4}}(?P<n>[{_SYLLABIC}]{{3,9}}(?:[\s·•.]{{1,2}}[{_SYLLABIC}]{{2,7}})?|(?:{_ANY_PART}){{2}})(?![公府县市州路街镇乡村区])"
)

_SYLLABLE = "(?:[bpmfdtnlgkhjqxrzcsyw]|zh|ch|sh)?(?:iang|uang|iong|ang|eng|ing|ong|uan|ian|iao|uai|van|ai|ei|ao|ou|an|en|in|un|vn|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v)"
_PINYIN_SURNAMES = "wang|li|zhang|liu|chen|yang|zhao|huang|zhou|wu|xu|sun|hu|zhu|gao|lin|he|guo|ma|luo|liang|song|zheng|xie|han|tang|feng|yu|dong|xiao|cheng|cao|yuan|deng|fu|shen|zeng|peng|lv|lu|lyu|su|jiang|cai|jia|ding|wei|xue|ye|yan|pan|du|dai|xia|zhong|tian|ren|fan|fang|shi|yao|tan|liao|zou|xiong|jin|hao|kong|bai|cui|kang|mao|qiu|qin|gu|hou|shao|meng|long|wan|duan|lei|qian|yin|yi|chang|qiao|lai|gong|wen|ouyang|ni|niu|ji|ge|bi|qi|zhuang|tao|ai|an|bao|ke|mu|nie|ou|pei|pu|qu|shu|sima|tong|wenren|xing|yue|zhan|zhuge|zuo|mei|ruan|miao|lan|hua|you"
_LATIN_NAME = re.compile(
    r"(?<![A-Za-z@.\d_/\-])[A-Za-z]{1,14}(?:(?:[ ·\-]|[.,] ?)[A-Za-z]{1,12}){0,2}(?![A-Za-z@\d_])"
)
_SYLLABLES = re.compile(rf"{_SYLLABLE}(?:'?{_SYLLABLE})?$", re.I)
_IS_SURNAME = re.compile(rf"(?:{_PINYIN_SURNAMES})$", re.I)
_GLUED = re.compile(rf"(?:{_PINYIN_SURNAMES})'?{_SYLLABLE}(?:'?{_SYLLABLE})?$", re.I)
_CAMEL = re.compile(r"[A-Z][a-z]+[A-Z][a-z]+$")
_NO_NAMES = frozenset(
    "HuaWei XiaoMi WeiXin WeiBo TaoBao JingDong DiDi HaiEr LiNing YouKu GeLi".lower().split()
)
_PART = re.compile(_ANY_PART)
_EVERYDAY = 7.0  # cost of a character of everyday words
# A word behind which Latin letters are a name.
_CUED = 5.0

_DOT = re.compile(r"[·•・．.‧∙●⋅᛫﹒](?=\s?[\u4e00-\u9fff])(?<=[\u4e00-\u9fff\s].)")
# The long s makes a class that the engine looks up in a table: three times as fast.
LATIN = re.compile("[A-Za-z\u017f](?=[A-Za-z])")


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


def _is_pinyin(written: str, *, cued: bool) -> bool:
    """Whether Latin letters are a name: without a cue only a capital surname before a capital given name."""
    parts = re.split(r"[ ·.,\-]+", written)
    if len(parts) == 1:
        if written.lower() in _NO_NAMES or len(written) < 4 or not _GLUED.match(written):
            return False
        return cued or _CAMEL.match(written) is not None
    if not all(map(_SYLLABLES.match, parts)):
        return False
    capital = all(part[0].isupper() for part in parts)
    return (_IS_SURNAME.match(parts[0]) is not None and (capital or cued)) or (
        cued and _IS_SURNAME.match(parts[-1]) is not None
    )


def _pinyin(view: str) -> Iterator[Span]:
    """Names in pinyin."""
    for hit in _LATIN_NAME.finditer(view):
        start, end = hit.span()
        if _is_pinyin(hit[0], cued=before(view, start) >= _CUED):
            yield start, end, "姓名"


def _alone(view: str, start: int, end: int) -> bool:
    """Whether one part of a name stands where a name would."""
    after = view[end : end + 1]
    if least_costs(view[start:end])[-1] < _EVERYDAY * (end - start):
        return False
    return before(view, start) >= _CUED and not (after and COSTS.get(view[end - 1] + after))


def _ordinary(written: str) -> bool:
    """Whether these characters are everyday words: 都不让, 多次和."""
    return least_costs(written)[-1] < _EVERYDAY * len(written) and not _PART.search(written)


def spelt(view: str, found: Found, *, latin: bool) -> Iterator[Span]:
    """Names of minorities, with or without a dot, and names in pinyin."""
    kinds = found.kinds
    if kinds & DOTTED and _DOT.search(view):
        yield from _dotted(view)
    if kinds & MINORITY:
        for hit in tried(_MINORITY, view, found.names):
            if not THING_AFTER.match(view, hit.end()) and (
                hit["more"] or _alone(view, *hit.span())
            ):
                yield *hit.span(), "姓名"
    if kinds & MINORITY_CUE:
        for hit in tried(_MINORITY_CUED, view, found.names):
            if not (_ordinary(hit["n"]) or view[hit.end() - 1 : hit.end() + 1] in COSTS):
                yield *hit.span("n"), "姓名"
    if latin:
        yield from _pinyin(view)
