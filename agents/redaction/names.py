"""Finds full names of persons in a text; surnames with a title, masked and historical names stay."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from agents.redaction.evidence import ORG_AFTER, ROLE_WORD, TITLE, WORD_BEFORE, acts, belongs
from agents.redaction.lexicon import (
    COMPOUND,
    CUES,
    GIVEN,
    HISTORICAL,
    JOINTS,
    NEXT_WORDS,
    PLAIN_SURNAMES,
    SURE_WORDS,
    SURNAMES,
    WORDS_AT_START,
    WORDS_INSIDE,
    words,
)
from agents.redaction.matching import Span, tried
from agents.redaction.scan import COMPOUND_NAME, SPELT, SURE, Found
from agents.redaction.spelt import LATIN, THING_AFTER, spelt

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
# No given name ends or goes on with one of these.
_NOT_GIVEN = "的了在是我你他她它们这那与或把被对从由让给说要去到也都就还又很不没无未已过吗呢吧啊哦及因所个些么什怎啥谁每某各该此就并却只再最太更且曾刚于而但则您住先医律老女某男校村局镇乡县市区省街路巷号岁年月日时分名位人员工等"
_NOT_THIRD = frozenset(
    _NOT_GIVEN
    + "和来有为以将经向上下中家会本称表反欠打借现电身联自用多次前后今昨当同其可如若之一二三四五六七八九十全连即便总主书师同女先代跟"
)
_GIVEN = frozenset(GIVEN)
_PLAIN = frozenset(PLAIN_SURNAMES)
_SURNAMES = frozenset(SURNAMES)
_GIVEN_HAN = rf"[^\W\da-zA-Z_{_NOT_GIVEN}]"

# A name is nearly sure behind these, whatever its characters.
_SURE_TAIL = (
    rf"(?P<fill>[（(][^）)]{{0,6}}[）)]|[\s:：\"'“”‘’=（(【\[,，、；;是叫为名]){{0,5}}"
    rf"(?P<n>(?:{COMPOUND})\s?{_GIVEN_HAN}(?:\s?{_GIVEN_HAN})?|[{SURNAMES}]\s?{_GIVEN_HAN}(?:\s?{_GIVEN_HAN})?(?![·•]))"
)
# Alternatives that all begin with a plain character let the engine skip to them.
_SURE = re.compile(rf"(?:{'|'.join(sorted(SURE_WORDS, key=len, reverse=True))}){_SURE_TAIL}")
_SURE_KEY = re.compile(
    rf"(?:name|xingming|[\"'](?:xm|contact|caller|linkman|person)[\"']){_SURE_TAIL}", re.I
)
_EXPLICIT = re.compile(r"[:：=\"']|姓\s?名|名字|[名我]叫|叫做|户名|[（(】]$")
# Surnames that are mostly prepositions and the like: a name only with evidence on the right, or a colon.
_RISKY = frozenset(
    "向和从以为有来原家应代公连门车都经解全成边初广强利居查党展费师别支通房年水国多那越左候上后益楚融普本战员宛苑化平明单关管习时楼"
)
_PHRASES = frozenset(
    words(
        "高中生 高三生 高度重 安全生 高年级 成年子 万元整 高一 高二 高三 初一 许可 许诺 黎民 阳光 从新 梁山 沙特"
    )
)
_CUE_LAST = frozenset({cue[-1] for cue in CUES} | set("是叫为名系"))
_LEFT_WORDS = frozenset(
    words("被 由 找 向 与 和 跟 给 让 欠 叫 是 对 经 请 替 为 及 同 骂 打 告 即 有")
)
_BEFORE_MARK = frozenset(
    " \t\r\n　，。；：、！？,.;:!?（(【[“\"'‘《〕〈|/-—…=)）】])”>＞1234567890"
)
_FILLERS = frozenset(" \t\r\n　：:“\"'‘（(【[=〔〕")
_CUED_LAST = _CUE_LAST | _FILLERS  # a role or kin word before a name ends with one of these

# Where a name may begin at all: a plain surname and two given characters anywhere, or any surname
# at the start or behind a mark, a role or another word that may stand before a name.
_OPENERS = "".join(
    sorted(_BEFORE_MARK | _LEFT_WORDS | _CUE_LAST | {joint[-1] for joint in JOINTS} | set(_FILLERS))
)
_SURE_THIRD = _GIVEN - _NOT_THIRD
_START_CUED = re.compile(rf"[{SURNAMES}](?=[{GIVEN}])(?<![^{re.escape(_OPENERS)}].)")
_SPACED = re.compile(
    rf"[{SURNAMES}][ \u3000]{{1,2}}[{GIVEN}](?P<third>[ \u3000]{{1,2}}[{GIVEN}])?(?(third)|[{GIVEN}]?)(?![ \u3000]?某)"
)
_COMPOUND = re.compile(
    rf"(?:欧阳|上官|司马(?!迁)|诸葛(?!亮)|皇甫|尉迟|慕容|令狐|司徒|夏侯|宇文|轩辕|端木|独孤|呼延|澹台|公冶|淳于|申屠|赫连|拓跋|完颜|万俟|纳兰|爱新觉罗|长孙|公孙|闻人|钟离|宗政|鲜于|闾丘)(?!先生|女士|主任|书记|老师|经理|师傅|同[志学])\s?[{GIVEN}](?:\s?[{GIVEN}])?"
)


def _cue(view: str, start: int) -> int:  # noqa: PLR0911
    """How much the words before `start` say a name begins here: 2 a role or kin word, 1 a boundary, 0 nothing."""
    if start == 0:
        return 1
    end = start
    before = view[start - 1]
    if before in _FILLERS:
        while end and view[end - 1] in _FILLERS and start - end < 4:
            end -= 1
    elif before not in _CUE_LAST:
        return (
            1
            if before in _BEFORE_MARK
            or before in _LEFT_WORDS
            or view[max(0, start - 2) : start] in JOINTS
            else 0
        )
    if end and view[end - 1] in "是叫为名系" and view[max(0, end - 3) : end - 1] in CUES:
        return 2
    for size in (2, 3, 4, 5):
        if view[end - size if end > size else 0 : end] in CUES:
            return 2
    if view[end - 1 : end] in CUES and end == start:
        return 1
    if before in _BEFORE_MARK or before in _LEFT_WORDS or view[max(0, start - 2) : start] in JOINTS:
        return 1
    return 0


def _blocked(view: str, name: str, end: int) -> bool:
    if name in HISTORICAL or (name[:2] in WORDS_AT_START and len(name) == 2):
        return True
    if view[end : end + 1] in {"某", "*", "×", "＊"}:
        return True
    if ROLE_WORD.match(view, end):
        return False
    return THING_AFTER.match(view, end) is not None or ORG_AFTER.match(view, end) is not None


def _judge(view: str, start: int) -> int:  # noqa: PLR0911
    """Where the name that begins at `start` ends, or 0 if none does."""
    two = view[start : start + 2]
    usual_word = two in WORDS_AT_START
    before = view[start - 1] if start else ""
    # An ordinary word is a name only behind a role or kin word, which ends with one of these.
    if usual_word and before not in _CUED_LAST:
        return 0
    third = view[start + 2 : start + 3]
    if two[1] in _NOT_THIRD and third not in _GIVEN:
        return 0
    surname = view[start]
    if before and (
        before in "老小"
        or before in WORD_BEFORE.get(surname, "")
        or before + surname in WORDS_AT_START
    ):
        return 0
    # A rarer surname is none without a role or kin word before it or something behind it that
    # tells of a person. These searches take long: they come last.
    plain = surname in _PLAIN
    if (
        not plain
        and before not in _CUED_LAST
        and (
            two[1:] + third in WORDS_INSIDE
            or not (
                (third in _GIVEN and (acts(view, start + 3) or belongs(view, start + 3)))
                or belongs(view, start + 2)
            )
        )
    ):
        return 0
    cue = _cue(view, start)
    if not cue and not (plain and third in _GIVEN):
        return 0
    if two in _PHRASES:
        return 0
    end = _three(view, start, cue, usual_word)
    if not end:
        end = _two(view, start, cue, usual_word, two[1] + third)
    return 0 if end and TITLE.match(view, start + 1) else end


def _three(view: str, start: int, cue: int, usual_word: bool) -> int:  # noqa: PLR0911
    """The end of a name of three characters at `start`, or 0."""
    end = start + 3
    inside, third, after = view[start + 1 : end], view[start + 2 : end], view[end : end + 1]
    if third not in _GIVEN or not (cue or third not in _NOT_THIRD):
        return 0
    closed = cue == 2 and (not after or after in _BEFORE_MARK)
    # Behind a role word and before a mark nothing on the right need prove it; these searches take long.
    proven = (not closed or view[start] in _RISKY) and (belongs(view, end) or acts(view, end))
    plain = view[start] in _PLAIN
    if inside in WORDS_INSIDE and not closed and not (cue and plain and proven and not usual_word):
        return 0
    if usual_word and not closed and not (plain and cue == 2):
        return 0
    if view[start:end] in _PHRASES or third + after in NEXT_WORDS:
        return 0
    if (
        cue < 2
        and not proven
        and (third + after in WORDS_INSIDE or inside[0] == "家" or third in "桥河路")
    ):
        return 0
    if third in _NOT_THIRD and not (proven or not after or after in _BEFORE_MARK):
        return 0
    if view[start] in _RISKY and not (proven or view[start - 1] in ":：叫"):
        return 0
    if cue < 2 and not plain and not proven:
        return 0
    return 0 if _blocked(view, view[start:end], end) else end


def _two(view: str, start: int, cue: int, usual_word: bool, inside: str) -> int:
    """The end of a name of two characters at `start`, or 0."""
    end = start + 2
    after = view[end : end + 1]
    if not cue or usual_word or inside[0] in _NOT_THIRD or inside in WORDS_INSIDE:
        return 0
    proven = belongs(view, end)
    if not proven:
        if view[start] in _RISKY and view[start - 1 : start] not in {":", "："}:
            return 0
        if cue == 2:
            proven = not after or after in _BEFORE_MARK or after in _NOT_THIRD or acts(view, end)
        else:
            proven = view[start] in _PLAIN and acts(view, end)
    return end if proven and not _blocked(view, view[start:end], end) else 0


def _cued(view: str, places: Iterable[int], *, latin: bool) -> Iterator[Span]:
    """Names right behind a cue that leaves no doubt, whatever their characters.

    places: where such a cue may begin. latin: whether there are Latin letters in the view.
    """
    quoted = latin and ('"' in view or "'" in view or "ame" in view)
    keyed = _SURE_KEY.finditer(view) if quoted else ()
    for hit in itertools.chain(tried(_SURE, view, places), keyed):
        start, end = hit.span("n")
        name = hit["n"]
        if len(name) > 2 and name[-1] in _NOT_THIRD and view[end : end + 1] not in _BEFORE_MARK:
            name, end = name[:-1], end - 1
        usual = _GIVEN.issuperset(name[1:].replace(" ", ""))
        if name in HISTORICAL or "某" in view[start : end + 1] or TITLE.match(view, start + 1):
            continue
        if name[:2] in WORDS_AT_START and not (len(name) > 2 and usual):
            continue
        if not _EXPLICIT.search(hit[0], 0, start - hit.start()) and (
            name[0] in _RISKY or not usual or name[1:] in WORDS_INSIDE
        ):
            continue
        if not THING_AFTER.match(view, end) or ROLE_WORD.match(view, end):
            yield start, end, "姓名"


def _starts(view: str, plain: Sequence[int]) -> list[int]:
    """The places where a name may begin, in order.

    plain: where a plain surname and a given character stand that form no ordinary word.
    """
    starts = [hit.start() for hit in _START_CUED.finditer(view)]
    if plain:
        starts.extend(start for start in plain if view[start + 2 : start + 3] in _SURE_THIRD)
        return sorted(set(starts))
    return starts


def _compounds(view: str, places: Iterable[int]) -> Iterator[Span]:
    """Names with a surname of two characters, which stand at some of these places."""
    for hit in tried(_COMPOUND, view, places):
        if hit[0] not in HISTORICAL and not _blocked(view, hit[0], hit.end()):
            yield *hit.span(), "姓名"


def names(view: str, found: Found, *, latin: bool) -> Iterator[Span]:
    """Names behind or before the usual cues, and without one where the characters leave little doubt.

    latin: whether there are Latin letters in the view.
    """
    kinds = found.kinds
    latin = latin and LATIN.search(view) is not None
    if latin or kinds & SPELT:
        yield from spelt(view, found, latin=latin)
    if kinds & COMPOUND_NAME:
        yield from _compounds(view, found.names)
    if " " in view or "\u3000" in view:
        for hit in _SPACED.finditer(view):
            start, end = hit.span()
            if hit["third"] or _cue(view, start):
                yield start, end, "姓名"
    for start in _starts(view, found.plain):
        end = _judge(view, start)
        if end:
            yield start, end, "姓名"
    if latin or kinds & SURE:
        yield from _cued(view, found.names, latin=latin)
