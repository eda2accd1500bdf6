"""Unusual pairs: what is said most is told apart, and sketches tell how much two texts share of them."""

import random

import numpy as np

from agents.linking import Linker
from agents.mention import Mention, mention, mentions, same
from agents.unusual import in_common

FIRST = "丽锦瑞祥嘉泰盛荣恒鑫翠馨雅桂梅枫棠榆槐柏栖屏岚泓沁澜澄霁曦晖"
SECOND = "璞湾珑玥藤堰畔睿珩蘅芮茗漪渚汀洲浦滢漾渌沅湘沩涟浏汨泸渭洛淮"


def sketches(*texts: str) -> list[int]:
    return [each.sketch for each in mentions([("", text) for text in texts])]


def shared(one: int, other: int) -> int:
    return int(in_common(np.array([one], np.uint64), np.array([other], np.uint64))[0])


def about(pairs: list[str]) -> str:
    return "的".join(pairs)


def test_parts_that_are_empty_are_not_shared() -> None:
    assert shared(0, 0) == 0
    assert shared(0x0000_1234_0000_0000, 0x0000_1934_0000_0000) == 3
    assert shared(2**64 - 1, 2**64 - 1) == 16
    assert shared(2**64 - 1, 0) == 0


def test_a_sketch_is_of_the_text_alone_whatever_stands_around_it() -> None:
    texts = [
        f"{one}{other}停水，{other}{one}没有人修" for one, other in zip(FIRST, SECOND, strict=True)
    ]
    together = sketches("", *texts, "我们的", texts[0])
    assert together[0] == together[-2] == 0
    assert together[-1] == together[1]
    assert together[1:-2] == [sketches(text)[0] for text in texts]


def test_texts_of_one_pair_are_told_apart_from_their_neighbours() -> None:
    one, other, last = sketches("壶底", "壶底", "水垢")
    assert one == other != 0
    assert last not in (0, one)


def test_what_is_said_most_is_a_key_whatever_stands_around_it() -> None:
    one, other, seldom = mentions(
        [
            ("", "壶底一层黄，换了水也没用，壶底还是黄，刺鼻，泛黄，苦涩，难闻"),
            ("", "天天擦，壶底发黑，不知壶底怎么了，请化验一下"),
            ("", "滤芯贵，滤芯少，浑浊得很，浑浊好几天，壶底发黑"),
        ]
    )
    assert set(one.keys) & set(other.keys)
    assert not set(one.keys) & set(seldom.keys)


def test_sketches_share_as_much_as_the_texts_do() -> None:
    chance = random.Random(4)
    words = [a + b for a in FIRST for b in SECOND]
    for of_forty, least, most in ((0, 0, 2), (20, 4, 9), (40, 14, 16)):
        told = []
        for _ in range(60):
            chosen = chance.sample(words, 80 - of_forty)
            one, other = chosen[:40], chosen[40 - of_forty : 80 - of_forty]
            told.append(shared(*sketches(about(one), about(chance.sample(other, 40)))))
        assert least <= sum(told) / len(told) <= most, of_forty


def test_texts_that_name_nothing_are_led_to_each_other_by_what_both_say_most() -> None:
    one = mention("", "自来水浑浊带异味，烧开后壶底一层水垢，孩子喝了拉肚子")
    other = mention("", "近来自来水浑浊，带一股异味，壶底全是水垢，老人孩子喝了拉肚子，请查")
    elsewhere = mention("", "买了一只水壶，壶底没几天就有水垢，商家不退款")
    assert set(one.keys) & set(other.keys)
    assert same(one, other)
    assert not same(one, elsewhere)
    assert not same(one._replace(sketch=0), other)


def test_reports_without_a_key_in_common_are_never_the_same_matter() -> None:
    one = mention("", "自来水浑浊带异味，烧开后壶底一层水垢，孩子喝了拉肚子")
    other = one._replace(keys=tuple(key ^ 4 for key in one.keys))
    assert not same(one, other)
    linker = Linker()
    assert [linker.link("430100", each, n, 0) for n, each in enumerate((one, other))] == [0, 1]


def test_a_report_from_before_there_were_sketches_is_known_again() -> None:
    text = "阳光花园小区从昨天起停水，没有人来修，请有关部门处理"
    now = mention("", text)
    assert same(now, Mention(*now[:5]))


def test_a_place_alone_is_no_matter_where_a_problem_is_not_known() -> None:
    parted, sued, dry, again = mentions(
        [
            ("", "东街街道翠湾小区一对夫妻闹离婚，为抚养费争执不下"),
            ("", "东街街道翠湾小区商户被指商标侵权，请核实"),
            ("", "东街街道翠湾小区从早上开始停水，没有通知"),
            ("", "东街街道翠湾小区一对夫妻闹离婚，为抚养费争执不下，请协调"),
        ]
    )
    assert parted.problem == sued.problem == 0
    assert not same(parted, sued)
    assert not same(parted, dry)
    assert same(parted, again)


def test_what_stands_beside_a_name_is_in_the_sketch_and_the_name_is_not() -> None:
    named, other, none = sketches("壶底水垢，翠湾小区", "壶底水垢，璟鹭小区", "壶底水垢")
    assert named == other == none


def test_one_text_of_two_cities_is_two_matters() -> None:
    text = (
        "的职工反映：参保信息全部划入智慧人社统一查询，只能查到养老保险，不能生成参保证明，极为不便"
    )
    one, other, again = mentions([("", "A市" + text), ("", "B市" + text), ("", f"A市{text}，盼复")])
    assert not same(one, other)
    assert same(one, again)
