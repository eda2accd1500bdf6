"""Declared categories: codes, names in many writings, paths of names; nothing guessed."""

import csv
import os
from pathlib import Path

import pytest

from agents.declared import Declared, declared
from agents.lexicon import DECLARED_FILE
from streams.categories import CATEGORIES
from streams.errors import UserError

# The eighteen as official papers write them.
OFFICIAL = [
    "婚姻家庭纠纷",
    "邻里纠纷",
    "房屋宅基地纠纷",
    "合同纠纷",
    "生产经营纠纷",
    "损害赔偿纠纷",
    "山林土地纠纷",
    "征地拆迁纠纷",
    "劳动争议纠纷",
    "道路交通事故纠纷",
    "物业纠纷",
    "医疗纠纷",
    "消费纠纷",
    "环境污染纠纷",
    "旅游纠纷",
    "知识产权纠纷",
    "互联网纠纷",
    "其他纠纷",
]


def test_codes_and_names_of_ours() -> None:
    for code, leaf in CATEGORIES.items():
        for label in (code, code.lower(), f"{code} {leaf.name}", f"{code}-{leaf.name}", leaf.name):
            assert declared(label) == code, label


def test_the_official_eighteen() -> None:
    assert [declared(name) for name in OFFICIAL] == [f"D{n:02}" for n in range(1, 19)]


@pytest.mark.parametrize(
    ("label", "leaf"),
    [
        ("物业管理", "D11"),
        ("物業糾紛", "D11"),
        (" 物 业\u200b管理类 ", "D11"),
        ("（一）供水、供电", "S01"),
        ("3. 噪声污染投诉", "S03"),
        ("城乡建设/城市建设和市政管理/冬季采暖", "S02"),
        ("教育文体/教育收费/其他", "S07"),
        ("市场监管＞价格", "S10"),
        ("医疗", "D12"),
        ("医疗服务", "S09"),
        ("医疗卫生", "S09"),
        ("医疗纠纷", "D12"),
        ("其他", None),
        ("城乡建设", None),
        ("纠纷", None),
        ("D19", None),
        ("0102", None),
        ("", None),
        ("、", None),
    ],
)
def test_writings_and_paths(label: str, leaf: str | None) -> None:
    assert declared(label) == leaf


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    assert Declared.load(tmp_path).of("拆迁安置") == "D08"  # no table there: the one shipped
    path = tmp_path / DECLARED_FILE
    path.write_text("S01: [三水办]\n", encoding="utf-8")
    assert Declared.load(tmp_path).of("三水办") == "S01"
    assert Declared.load(tmp_path).of("拆迁安置") is None
    for text, says in (
        ("S01: [三水办]\nS02: [三水办]\n", "line 2: label '三水办' stands already under S01"),
        ("S01: [三水办]\nS02: [三水 办]\n", "term '三水 办' would never match"),
        ("S01: [KTV]\nS02: [ktv]\n", "'ktv' of S02 is the same as 'KTV' of S01"),
        ("S21: [三水办]\n", "line 1: 'S21' is no leaf"),
        ("S01: 三水办\n", "S01 needs a list"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=says):
            Declared.load(tmp_path)


def test_most_of_a_mailbox_taxonomy_is_known() -> None:
    path = os.environ.get("HUISHANG_TEST_TAXONOMY")
    if path is None:
        pytest.skip("HUISHANG_TEST_TAXONOMY names no file")
    with open(path, encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if "党" not in "".join(row.values())]
    known = [declared("/".join(row.values())) for row in rows]
    assert sum(leaf is not None for leaf in known) / len(rows) >= 0.8
    assert len(set(known) - {None}) >= 28
