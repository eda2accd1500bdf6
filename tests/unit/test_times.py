"""Times as people write them: what is read, what is refused, what may be shown."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.times import UnreadableTime, read, showable, spread

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2019/2/28 12:32", "2019-02-28T12:32:00+08:00"),
        ("2019/7/8 14:26:12", "2019-07-08T14:26:12+08:00"),
        ("2019-02-28", "2019-02-28T00:00:00+08:00"),
        ("2019.2.28", "2019-02-28T00:00:00+08:00"),
        ("2019年2月28日", "2019-02-28T00:00:00+08:00"),
        ("2019年2月28日 12时32分", "2019-02-28T12:32:00+08:00"),
        ("2019年2月28日12时32分5秒", "2019-02-28T12:32:05+08:00"),
        ("2019年2月28日 12点", "2019-02-28T12:00:00+08:00"),
        ("２０１９／２／２８　１２：３２", "2019-02-28T12:32:00+08:00"),
        ("2019-02-28 星期四 12:32", "2019-02-28T12:32:00+08:00"),
        ("2019/7/8 下午 2:26:12", "2019-07-08T14:26:12+08:00"),
        ("2019/7/8 下午 14:26", "2019-07-08T14:26:00+08:00"),
        ("2019/7/8 上午12:05", "2019-07-08T00:05:00+08:00"),
        ("2019/7/8 2:26 PM", "2019-07-08T14:26:00+08:00"),
        ("2019-02-28T12:32:00Z", "2019-02-28T12:32:00+00:00"),
        ("2019-02-28T12:32:00.123456789+01:00", "2019-02-28T12:32:00.123456+01:00"),
        ("2019-02-28 12:32:00 -0530", "2019-02-28T12:32:00-05:30"),
        ("20190228", "2019-02-28T00:00:00+08:00"),
        ("201902281232", "2019-02-28T12:32:00+08:00"),
        ("20190228123205", "2019-02-28T12:32:05+08:00"),
        ("1551328320", "2019-02-28T12:32:00+08:00"),
        ("1551328320123", "2019-02-28T12:32:00.123+08:00"),
        (1551328320, "2019-02-28T12:32:00+08:00"),
        (1551328320.25, "2019-02-28T12:32:00.250+08:00"),
        (1551328320123, "2019-02-28T12:32:00.123+08:00"),
    ],
)
def test_reads(written: object, meant: str) -> None:
    got = read(written, SHANGHAI)
    assert got == datetime.fromisoformat(meant)
    assert got.utcoffset() == datetime.fromisoformat(meant).utcoffset()


@pytest.mark.parametrize(
    ("written", "because"),
    [
        ("7/8/2019 14:26", "could be swapped"),
        ("19/2/28", "could be swapped"),
        ("2019022812", "both a date with an hour and epoch seconds"),
        ("2019/2/30", "day is out of range"),
        ("20191301", "month must be"),
        ("2019-02-28 25:00", "hour must be"),
        ("2019/7/8 上午 14:26", "1 to 12"),
        ("2019-02-28T12:32:00+99:00", "offset"),
        ("1899-12-31", "1900 to 2099"),
        ("昨天", "year first"),
        ("12:32", "year first"),
        ("", "year first"),
        ("13912345678", "year first"),
        (-1, "between 1970 and 2100"),
        (10**18, "between 1970 and 2100"),
        (float("nan"), "between 1970 and 2100"),
        (True, "year first"),
        (None, "year first"),
        ([2019, 2, 28], "year first"),
    ],
)
def test_refuses(written: object, because: str) -> None:
    with pytest.raises(UnreadableTime, match=because):
        read(written, SHANGHAI)


def test_an_hour_shown_twice_is_refused_unless_an_offset_says_which() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with pytest.raises(UnreadableTime, match="twice"):
        read("2026-10-25 02:30", berlin)
    assert read("2026-10-25 02:30+01:00", berlin) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_hour_that_was_skipped_is_refused() -> None:
    with pytest.raises(UnreadableTime, match="forward"):
        read("2026-03-29 02:30", ZoneInfo("Europe/Berlin"))


@given(st.integers(0, 4_000_000_000_000_000))
def test_every_iso_time_reads_as_itself(epoch_us: int) -> None:
    aware = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=epoch_us)
    assert read(aware.isoformat(), SHANGHAI) == aware
    assert read(f"{aware:%Y年%m月%d日 %H时%M分%S秒}", UTC) == aware.replace(microsecond=0)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UnreadableTime):
        assert read(text, SHANGHAI).tzinfo is not None


def test_spread_is_even_from_first_to_last_and_never_reaches_the_end() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    end = start + timedelta(days=1)
    moments = [spread(start, end, row, 96) for row in range(1, 97)]
    assert moments[0] == start
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=15)}
    assert moments[-1] < end
    assert spread(start, end, 200, 96) == moments[-1]


@pytest.mark.parametrize(
    ("value", "may"),
    [
        ("2019/2/30 12:32", True),
        ("7/8/2019 14:26", True),
        ("2019年13月1日", True),
        ("13912345678", False),
        ("139-1234-5678", False),
        ("62070219900101123X", False),
        ("1990-01-01 张三", False),
        ("张三", False),
    ],
)
def test_only_what_looks_like_a_date_may_be_shown(value: str, may: bool) -> None:
    assert showable(value) is may
