"""Redaction: hard writings one by one, and what holds for any text."""

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.redaction.lexicon import words
from agents.redaction.passes import _apart, _once, _spans, redact
from agents.redaction.scan import everything, scan
from agents.redaction.views import plain_view
from tests.redaction.stays import tempting
from tests.redaction.texts import generate

GOES = [
    ("电话13900001234", "电话〔手机〕"),
    ("电话＋８６ １３９ ０００ ０１２３４".replace(" ０１２３４", "０１２３４"), "电话〔手机〕"),
    ("打幺三九零零零零一二三四一直不通", "打〔手机〕一直不通"),
    ("我的号码139\n0000\n1234", "我的号码〔手机〕"),
    ("139\u200b0000\u200b1234", "〔手机〕"),
    ("订单号13900001234，联系电话13900005678", "订单号13900001234，联系电话〔手机〕"),
    ("我家电话（0936）8212345转8012", "我家电话〔电话〕"),
    ("店里电话8212345、8212346", "店里电话〔电话〕、〔电话〕"),
    ("身份证11010519491231002x", "身份证〔身份证〕"),
    ("身份证 110105 19491231 002Ｘ", "身份证 〔身份证〕"),
    ("6222 0210 0111 6245 702", "〔银行卡〕"),
    ("甘g·d12345d堵门".replace("d12345d", "d12345"), "〔车牌〕堵门"),
    ("警车甘G1234警", "警车〔车牌〕"),
    ("abc#163。com", "〔邮箱〕"),
    ("abc艾特qq点com", "〔邮箱〕"),
    ("加微信zhangsan_88详谈", "加微信〔微信〕详谈"),
    ("QQ：１２３４５６７８９", "QQ：〔QQ〕"),
    ("护照E12345678", "护照〔证件〕"),
    ("军官证军字第1234567号", "军官证〔证件〕"),
    ('{"name":"张三","phone":"13900001234"}', '{"name":"〔姓名〕","phone":"〔手机〕"}'),
    ("村支书王建国书记", "村支书〔姓名〕书记"),
    ("郑重答复社长郑志强，谢谢", "郑重答复社长〔姓名〕，谢谢"),
    ("联系人：阿依古丽·买买提", "联系人：〔姓名〕"),
    ("我叫 Zhang Xiaoming", "我叫 〔姓名〕"),
    ("金都花园3栋2单元501室停水", "〔住址〕停水"),
    ("家住3-2-501", "家住〔住址〕"),
    ("12#501漏水", "〔住址〕漏水"),
    ("住甘州区环城西路67号", "住甘州区〔住址〕"),
    ("甘州区甘泉村三组15号", "甘州区〔住址〕"),
]


@pytest.mark.parametrize(("text", "expected"), GOES)
def test_goes(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text", ["〔手机〕〔姓名〕〔住址〕", "我叫〔姓名〕，电话〔手机〕，住〔住址〕"]
)
def test_tokens_are_left_alone(text: str) -> None:
    assert redact(text) == text


# Each looked like a name before its surroundings were weighed.
STAYS = [
    "学生把情况向家长说明",
    "欧阳海大道延伸段没有路灯",
    "张自忠故居门口停满了车",
    "清代彭麟玉在此练过水师",
    "车间用的是甲醇、丁淳、丙酮",
    "小区装了4台森蒂电梯",
    "途经东江湖、苏岭仙、莽山等地",
    "郑板乔养生馆收费太高",
    "位于人民路99号的鑫源小区停水",
    "安丽苑3-2-1204的认购书退不了".replace("3-2-1204", "5期"),
]


@pytest.mark.parametrize("text", STAYS)
def test_stays(text: str) -> None:
    assert redact(text) == text


NAMED = [
    ("虽然江丽娟口头道歉，钱没有退", "虽然〔姓名〕口头道歉，钱没有退"),
    ("马晓燕骑着电动车", "〔姓名〕骑着电动车"),
    ("转办人高翠英", "转办人〔姓名〕"),
    ("难道曾志刚就可以吗", "难道〔姓名〕就可以吗"),
    ("代表：李平和、杨秀娥、周桂生", "代表：〔姓名〕、〔姓名〕、〔姓名〕"),
    ("望解决！\n何丽\n5月3日", "望解决！\n〔姓名〕\n5月3日"),
]


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_names_go_by_what_stands_around(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_a_name_uncovered_by_a_number_goes_too() -> None:
    assert redact("王伟13900001234") == "〔姓名〕〔手机〕"


# Made of pieces that meet in such texts, so that patterns touch, overlap and break.
_WORDS = words(
    "13900001234 138-0000-1234 ０９３６－８２１２３４５ 8212345 幺三九零零零零一二三四 11010519491231002X 6222021001116245702 甘G12345"
    " abc@163.com 微信 zhangsan_88 QQ 123456789 我叫 张建国 李娜 欧阳明月 阿依古丽·买买提 村支书 老师 、 ， 。 （ ） : \n \u200b 金都花园 3栋 2单元 501 室"
    " 环城西路 67号 甘泉村 三组 15号 3-2-501 12#501 〔手机〕 〔 〕 订单号 电话 身份证 护照 E12345678 2019-02-28 一 的 和 是 住 在 Zhang Wei 某 *"
)
_PIECES = [*_WORDS, "\n", "\u200b", " "]
_TEXTS = st.one_of(
    st.text(max_size=120), st.lists(st.sampled_from(_PIECES), max_size=14).map("".join)
)


@given(_TEXTS)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(_TEXTS)
def test_length_is_bounded(text: str) -> None:
    """A token is at most five characters, and stands for at least two."""
    assert len(redact(text)) <= 2.5 * len(text) + 5


def _quick_and_slow(text: str) -> tuple[object, object]:
    view, _ = plain_view(text)
    quick, slow = _spans(view, scan(view)), _spans(view, everything(view))
    return _apart(quick, [], len(view)), _apart(slow, [], len(view))


@given(_TEXTS)
def test_the_scan_misses_nothing(text: str) -> None:
    quick, slow = _quick_and_slow(text)
    assert quick == slow


def test_the_scan_misses_nothing_in_what_people_write() -> None:
    for text in [*(text.text for text in generate(1200, seed=11)), *tempting(variants=1)]:
        quick, slow = _quick_and_slow(text)
        assert quick == slow, text


_SEPARATORS = st.sampled_from(["", " ", "-", ".", "·", "\n", "\u200b", "\u3000", "—", " - "])
_WRITINGS = st.sampled_from(
    ["0123456789", "０１２３４５６７８９", "零幺二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖"]
)


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "+86", "86", "0086", "+86 ", "0"]),
    _SEPARATORS,
    st.sampled_from([(3, 7), (4, 7), (3, 6), (7,), (5,)]),
    _WRITINGS,
)
def test_mobiles_vanish_in_any_writing(
    number: str, prefix: str, mark: str, cuts: tuple[int, ...], digits: str
) -> None:
    edges = [0, *cuts, 11]
    written = mark.join(number[a:b] for a, b in itertools.pairwise(edges)).translate(
        str.maketrans("0123456789", digits)
    )
    redacted = redact(f"请打我电话{prefix}{written}，谢谢")
    assert re.fullmatch(r"请打我电话.{0,5}〔手机〕，谢谢", redacted, re.S), redacted


# Each repeats what some pattern begins with, and never lets it end.
_ENDLESS = words(
    "1 0 139 13900001234 138-0013- 8-8-8- 一 零二 （ ( a a. a@ @a. # vx v微信 QQ 甘 甘A 甘A1 王 王建 王建国 张建国， 我叫王建国， 张、 李（ 联系人 联系人： 我叫， 姓名"
    " 欧阳 买买提 古丽· · 东大街 1号 3栋 3栋2单元 1-1 村 一组 组1 附1号 护照 身份证 卡号 电话 〔手机〕 〔 门牌 Wang Zhang name xm 为是 编号 〔住址〕"
)


@pytest.mark.parametrize("piece", _ENDLESS)
def test_a_pass_takes_time_with_the_length_only(piece: str) -> None:
    """Four times the text may take at most eleven times the work: square growth takes sixteen."""

    def least_s(characters: int) -> float:
        text = piece * (characters // len(piece))
        runs = []
        for _ in range(5):
            start = time.thread_time()
            _once(text)
            runs.append(time.thread_time() - start)
        return min(runs)

    assert least_s(8_000) < 11 * least_s(2_000) + 0.005
