"""Linking: the same matter is one incident, another estate or problem is not, whatever the batches."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from agents.linking import DAY_S, Bearer, Linker, joined
from agents.mention import NOTHING, Mention, mention, mentions, same
from cli.main import main

SHORT = "小区停水两天了，请尽快解决"
REPORTS = [
    ("", "丽景花园小区从昨天起停水，没有人来修，请有关部门处理"),
    ("", "请问丽景花园为什么又停水了？孩子洗澡都不行"),
    ("丽景花园停水", "打了供水公司电话也没人接，丽景花园几百户没水用"),
    ("", "金桂花园小区从昨天起停水，没有人来修，请有关部门处理"),
    ("", "丽景花园小区楼下烧烤店油烟太大，天天熏得睡不着"),
    ("", ""),
    ("", "停水"),
]
SOME = [mention(*report) for report in REPORTS]


def link_all(found: list[Mention], at_s: list[int | None] | None = None) -> list[int]:
    linker = Linker()
    times = at_s if at_s is not None else [0] * len(found)
    return [
        linker.link("430100", each, n, when)
        for n, (each, when) in enumerate(zip(found, times, strict=True))
    ]


def test_the_same_problem_at_the_same_place_is_one_incident() -> None:
    assert link_all(SOME) == [0, 0, 0, 3, 4, 5, 6]


def test_an_incident_lives_until_30_days_after_its_last_report() -> None:
    one, other, third = SOME[:3]
    assert link_all([one, other, third], [0, 29 * DAY_S, 58 * DAY_S]) == [0, 0, 0]
    assert link_all([one, other], [0, 30 * DAY_S]) == [0, 0]
    assert link_all([one, other, third], [0, 30 * DAY_S + 1, 31 * DAY_S]) == [0, 1, 1]


def test_a_report_without_a_time_is_linked_whatever_its_age() -> None:
    assert link_all(SOME[:3], [0, None, 400 * DAY_S]) == [0, 0, 2]
    assert link_all(SOME[:3], [None, 0, 400 * DAY_S]) == [0, 0, 2]


def test_counties_are_apart() -> None:
    linker = Linker()
    assert linker.link("430100", SOME[0], 1, 0) == 1
    assert linker.link("430200", SOME[0], 2, 0) == 2
    assert linker.link("430100", SOME[0], 3, 0) == 1


def test_forgetting_leaves_open_incidents() -> None:
    linker = Linker()
    linker.link("430100", SOME[0], 1, 0)
    linker.forget(30 * DAY_S)
    assert linker.link("430100", SOME[1], 2, 30 * DAY_S) == 1
    linker.forget(61 * DAY_S)
    assert linker.link("430100", SOME[2], 3, 60 * DAY_S) == 3


def test_nothing_said_is_never_the_same() -> None:
    assert mention("", "").keys == ()
    assert not same(NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("丽景新城小区停水三天", "丽景新城"),
        ("恒信房地产开发有限公司逾期交房", "恒信房地产开发有限公司"),
        ("我们小区没人管，这个公司不讲理", ""),
        ("李家湾小区停水", "李家湾"),
        ("王小二诊所无证行医", ""),
        ("袁民杰采石场灰尘太大", ""),
    ],
)
def test_a_name_is_shown_unless_it_may_be_a_persons(text: str, name: str) -> None:
    assert mention("", text).name == name


texts = st.lists(
    st.sampled_from(["丽景花园", "金桂花园", "停水", "油烟扰民", "，", "我们小区", "第三中学", "补课", SHORT]),
    max_size=12,
).map("".join)  # fmt: skip


@given(texts, texts)
def test_same_is_symmetric(one: str, other: str) -> None:
    a, b = mention("", one), mention("", other)
    assert same(a, b) == same(b, a)


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_a_batch_says_what_each_alone_says(reports: list[tuple[str, str]]) -> None:
    found = mentions(reports)
    assert found == [mention(*report) for report in reports]
    for each in found:
        assert len(each.keys) <= 10
        assert len(set(each.keys)) == len(each.keys)
        assert all(0 < key < 1 << 64 for key in each.keys)
        assert len(each.name) <= 16


def run(tmp_path: Path, content: str, *more: str) -> tuple[int, str, list[list[str]]]:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(content, encoding="utf-8")
    words = ["link", "--csv", str(source), "--id", "id", "--text", "text", "--out", str(out)]
    result = CliRunner().invoke(main, [*words, *more], standalone_mode=True)
    rows = list(csv.reader(out.read_text(encoding="utf-8").splitlines())) if out.exists() else []
    return result.exit_code, result.output, rows


def test_a_file_is_linked_in_the_order_of_its_times(tmp_path: Path) -> None:
    content = "id,time,text\n" + "".join(
        f"{id_},{time},{REPORTS[number][1]}\n"
        for id_, time, number in (
            ("c", "2019/8/27 18:15:31", 1),
            ("a", "2019/7/13 16:16:33", 0),
            ("b", "2019-08-01T00:00:00", 1),
            ("x", "2019/8/1 10:00:00", 3),
            ("d", "2019/10/1 10:00:00", 1),
        )
    )
    code, output, rows = run(tmp_path, content, "--time", "time", "--json")
    assert (code, rows) == (
        0,
        [["id", "incident"], ["c", "1"], ["a", "1"], ["b", "1"], ["x", "2"], ["d", "3"]],
    )
    assert '"rows":5,"incidents":3,"of_several_rows":1,"rows_in_these":3' in output


def test_counties_of_a_file_are_apart(tmp_path: Path) -> None:
    content = f"id,where,text\n1,x,{REPORTS[0][1]}\n2,y,{REPORTS[0][1]}\n3,x,{REPORTS[1][1]}\n"
    assert run(tmp_path, content, "--county", "where")[2][1:] == [["1", "1"], ["2", "2"], ["3", "1"]]  # fmt: skip
    assert run(tmp_path, content)[2][1:] == [["1", "1"], ["2", "1"], ["3", "1"]]


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        ("id,time,text\n1,soon,x\n", ("--time", "time"), "row 1: expected a time"),
        ("id,words\n1,x\n", (), "no column 'text'"),
        ("id,text\n1,x\n", ("--out", "/nowhere/out.csv"), "cannot be written"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, content: str, more: tuple[str, ...], said: str
) -> None:
    code, output, _ = run(tmp_path, content, *more)
    assert code == 2
    assert said in output


def test_of_two_incidents_that_are_as_likely_the_older_one_is_joined() -> None:
    one = mention("", "丽景花园小区从昨天起停水，没有人来修，请有关部门处理")
    bearers = [[Bearer(2, "younger", one), Bearer(1, "older", one)] for _ in one.keys]
    assert joined(one, bearers) == "older"
