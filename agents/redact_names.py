"""Finds full names of persons in a text; surnames with a title, masked and historical names stay."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from agents.redact_lexicon import (
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
from agents.redact_numbers import Span, tried
from agents.redact_scan import COMPOUND_NAME, NAME_WORDS, Found
from agents.redact_spelt import LATIN, THING_AFTER, spelt

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
_WORD_BEFORE = {
    "程": "过工课流日里路行教章规议方进历全疗",
    "许": "允也或准默容特不",
    "付": "支交垫预首拨给应代缴对托兑偿",
    "范": "规示师模防典就",
    "谢": "感谢致答多",
    "张": "紧主扩伸夸一两三几纸嚣慌开铺每这那五十百",
    "曾": "不未也都",
    "戴": "佩穿爱拥",
    "傅": "师",
    "赖": "依信无抵耍",
    "苏": "江复",
    "焦": "聚心",
    "李": "行",
    "梁": "桥房大横",
    "唐": "荒",
    "孙": "子祖",
    "王": "国大霸",
    "黎": "巴",
    "胡": "二",
    "柴": "火",
    "楼": "民高大一二三四五六七八九十这整",
    "陈": "新",
    "杨": "白",
    "单": "订运工名清保简账菜",
    "高": "提最较很更太身偏",
    "金": "资现基押定租罚奖",
    "万": "千百几数十",
    "周": "四一每上下本两",
    "时": "小当及临同平",
    "关": "有相无开",
    "管": "主城监交不",
    "何": "任如为",
    "任": "责担主信",
    "方": "地对双警校官东西南北平立",
    "马": "人",
    "林": "森园",
    "黄": "",
    "石": "",
}
_PHRASES = frozenset(
    words(
        "高中生 高三生 高度重 安全生 高年级 成年子 万元整 高一 高二 高三 初一 许可 许诺 黎民 阳光 从新 梁山 沙特"
    )
)
_CUE_LAST = frozenset({cue[-1] for cue in CUES} | set("是叫为名系"))
_LEFT_WORDS = frozenset(
    words("被 由 找 向 与 和 跟 给 让 欠 叫 是 对 经 请 替 为 及 同 骂 打 告 即 有")
)
_AFTER = re.compile(
    r"、[\u4e00-\u9fff]{2,3}[、等和）)。]|"
    r"[（(]\s?(?:男|女|化名|身份|电话|手机|联系|\d|系|我|本|原|已|时年|现年|[丈妻儿女父母户])"
    r"|[,，、\s]{0,2}(?:男|女)(?:[,，、\s）)。]|$)|[,，]?(?:汉族|回族|藏族|裕固族|现年|生于|出生)|[,，]\s?\d{2,3}岁"
    r"|[,，:：、\s（(]{0,3}(?:〔(?:手机|电话|身份证|微信|QQ|银行卡|邮箱)〕|联系电话|手机|身份证|电话|1[3-9]\d{9}|\d{17})"
    r"|(?:书记|副?主任|副?[局所院科处股站镇乡县市区部村组社队厂店校园会]长|律师|法官|检察官|民警|警官|老师|教师|医生|大夫|护士|主治|经理|总经理|老板|先生|女士|小姐|同志|师傅|网格员|会计|文书|阿姨|叔叔|大爷|大妈|同学|教练|教授|董事长|工程师|班主任|司机|夫妇|夫妻|父子|母子|父女|兄弟|姐妹|一家|等\d*[一二三四五六七八九十两]?[人名户]|本人|他们?|她们?|这[个名]|此人|签[名字收]|未成年|的?(?:低保|户口|宅基地|养老金|医药费|丈夫|妻子|老公|老婆|儿子|女儿|父亲|母亲|爱人|身份证|电话|手机|微信|家[门里属的]|哥哥|弟弟|姐姐|妹妹|孩子|房东|房子|债务|欠款|遗体|尸体|骨灰|病历|工资|名下|名义|账[户号]))"
)
_ACTS = re.compile(
    r"(?:把|将|说|称|打[伤了我人]|殴打|辱骂|骂|拖欠|欠我|体罚|侵[吞占]|勾结|欠[薪款债]|借[走了我款条钱]|承包|强[占拆行]|霸占|侵占|占用|拒[绝不]|威胁|恐吓|私[自搭]|违规|违法|擅自|于\d|因[病工为车]|之间|两[人家]|签[订了]|出具|死亡|去世|身亡|失踪|被[打骗害撞拘捕]|诈骗|骗[走了取]|贪污|挪用|收受|索要|开车|驾[车驶]|酒后|向[我他]|走失|住在|曾|多次|一直|始终|至今|仍|却|不[给肯让同接理]|未[支办]|没有?|找[我到人]|来我|在我|到我|家[住的门里养]|强行|承诺|答应|同意|负责|带[人着领]|要求|欺|以.{1,6}为由|名下|担任|反映|经营|带头|因|在\d|租|向我|与我|和我|对我|给我|也|都|就|还|又|已)"
)
_BEFORE_MARK = frozenset(
    " \t\r\n　，。；：、！？,.;:!?（(【[“\"'‘《〕〈|/-—…=)）】])”>＞1234567890"
)
_FILLERS = frozenset(" \t\r\n　：:“\"'‘（(【[=〔〕")
_ORG_AFTER = re.compile(
    r"[^\W\d_在到去的把被将与和是从说称向，、。]{1,8}(?:公司|集团|合作社|事务所|工作室|有限|诊所|药房|超市|[饭酒]店|学校|幼儿园)"
)
# A surname and one of these is how a person is spoken of, not a full name.
_TITLE = re.compile(
    r"(?:经理|主任|书记|老师|伯伯|先生|女士|小姐|师傅|律师|医生|大夫|局长|所长|院长|校长|园长|镇长|乡长|县长|市长|村长|组长|队长|科长|处长|站长|社长|厂长|行长|会长|部长|总|老板|同学|同志|阿姨|叔|大爷|大妈|大哥|大姐|大伯|大娘|哥|姐|嫂|婶|奶奶|爷爷|教练|教授|教师|警官|法官|检察官|导|工程师|会计|护士|某|氏|家[村庄屯湾]|老太|老汉|老|太太|妈妈?|爸爸?|婆婆|公公|姓|姑娘|户[主]?)"
)
_ROLE_WORD = re.compile(
    r"(?:书记|主任|局长|所长|校长|院长|老师|律师|经理|先生|女士|同志|师傅|队长|村长|镇长|医生)"
)

# Where a name may begin at all: a plain surname and two given characters anywhere,
# or any surname behind a mark, a role or another word that may stand before a name.
_OPENERS = "".join(
    sorted(_BEFORE_MARK | _LEFT_WORDS | _CUE_LAST | {joint[-1] for joint in JOINTS} | set(_FILLERS))
)
_SURE_THIRD = _GIVEN - _NOT_THIRD
_START_CUED = re.compile(rf"[{SURNAMES}](?=[{GIVEN}])(?<=[{re.escape(_OPENERS)}].)")
_START_FIRST = re.compile(rf"[{SURNAMES}](?=[{GIVEN}])")
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
    if _ROLE_WORD.match(view, end):
        return False
    return THING_AFTER.match(view, end) is not None or _ORG_AFTER.match(view, end) is not None


def _judge(view: str, start: int) -> int:
    """Where the name that begins at `start` ends, or 0 if none does."""
    surname = view[start]
    two = view[start : start + 2]
    third = view[start + 2 : start + 3]
    usual_word = two in WORDS_AT_START
    before = view[start - 1] if start else ""
    plain = surname in _PLAIN
    # An ordinary word needs a role or kin word before it, which ends with one of these.
    if (
        (usual_word or (not plain and two[1:] + third in WORDS_INSIDE))
        and before not in _CUE_LAST
        and before not in _FILLERS
    ) or (two[1] in _NOT_THIRD and third not in _GIVEN):
        return 0
    if before and (
        before in "老小"
        or before in _WORD_BEFORE.get(surname, "")
        or before + surname in WORDS_AT_START
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
    return 0 if end and _TITLE.match(view, start + 1) else end


def _three(view: str, start: int, cue: int, usual_word: bool) -> int:  # noqa: PLR0911
    """The end of a name of three characters at `start`, or 0."""
    end = start + 3
    inside, third, after = view[start + 1 : end], view[start + 2 : end], view[end : end + 1]
    if third not in _GIVEN or not (cue or third not in _NOT_THIRD):
        return 0
    closed = cue == 2 and (not after or after in _BEFORE_MARK)
    proven = _AFTER.match(view, end) is not None or _ACTS.match(view, end) is not None
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
    proven = _AFTER.match(view, end) is not None
    if not proven:
        if view[start] in _RISKY and view[start - 1 : start] not in {":", "："}:
            return 0
        if cue == 2:
            proven = (
                not after
                or after in _BEFORE_MARK
                or after in _NOT_THIRD
                or _ACTS.match(view, end) is not None
            )
        else:
            proven = view[start] in _PLAIN and _ACTS.match(view, end) is not None
    return end if proven and not _blocked(view, view[start:end], end) else 0


def _cued(view: str, places: Iterable[int]) -> Iterator[Span]:
    """Names right behind a cue that leaves no doubt, whatever their characters.

    places: where such a cue may begin.
    """
    keyed = _SURE_KEY.finditer(view) if '"' in view or "'" in view or "ame" in view else ()
    for hit in itertools.chain(tried(_SURE, view, places), keyed):
        start, end = hit.span("n")
        name = hit["n"]
        if len(name) > 2 and name[-1] in _NOT_THIRD and view[end : end + 1] not in _BEFORE_MARK:
            name, end = name[:-1], end - 1
        usual = _GIVEN.issuperset(name[1:].replace(" ", ""))
        if name in HISTORICAL or "某" in view[start : end + 1] or _TITLE.match(view, start + 1):
            continue
        if name[:2] in WORDS_AT_START and not (len(name) > 2 and usual):
            continue
        if not _EXPLICIT.search(hit[0], 0, start - hit.start()) and (
            name[0] in _RISKY or not usual or name[1:] in WORDS_INSIDE
        ):
            continue
        if not THING_AFTER.match(view, end) or _ROLE_WORD.match(view, end):
            yield start, end, "姓名"


def _starts(view: str, plain: Sequence[int]) -> list[int]:
    """The places where a name may begin, in order.

    plain: where a plain surname and a given character stand that form no ordinary word.
    """
    starts = [hit.start() for hit in _START_CUED.finditer(view)]
    if _START_FIRST.match(view):
        starts.insert(0, 0)
    if plain:
        starts.extend(start for start in plain if view[start + 2 : start + 3] in _SURE_THIRD)
        return sorted(set(starts))
    return starts


def names(view: str, found: Found, *, latin: bool) -> Iterator[Span]:
    """Names behind or before the usual cues, and without one where the characters leave little doubt.

    latin: whether there are Latin letters in the view.
    """
    kinds = found.kinds
    latin = latin and LATIN.search(view) is not None
    yield from spelt(view, found, latin=latin)
    if kinds & COMPOUND_NAME:
        for hit in tried(_COMPOUND, view, found.names):
            if hit[0] not in HISTORICAL and not _blocked(view, hit[0], hit.end()):
                yield *hit.span(), "姓名"
    if " " in view or "\u3000" in view:
        for hit in _SPACED.finditer(view):
            start, end = hit.span()
            if hit["third"] or _cue(view, start):
                yield start, end, "姓名"
    for start in _starts(view, found.plain):
        end = _judge(view, start)
        if end:
            yield start, end, "姓名"
    if latin or kinds & NAME_WORDS:
        yield from _cued(view, found.names)
