"""Dead letters and previews: where from, how big, and nothing personal."""

from typing import Any

import pytest

from agents.preview import preview
from tests.unit.test_decode import GOOD, answer, refused, value, with_data


def test_dead_letter_says_where_from_and_shows_little() -> None:
    raw = with_data(channel="fax", text="电话13812345678，" + "长" * 500)
    letter = answer(refused(raw), raw)
    assert (letter.source, letter.runid, letter.county_code) == (
        "/zhangye/12345", "nightly-20260301", "620702",
    )  # fmt: skip
    assert (letter.reason, letter.path) == ("malformed", "$.data.channel")
    assert letter.size_bytes == len(raw)
    assert len(letter.sha256) == 64
    assert 0 < len(letter.preview) <= 200
    assert "13812345678" not in letter.preview
    cut = raw[:-9]
    assert answer(refused(cut), cut).source == "/zhangye/12345"


@pytest.mark.parametrize("key", [None, b"", b"999999", b"620702\n", b"\xff" * 6, b"13812345678"])
def test_key_that_is_no_county_is_not_kept(key: bytes | None) -> None:
    assert answer(refused(None), None, key).county_code == ""


@pytest.mark.parametrize("runid", ["王小明", "A", "a" * 33, "a\n", 1])
def test_runid_that_breaks_the_contract_is_not_kept(runid: Any) -> None:
    raw = value({**GOOD, "runid": runid, "specversion": "2"})
    assert answer(refused(raw), raw).runid == ""


def hide(text: str) -> str:
    return text.replace("13812345678", "〔手机〕").replace("王小明", "〔姓名〕")


@pytest.mark.parametrize(
    "raw",
    [
        "x" * 195 + "13812345678",  # redacted before it is cut
        r'{"text": "\u738b\u5c0f\u660e"}',
        r'{"text": "{\"t\": \"\\u738b\\u5c0f\\u660e\"}"}',
        "text=%E7%8E%8B%E5%B0%8F%E6%98%8E",
        "<text>&#29579;&#23567;&#26126;</text>",
        "<name>李四</name>",
        "name=李四&phone=138",
        "姓名：李四，路灯不亮",
        '{"phone": {"a": ["李四"]}}',
        "1381\x002345678",
        "王\u200b小明",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_preview_hides(raw: str, encoding: str) -> None:
    seen = preview(raw.encode(encoding), hide)
    assert len(seen) <= 200
    assert not any(secret in seen for secret in ("1381234", "王小明", "李四"))
    assert seen.isprintable()


def test_half_a_number_at_the_end_of_what_is_read_is_not_shown() -> None:
    phone = "13812345678"
    for spaces in range(12):
        raw = (phone * 744 + " " * spaces + phone).encode()  # what is read ends inside the last
        assert "1" not in preview(raw, lambda text: text.replace(phone, ""))
