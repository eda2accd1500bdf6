"""A report's place is the estate or village, not its township: one text about many of them is many matters."""

import itertools
import random

import pytest

from agents.linking import Linker
from agents.mention import mention, mentions, same

TOWNS = ("新墩镇", "位奇镇", "巷道镇", "骆驼城镇", "大河乡", "东街街道")
FIRST = "丽锦瑞祥嘉泰盛荣恒鑫翠馨雅桂梅枫棠榆槐柏栖屏岚泓沁澜澄霁曦晖"
SECOND = "泽源庭苑轩岸湾陇坪峪谷畔堰渠桓晏昭翊鹭鹤雁燕鲤荷菊菱蓉芷蔚薇"
SENTENCES = (
    "{}小区从早上开始停水，没有通知",
    "{}小区医院挂号窗口少，就医不便",
    "{}小区小区物业服务差，业主拒交物业费",
    "{}小区工地拖欠农民工工资三个月",
    "{}村村民因承包地地界发生土地纠纷",
    "{}村一户反映邻村占用其宅基地",
    "{}村两社因林地权属长期争议",
    "{}社区垃圾清运不及时，垃圾桶满溢",
    "{}公司拖欠工资，工人讨薪无果",
    "反映{}学校乱收补课费，家长不满",
)
TAILS = ("。", "，请核实。", "，盼答复。", "，已反映多次。", "，希望尽快处理。")


def about(sentence: str, towns: tuple[str, ...], chance: random.Random, number: int) -> list[str]:
    """A sentence about so many different places."""
    names = chance.sample(list(map("".join, itertools.product(FIRST, SECOND))), number)
    return [sentence.format(chance.choice(towns) + name) + chance.choice(TAILS) for name in names]


def test_places_of_one_township_are_different_matters() -> None:
    wrong = total = 0
    for number, sentence in enumerate(SENTENCES):
        chance = random.Random(number)
        for town in TOWNS:
            found = mentions([("", text) for text in about(sentence, (town,), chance, 40)])
            pairs = list(itertools.combinations(found, 2))
            total += len(pairs)
            wrong += sum(same(one, other) for one, other in pairs)
    assert wrong <= total * 0.005


@pytest.mark.parametrize("sentence", SENTENCES)
def test_one_text_about_the_places_of_a_county_makes_no_large_incident(sentence: str) -> None:
    texts = about(sentence, TOWNS, random.Random(7), 200)
    linker = Linker()
    owners = [
        linker.link("620702", each, number, 0)
        for number, each in enumerate(mentions([("", text) for text in texts]))
    ]
    assert max(owners.count(owner) for owner in set(owners)) < 5


@pytest.mark.parametrize("sentence", SENTENCES)
def test_one_place_is_one_matter_with_its_township_or_without(sentence: str) -> None:
    chance = random.Random(5)
    for first, second in zip(FIRST, SECOND, strict=True):
        told = [
            mention("", sentence.format(town + first + second) + chance.choice(TAILS))
            for town in ("新墩镇", "新墩镇", "")
        ]
        assert same(told[0], told[1])
        assert same(told[0], told[2])


@pytest.mark.parametrize(("one", "other"), [("荣畔", "澄畔"), ("曦泽", "梅泽"), ("榆岸", "榆谷")])
def test_names_that_share_a_character_are_different(one: str, other: str) -> None:
    text = "新墩镇{}小区从早上开始停水，没有通知。"
    a, b = (mention("", text.format(name)) for name in (one, other))
    assert not same(a, b)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("新墩镇璞湾小区从早上开始停水", "璞湾小区"),
        ("东街街道珑湾小区停水", "珑湾小区"),
        ("六坝镇栖源小区游客反映强制购物", "栖源小区"),
        ("位奇镇馨堰村村民手里有欠条", "馨堰村"),
        ("新墩镇荣畔村一户反映邻村占用其宅基地", "荣畔村"),
        ("大河乡荣畔村民用水难", "荣畔村"),
        ("荣畔村委会乱收费", "荣畔村"),
        ("骆驼城镇屏菊小区小区物业服务差", "屏菊小区"),
        ("想问丽景花园为什么停水", "丽景花园"),
        ("新墩镇荣畔小区业主反映停电", "荣畔小区"),
        ("新墩镇玥藤小区医院挂号窗口少", "玥藤小区"),
        ("陈户镇珑湾小区停水", "珑湾小区"),
        ("石家坳小学乱收费", "石家坳小学"),
        ("让我们找公司解决", ""),
        ("广大村民反映用水难", ""),
        ("附近村民要求处理", ""),
    ],
)
def test_the_name_shown_is_of_the_place_itself(text: str, name: str) -> None:
    assert mention("", text).name == name


def test_a_name_is_not_enough_for_one_matter() -> None:
    others = (
        "游客反映导游擅自更改旅游行程",
        "餐馆食品安全堪忧，食材变质",
        "政务服务大厅办事效率低",
    )
    wrong = total = 0
    for name in map("".join, zip(FIRST, SECOND, strict=True)):
        found = [
            mention("", f"{town}{name}小区{other}，盼答复。")
            for town, other in zip(TOWNS, others, strict=False)
        ]
        pairs = list(itertools.combinations(found, 2))
        total += len(pairs)
        wrong += sum(same(one, other) for one, other in pairs)
    assert wrong <= total * 0.2, (wrong, total)


@pytest.mark.parametrize(
    "text",
    ["请政府和教育部门管一管", "投诉黑心公司", "规范中小学收费", "非法选矿厂污染", "新建小区停水"],
)
def test_ordinary_words_before_a_kind_are_no_name(text: str) -> None:
    assert mention("", text).name == ""


def test_a_name_is_the_same_before_a_longer_kind() -> None:
    one, other = (
        mention("", f"白石渡{name}排放废水污染水渠") for name in ("源弘化工公司", "源弘化工厂")
    )
    assert set(one.keys[:1]) == set(other.keys[:1])


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("和悦花园小区", "和悦花园", True),
        ("和悦花园", "和悦小区", True),
        ("和悦花园", "和悦名都", False),
        ("和悦小学旁边", "和悦大厦旁边", False),
        ("宋家桥村", "富家桥村", False),
        ("A3区和悦花园", "A市和悦花园", True),
        ("A3区和悦花园", "B市和悦花园", False),
    ],
)
def test_what_else_is_called_by_a_name_is_another_place(
    one: str, other: str, are_same: bool
) -> None:
    a = mention("", f"{one}从早上开始停水，没有人来修")
    b = mention("", f"请问{other}为什么又停水了？孩子洗澡都不行")
    assert same(a, b) == are_same
