"""Normalising: one written form whatever the source, and nothing lost that carries meaning."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.normalise import normalise, to_mend


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("小区停水三天，没人管。", "小区停水三天，没人管。"),
        ("", ""),
        ("社區停電，請儘快搶修", "社区停电，请尽快抢修"),
        ("政府發(fā)揮了作用", "政府发挥了作用"),
        ("政府發（fā）揮了作用", "政府发挥了作用"),
        ("发( fā )挥", "发挥"),
        ("勞動(dòng)者的(de)權(quán)益", "劳动者的权益"),
        ("打开手机(app)查看", "打开手机(app)查看"),
        ("ＥＴＣ收费３０元", "ETC收费30元"),
        ("拖\u200b欠\ufeff工\u00ad资", "拖欠工资"),
        ("拖欠\n工资", "拖欠工资"),
        ("请 领\u3000导 关\u00a0注", "请领导关注"),
        ("  line one \r\n\t line two ", "line one line two"),
        ("找 12345 热线", "找 12345 热线"),
        ("停水 ， 停电 。", "停水，停电。"),
        ("①号楼㎡", "1号楼m2"),
        ("fa\u0304", "fā"),
        ("停水_x000D_\n停电……", "停水停电……"),
        ("天氣乾燥，乾坤", "天气干燥，乾坤"),
        ("坏字\ud800符", "坏字符"),
        ("火\U0001f525灾", "火\U0001f525灾"),
    ],
)
def test_one_form(raw: str, normal: str) -> None:
    assert normalise(raw) == normal


def test_plain_text_is_given_back_itself() -> None:
    text = "包工头拖欠工资三个月，找谁都没用！怎么办？"
    assert normalise(text) is text


def test_texts_that_need_no_mending_are_given_back_themselves() -> None:
    basic = [chr(code) for code in range(0x10000)]
    odd = set(to_mend(basic))
    for code, character in enumerate(basic):
        assert code in odd or normalise(character) is character, hex(code)
    for plain in "停，。！？a1%":
        assert ord(plain) not in odd
    beyond = [chr(code) for code in range(0x10000, 0x110000, 0x1000)]
    assert to_mend(beyond) == list(range(len(beyond)))


def test_each_text_is_looked_at_by_itself() -> None:
    assert to_mend([]) == []
    assert to_mend(["", "停水", "停電", "", " ", "停", "_", "停水\ud800"]) == [2, 4, 6, 7]


FRAGMENTS = st.sampled_from(
    [
        "發(fā)揮",
        "（dòng）",
        "(de)",
        "著",
        "乾",
        " ",
        "\n",
        "\u200b",
        "ＡＢ",
        "，",
        "。",
        "ā",
        "\u0304",
        "停水",
        "_x000D_",
        "＿x000D＿",
        "臺",
        "①",
        "a",
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=12).map("".join))
def test_idempotent(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_the_rest_is_nfkc_without_invisible_characters(text: str) -> None:
    normal = normalise(text)
    for part in re.split("[，：；！？（）…]", normal):
        assert unicodedata.normalize("NFKC", part) == part
    assert not [c for c in normal if unicodedata.category(c) in {"Cc", "Cf"}]
    assert "  " not in normal
    assert normal == normal.strip()
