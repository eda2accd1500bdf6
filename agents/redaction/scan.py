"""Reads a text once for what the patterns of redaction need, so that most need not run.

One automaton (Kanda et al. 2023, Engineering faster double-array Aho–Corasick automata) holds
every word and pair of characters without which a pattern cannot match; a scan of 100 characters
takes half a microsecond, however many words it holds.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import product
from typing import Final, NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

from agents.redaction.characters import CHINESE_DIGITS, DECIMALS, LETTERS, ODD, SPACES
from agents.redaction.lexicon import (
    COMPOUND,
    GIVEN,
    MINORITY_PARTS,
    SURNAMES,
    words,
)
from agents.redaction.roles import SURE_WORDS
from agents.redaction.segments import COSTS

SURE: Final = 1  # a word behind which a name is nearly sure
MINORITY: Final = 4  # a part of a minority name
CODED: Final = 8  # a digit or letter, or what stands for one, or what a view changes
DOTTED: Final = 16
NUMERAL: Final = 32  # a Chinese digit beside another digit or what may stand between two
HOME: Final = 64  # a number before 栋, 室 …
PAPER: Final = 128
WECHAT: Final = 256
QQ: Final = 512
AT: Final = 1024
CARD: Final = 2048
MINORITY_CUE: Final = 4096  # a word that may stand before a minority name
PLATE: Final = 8192  # a province and a letter, or what may stand between them
STREET: Final = 16384  # a number before 号, 弄 or 户
DASH: Final = 32768  # a number before what parts building from room
SPACE: Final = 65536

SPELT: Final = MINORITY | MINORITY_CUE | DOTTED
NAME_WORDS: Final = SURE | MINORITY | MINORITY_CUE

# A character alone is looked at each time it stands somewhere: only those that seldom do.
_SELDOM: Final = 11
_EVERYDAY: Final = 10  # a word that costs less is no name
PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼军空海"
MINORITY_CUES: Final = words(
    "姓名 名叫 我叫 叫做 我是 联系人 投诉人 举报人 村民 牧民 邻居 老师 律师 书记 主任 医生 网格员 同学 学生 死者 伤者 原告 被告 儿子 女儿 丈夫 妻子 老板 业主 本人 name"
)
_PAPER_WORDS = words(
    "护照 通行证 台胞证 回乡证 返乡证 居留 居住证 暂住证 官证 士兵证 军人证 文职证 残疾 出生 执法证 社保 社会保障 医保 医疗保险 就诊 诊疗 健康 个人编号"
    " 住院 病案 病历 门诊 病人 患者 挂号 体检 检查 学籍 学号 学生证 考籍 警号 档案 准考证 考生号 报名号 考号 座位号 字第"
)
_CARD_WORDS = words(
    "银行卡 储蓄卡 信用卡 借记卡 工资卡 银联卡 一卡通 存折 卡号 收款账 账号 帐号 打款 汇款 转账到"
)
_AT_WORDS = words("@ # 艾特 爱特 小老鼠 圈a 圈A at At aT AT")

Hit = tuple[int, int, int]  # start, end, number of the word


def _pairs(first: Iterable[str], second: Iterable[str]) -> Iterable[str]:
    return map("".join, product(first, second))


def _table() -> dict[str, int]:
    """Each word or pair with the kinds it may be part of."""
    digits = "0123456789"
    # Alone, lest there be tens of thousands of pairs: they are as rare as they are many.
    odd = DECIMALS.replace(digits, "")
    between = digits + "Oo \t\r\n\u3000-–—.·、"
    brackets = "(（[【{<"
    numbers = digits + LETTERS + SPACES + "甲乙丙丁东西南北中一二三四五六七八九十百零〇两"
    kinds: dict[int, list[Iterable[str]]] = {
        SURE: [SURE_WORDS],
        MINORITY: [MINORITY_PARTS],
        MINORITY_CUE: [MINORITY_CUES],
        CODED: [DECIMALS, LETTERS, ODD],
        DOTTED: ["·•・．.‧∙●⋅᛫﹒"],
        NUMERAL: [
            odd,
            _pairs(CHINESE_DIGITS + "Oo", CHINESE_DIGITS + between),
            _pairs(between, CHINESE_DIGITS + "Oo"),
        ],
        HOME: [odd, _pairs(numbers, "室栋幢座楼#层单梯门排房")],
        STREET: [odd, _pairs(numbers, "号弄户"), ["门牌"]],
        DASH: [odd, _pairs(numbers, "#-－—–−_")],
        PAPER: [_PAPER_WORDS],
        CARD: [_CARD_WORDS],
        PLATE: [_pairs(PROVINCES, LETTERS + SPACES + "·•.．‧∙・-")],
        WECHAT: [words("微 威信 加威 薇 徽信 维信 v V w W")],
        QQ: [words("q Q 扣 企鹅 球球 口口")],
        SPACE: [" ", "\u3000"],
        AT: [
            _AT_WORDS,
            _pairs(brackets, "aA"),
            _pairs(_pairs(brackets, SPACES), "aA"),
        ],
    }
    table: dict[str, int] = {}
    for kind, lists in kinds.items():
        for some in lists:
            for word in some:
                table[word] = table.get(word, 0) | kind
    return table


# A surname that little else begins with.
_ALONE: Final = frozenset(
    char for char in SURNAMES if COSTS.get(char, _SELDOM) >= _SELDOM and char not in "谢许张"
)


def may_begin(two: str) -> bool:
    """Whether a name may begin so: not with an everyday word, unless its surname is little else.

    Whoever is called like such a word is found behind a sure word only.
    """
    return two[0] in _ALONE or COSTS.get(two, _SELDOM) >= _EVERYDAY


# Surnames that are characters of every other text are in the automaton with a given character each;
# so many pairs of all others would cost a second to build and 100 MB.
_FREQUENT: Final = 8
_PAIRED: Final = frozenset(
    char for char in SURNAMES if char not in _ALONE and COSTS[char] <= _FREQUENT
)


def _name_starts() -> tuple[list[str], list[str]]:
    """What a name begins with as it stands, and surnames that need a look at the next character."""
    pairs = filter(may_begin, _pairs(_PAIRED, GIVEN))
    return [*_ALONE, *COMPOUND, *pairs], [char for char in SURNAMES if char not in _ALONE | _PAIRED]


class _Automaton(NamedTuple):
    """The scan for all words, which are numbered.

    find: the words in a text.
    kinds: of the words of the table, which come first.
    doubtful: from this number on, they need a look at the next character.
    """

    find: Callable[[str], list[Hit]]
    kinds: tuple[int, ...]
    doubtful: int


@cache
def _automaton() -> _Automaton:
    """Built when first needed: a process that redacts nothing does without."""
    table = _table()
    one: dict[int, int] = {}  # object for all that are equal, which so stay in the cache
    kinds = tuple(one.setdefault(kinds, kinds) for kinds in table.values())
    starts, doubtful = _name_starts()
    words = [*table, *starts, *doubtful]
    find = CharwiseDoubleArrayAhoCorasick(words).find_overlapping
    return _Automaton(find, kinds, len(table) + len(starts))


class Found(NamedTuple):
    """What one text holds.

    kinds: the kinds of words in it, added up.
    names: places where a word of NAME_WORDS begins, in order.
    people: places where a name may begin by its first characters.
    """

    kinds: int
    names: Sequence[int]
    people: Sequence[int]


_NOTHING: Final = Found(0, (), ())


def scan(view: str) -> Found:
    """The words of a text that some pattern needs.

    >>> found = scan("联系人王伟")
    >>> found.kinds == SURE | MINORITY_CUE, found.names, found.people
    (True, [0], [3])
    """
    find, kinds_of, doubtful = _automaton()
    hits = find(view)
    if not hits:
        return _NOTHING
    kinds, names, people = 0, [], []
    known, cost = len(kinds_of), COSTS.get
    for start, end, word in hits:
        if word >= known:
            if word < doubtful or (
                view[end : end + 1] in GIVEN and cost(view[start : end + 1], 99) >= _EVERYDAY
            ):
                people.append(start)
            continue
        kind = kinds_of[word]
        kinds |= kind
        if kind & NAME_WORDS:
            names.append(start)
    # A longer word ends later than a shorter one in it, which may begin later.
    names.sort()
    return Found(kinds, names, people)


def everything(view: str) -> Found:
    """As if all words were in the text; for tests."""
    people = [at for at in range(len(view)) if may_begin(view[at : at + 2])]
    compound = [at for at in range(len(view)) if view[at : at + 2] in COMPOUND]
    return Found(-1, range(len(view)), people + compound)
