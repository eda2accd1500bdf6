"""Finds in texts what tells them apart: named places, companies, projects, and unusual words.

Two signs, neither of which needs a list of names: what stands before a word like
小区, 公司 or 学校 and is no ordinary word; and three characters in a row of which
no two belong together in an ordinary word, as in 丽发新城 or 景树卫生材料.
"""

from enum import IntEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from agents.characters import (
    Characters,
    Flags,
    Hashes,
    PairSet,
    PairTable,
    Places,
    Points,
    flags_of,
    mixed,
)

COMMON_FILE: Final = "common_pairs.txt"

# A name ends where one of these begins.
_KINDS: Final = """
小区 新城 国际 广场 大厦 大楼 公司 集团 工厂 学校 中学 小学 校区 幼儿 药店 诊所 驾校 一中 二中 三中 四中 五中
六中 七中 八中 一小 二小 三小 社区 项目 工地 商场 商城 市场 超市 酒店 宾馆 饭店 楼盘 新村 大院 宿舍 棚改 基站
网吧 煤矿 铁矿 锰矿 石场 砂场 沙场 猪场 鸡场 砖厂 纸厂 药厂 电厂 水厂 钢厂 石厂 料厂 泥厂 炼厂 化厂 具厂 装厂
械厂 培训 教育 健身 娱乐 商会
"""
# Before these even an ordinary word is a name: 时代花园, 和平公寓.
_HOMES: Final = """
花园 公馆 家园 公寓 名苑 雅苑 嘉园 佳苑 庄园 山庄 别墅 名都 名城 华府 华庭 豪庭 御府 御都 御景 半岛 世家
"""
_SINGLE_HOMES: Final = "苑郡轩邸墅"
_SINGLE_KINDS: Final = "厂村镇乡路街苑园府城湾郡庭轩阁邸墅寓桥矿场"
# What lies in so many matters that it says little: towns, streets, stations, great houses.
_GREAT: Final = "大学 学院 医院 银行 街道 景区 车站 公园 水库 大道 平台 大桥"
_SINGLE_GREAT: Final = "镇乡路街桥"
# Between a name and its kind: 恒大〔房地产〕〔开发〕〔有限〕〔责任〕公司.
_FILLERS: Final = """
有限 责任 股份 开发 地产 置业 物业 实业 投资 建设 建筑 建材 工程 科技 电子 化工 矿业 药业 制药 机械 服务
管理 商贸 贸易 食品 材料 环保 农业 林业 发展 文化 传媒 实验 附属 中心 外国 国语 职业 技术 技工 第一 第二
第三 第四 第五 安置 住宅 高层 一期 二期 三期 四期 五期 东区 西区 南区 北区 建成 水泥 采石 养殖 搅拌 加油
"""
# Characters that no name has: of grammar, of number, of place around something.
_FUNCTION: Final = (
    "的在是和与及或了有个该某这那位到去给从把被对为以于条此我你他她它您等都也就还又再只不没未无上下里内外间前后"
    "旁附近请望求将会能可要想让使由向往经过每各全整所什么怎吗呢吧啊着得地之其且但而因故如若则即既至并同共其已曾正很"
    "太更最较多少几一二三四五六七八九十两半来说称叫住买卖原省市县区号栋楼期层户局书记厅科委部政"
)
# Of these a name may have one where it stands before 小区, 公司 and the like: 盛和家园, 中天广场.
_MAY_BE_NAME: Final = "和一二三四五六七八九十上中大原同正新其能可以前"
_DISTRICTS: Final = "县区市"

TELLING: Final = 8  # of a text, at most
NAME_LIMIT: Final = 16  # characters
NAMED_BITS: Final = 30
_NAME_BONUS: Final = 1  # a name before an unusual word said as often
_TITLE_BONUS: Final = 1


@cache
def _common() -> PairSet:
    """Pairs of characters as they stand in ordinary words. A line: a first character, all second ones."""
    lines = Path(str(files("agents") / COMMON_FILE)).read_text(encoding="utf-8").split()
    return PairSet(line[0] + second for line in lines for second in line[1:])


_KIND: Final = 1
_FILLER: Final = 2
_HOME: Final = 3
_GREAT_KIND: Final = 4
_PARTS: Final = PairTable(
    dict.fromkeys(_FILLERS.split(), _FILLER)
    | dict.fromkeys(_KINDS.split(), _KIND)  # a kind may be a filler too
    | dict.fromkeys(_HOMES.split(), _HOME)
    | dict.fromkeys(_GREAT.split(), _GREAT_KIND)
)
_IS_FUNCTION: Final = flags_of(dict.fromkeys(_FUNCTION))
_IS_GRAMMAR: Final = flags_of(set(_FUNCTION) - set(_MAY_BE_NAME))
_IS_SINGLE_KIND: Final = flags_of(dict.fromkeys(_SINGLE_KINDS))
_IS_SINGLE_HOME: Final = flags_of(_SINGLE_HOMES)
_IS_SINGLE_GREAT: Final = flags_of(_SINGLE_GREAT)
_IS_DISTRICT: Final = flags_of(_DISTRICTS)
_HOUSE: Final = np.uint32(ord("房"))


class Word(IntEnum):
    """What a hash stands for, in its lowest two bits."""

    NAME = 0  # what stands before 小区, 公司 …
    UNUSUAL = 1  # three characters that no ordinary word has
    GREAT = 2  # of a town, a street, a great house
    COPY = 3  # a shingle of the text


_KIND_OF: Final = np.uint64(3)


class Telling(NamedTuple):
    """What tells n texts apart.

    words: n × TELLING hashes, in the order of their kinds, what is said most first; 0 where
    there are fewer. counts: n × 3, how many of each kind.
    names: what each text names most, for people; "" for nothing.
    named: two characters of that name, as ids in 15 bits each; 0 for none.
    districts: 16 bits of the district that a text names most; 0 for none.
    """

    words: Hashes
    counts: Hashes
    names: list[str]
    named: Hashes
    districts: Hashes


class Found(NamedTuple):
    """Occurrences: where, of which text, hashed, how much each counts."""

    at: Places
    hashes: Hashes
    weights: Places


def telling(characters: Characters, in_title: Flags) -> Telling:
    """in_title: of the characters, which stand in a title."""
    ids, pairs = characters.ids, characters.pairs
    ordinary = _common().holds(pairs)
    plain = (ids > 0) & ~_IS_FUNCTION.take(ids)
    unusual = plain & ~ordinary
    unusual[:-1] &= plain[1:]
    unusual[-1] = False
    core, end, great = _cores(characters, ordinary)
    in_great = np.zeros(len(ids), np.bool_)
    for place in range(-2, 2):
        in_great[core[great] + place] = True
    (rare,) = (unusual[:-1] & unusual[1:]).nonzero()
    words = mixed(pairs[rare].astype(np.uint64) * np.uint64(1 << 16) + ids[rare + 2])
    named = core[~great]
    further = named - 2
    further = further[unusual[further] & ~ordinary[further + 1]]
    at = np.concatenate((named, further, rare))
    hashes = np.concatenate((mixed(pairs[at[: -len(rare) or None]].astype(np.uint64)), words))
    kinds = np.full(len(at), Word.UNUSUAL, np.uint64)
    kinds[in_great[at]] = Word.GREAT
    kinds[: len(named)] = Word.NAME
    hashes = (hashes & ~_KIND_OF) | kinds
    weights = 1 + _TITLE_BONUS * in_title[at].astype(np.int64)
    weights[: len(named)] += _NAME_BONUS
    found = _added_up(characters, at, hashes, weights)
    names, characters_of = _named(characters, unusual, ordinary, core, end, in_title)
    words, counts = _foremost(characters, found)
    return Telling(words, counts, names, characters_of, _districts(characters, unusual))


def _cores(characters: Characters, ordinary: Flags) -> tuple[Places, Places, Flags]:
    """Where the two characters before each kind, fillers left out, begin; where the kind ends;
    and whether it is a great one."""
    ids, points = characters.ids, characters.points
    parts = _PARTS.get(characters.pairs)
    kind = (parts == _KIND) | (parts >= _HOME)
    (double,) = kind.nonzero()
    single = _IS_SINGLE_KIND.take(ids)
    # Not in an ordinary word (道路, 政府, 城际), nor in a longer kind (小区 in 老小区).
    single[1:] &= ~ordinary[:-1] & ~kind[:-1]
    single &= ~kind & ~ordinary
    (alone,) = single.nonzero()
    begin = np.concatenate((double, alone))
    end = np.concatenate((double + 2, alone + 1))
    home = np.concatenate((parts[double] == _HOME, _IS_SINGLE_HOME.take(ids[alone])))
    great = np.concatenate((parts[double] == _GREAT_KIND, _IS_SINGLE_GREAT.take(ids[alone])))
    for _ in range(3):
        filler = parts[begin - 2]
        step = np.where(filler > 0, 2, 0)
        step[(filler > 0) & (points[begin - 3] == _HOUSE)] = 3  # 房地产
        begin = begin - step
    core = begin - 2
    grammar = _IS_GRAMMAR.take(ids)
    named = (ids[core] > 0) & (ids[core + 1] > 0)
    named &= (home | ~ordinary[core]) & ~grammar[core] & ~grammar[core + 1]
    return core[named], end[named], great[named]


def _added_up(characters: Characters, at: Places, hashes: Hashes, weights: Places) -> Found:
    """One occurrence of each word of each text, the first, with all their weights."""
    owner = characters.owner[at]
    order = np.lexsort((at, hashes, owner))
    at, hashes, owner = at[order], hashes[order], owner[order]
    first = np.ones(len(at), np.bool_)
    first[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    (starts,) = first.nonzero()
    summed: Places = np.add.reduceat(weights[order], starts) if len(starts) else weights[:0]
    return Found(at[starts], hashes[starts], summed)


def _foremost(characters: Characters, found: Found) -> tuple[Hashes, Hashes]:
    """Of each text the words that weigh most, of equal ones those that come first; and counts."""
    order = np.lexsort((found.at, -found.weights, characters.owner[found.at]))
    order = order[_rank(characters.owner[found.at[order]]) < TELLING]
    kinds = (found.hashes & _KIND_OF).astype(np.int64)
    order = order[np.lexsort((kinds[order], characters.owner[found.at[order]]))]
    owner, kinds = characters.owner[found.at[order]], kinds[order]
    words = np.zeros((characters.texts, TELLING), np.uint64)
    words[owner, _rank(owner)] = found.hashes[order]
    counts = np.bincount(owner * 3 + kinds, minlength=characters.texts * 3).astype(np.uint64)
    return words, counts.reshape(characters.texts, 3)


def _rank(owner: Places) -> Places:
    """Place of each among its own; owner: ascending."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner)


def _named(
    characters: Characters,
    unusual: Flags,
    ordinary: Flags,
    core: Places,
    end: Places,
    in_title: Flags,
) -> tuple[list[str], Hashes]:
    """The name that each text says most, and the set of its characters."""
    names = [""] * characters.texts
    named = np.zeros(characters.texts, np.uint64)
    if not len(core):
        return names, named
    weights = 1 + _TITLE_BONUS * in_title[core].astype(np.int64)
    found = _added_up(characters, core, characters.pairs[core].astype(np.uint64), weights)
    owner = characters.owner[found.at]
    order = np.lexsort((found.at, -found.weights, owner))
    owner, at = owner[order], found.at[order]
    texts, places = np.unique(owner, return_index=True)
    at = at[places]
    ends = end[np.searchsorted(core, at)] if _sorted(core) else _ends(core, end, at)
    begins = at.copy()
    for _ in range(4):  # to the left while nothing ordinary comes, or ends
        begins -= unusual[begins - 1] & ~ordinary[begins - 2]
    ids = characters.ids.astype(np.uint64)
    named[texts] = ids[at] << np.uint64(NAMED_BITS // 2) | ids[at + 1]
    points = characters.points
    for text, begin, until in zip(texts.tolist(), begins.tolist(), ends.tolist(), strict=True):
        names[text] = "".join(map(chr, points[begin:until].tolist()))[:NAME_LIMIT]
    return names, named


def _sorted(values: Places) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def _ends(core: Places, end: Places, at: Places) -> Places:
    order = np.argsort(core, kind="stable")
    return end[order][np.searchsorted(core[order], at)]


def _districts(characters: Characters, unusual: Flags) -> Hashes:
    """16 bits of the county, district or city that each text names most."""
    points, ids = characters.points, characters.ids
    (at,) = _IS_DISTRICT.take(ids).nonzero()
    digit = _is_digit(points[at - 1])
    coded = digit & (
        _is_letter(points[at - 2]) | (_is_digit(points[at - 2]) & _is_letter(points[at - 3]))
    )
    spelt = unusual[at - 2] & unusual[at - 1]
    code = np.where(_is_digit(points[at - 2]), points[at - 3], 0).astype(np.uint64)
    for place in (at - 2, at - 1, at):
        code = code * np.uint64(1 << 16) + points[place]
    kept = coded | spelt
    at, code = at[kept], mixed(code[kept])
    found = _added_up(characters, at, code, np.ones(len(at), np.int64))
    owner = characters.owner[found.at]
    order = np.lexsort((found.at, -found.weights, owner))
    texts, places = np.unique(owner[order], return_index=True)
    districts = np.zeros(characters.texts, np.uint64)
    districts[texts] = found.hashes[order][places] % np.uint64(0xFFFF) + np.uint64(1)
    return districts


def _is_digit(points: Points) -> Flags:
    return (points >= ord("0")) & (points <= ord("9"))


def _is_letter(points: Points) -> Flags:
    return (points >= ord("A")) & (points <= ord("Z"))
