"""README.md and README.zh-CN.md say the same: headings, code, links, images and tables in step."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.unit.markdown import code_blocks, headings, images, links, tables

ROOT: Final = Path(__file__).parents[2]
ENGLISH: Final = ROOT / "README.md"
CHINESE: Final = ROOT / "README.zh-CN.md"

# A heading that is added, dropped, moved or renamed in one is missed here until it is in both.
HEADINGS: Final = [
    (1, "Huishang 会商", "会商 Huishang"),
    (2, "What it is not", "不做什么"),
    (2, "Three ways to start", "三种上手办法"),
    (3, "A day with known truth", "先看一天：每个数都有标准答案"),
    (3, "On this machine, with your own data", "在本机用自己的数据"),
    (3, "With Kafka and ClickHouse", "接 Kafka 和 ClickHouse"),
    (2, "Publish and read", "发布与读取"),
    (2, "How reports are judged", "报件怎样判断"),
    (2, "The day of a duty room", "值班室的一天"),
    (2, "What bad input gets", "有问题的数据会怎样"),
    (2, "Settings", "设置"),
    (2, "Develop", "开发"),
    (2, "Know more", "更多文档"),
]


def texts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (ENGLISH, CHINESE)]


def test_their_headings_are_pairs_in_the_same_order() -> None:
    english, chinese = map(headings, texts())
    assert english == [(level, title) for level, title, _ in HEADINGS]
    assert chinese == [(level, title) for level, _, title in HEADINGS]


def test_their_code_is_the_same_but_for_comments() -> None:
    english, chinese = ([_without_comments(code) for code in code_blocks(text)] for text in texts())
    assert english
    assert english == chinese


def test_they_link_to_the_same_pages_and_to_each_other() -> None:
    english, chinese = (sorted(links(text)) for text in texts())
    assert [page for page in english if page != CHINESE.name] == [
        page for page in chinese if page != ENGLISH.name
    ]
    assert (CHINESE.name in english, ENGLISH.name in chinese) == (True, True)


def test_they_show_the_same_images_each_with_words_for_who_cannot_see_it() -> None:
    english, chinese = map(images, texts())
    assert [path for _, path in english] == [path for _, path in chinese]
    assert all(words for words, _ in (*english, *chinese))


def test_their_tables_have_the_same_shape_and_name_the_same_settings() -> None:
    english, chinese = map(tables, texts())
    assert [[len(row) for row in table] for table in english] == [
        [len(row) for row in table] for table in chinese
    ]
    assert [_names(table) for table in english] == [_names(table) for table in chinese]


@pytest.mark.parametrize("text", texts(), ids=["english", "chinese"])
def test_both_name_the_same_commands_and_settings(text: str) -> None:
    found = {*re.findall(r"HUISHANG_\w+", text), *re.findall(r"(?<=`)huishang [a-z -]+", text)}
    other = "".join(texts())
    assert {name for name in found if other.count(name) < 2} == set()


def _without_comments(code: str) -> list[str]:
    return [line.partition(" # ")[0].rstrip() for line in code.splitlines()]


def _names(table: list[list[str]]) -> list[list[str]]:
    """Row → what stands in backquotes in it, in order; punctuation around it is each language's own."""
    return [sorted(re.findall(r"`[^`]+`", " ".join(row))) for row in table]
