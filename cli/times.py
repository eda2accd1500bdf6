"""Times as people write them, read in a zone; what cannot be read for certain is refused."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

EXPECTED: Final = (
    "a time with the year first, like 2019/2/28 12:32, 2019年2月28日 12时32分 or "
    "2019-02-28T12:32:00+08:00, or epoch seconds or milliseconds"
)
_EPOCH_MS_FROM: Final = 100_000_000_000  # as seconds this would be the year 5138
_EPOCH_LIMIT_S: Final = 4_102_444_800  # 2100-01-01; years are 1900 to 2099

_WRITTEN: Final = re.compile(
    r"""
    (?P<year>\d{4}) \s*[-/.年]\s* (?P<month>\d{1,2}) \s*[-/.月]\s* (?P<day>\d{1,2}) \s*日?
    (?:
        [\sT,]* (?P<half>上午|下午|AM|PM)? \s*
        (?P<hour>\d{1,2}) \s*[:时時点點]\s* (?P<minute>\d{1,2})? \s*分?
        (?: \s*:?\s* (?P<second>\d{1,2}) (?:[.,](?P<fraction>\d{1,9}))? \s*秒? )?
        \s* (?P<half_after>AM|PM)?
        \s* (?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?
    )?
    """,
    re.VERBOSE,
)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?")
_DATE_AND_HOUR: Final = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])"
)
_DAY_OR_MONTH_FIRST: Final = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{2,4}\b.*")
_WEEKDAY: Final = re.compile(r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")


class UnreadableTime(ValueError):
    """A time that cannot be read, or reads in two ways; the message says what was expected."""


def read(value: object, zone: tzinfo) -> datetime:
    """An instant from a text or a number; a text without an offset is read in `zone`.

    Numbers, and texts of 9, 10 or 13 digits, are epoch seconds or milliseconds.
    Raises UnreadableTime, also for an hour that the zone's clock shows twice or
    skips, and where day and month could be swapped.

    >>> from zoneinfo import ZoneInfo
    >>> read("2019/2/28 12:32", ZoneInfo("Asia/Shanghai")).isoformat()
    '2019-02-28T12:32:00+08:00'
    >>> read("1551328320", ZoneInfo("Asia/Shanghai")).isoformat()
    '2019-02-28T12:32:00+08:00'
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise UnreadableTime(EXPECTED)
    if isinstance(value, (int, float)):
        return _epoch(value, zone)
    text = " ".join(_WEEKDAY.sub(" ", unicodedata.normalize("NFKC", value)).split()).upper()
    if re.fullmatch(r"\d{9,10}(\.\d+)?|\d{13}", text):
        if _DATE_AND_HOUR.fullmatch(text):
            raise UnreadableTime(
                "a time that reads one way; this is both a date with an hour and epoch seconds"
            )
        return _epoch(float(text) if "." in text else int(text), zone)
    if written := _WRITTEN.fullmatch(text):
        return _from_parts(written, zone)
    if compact := _COMPACT.fullmatch(text):
        year, month, day, *clock = (int(part or 0) for part in compact.groups())
        return _local((year, month, day), (*clock, 0), zone)
    if _DAY_OR_MONTH_FIRST.fullmatch(text):
        raise UnreadableTime(f"{EXPECTED}; here day, month and year could be swapped")
    raise UnreadableTime(EXPECTED)


def _epoch(value: float, zone: tzinfo) -> datetime:
    seconds = value / 1000 if abs(value) >= _EPOCH_MS_FROM else value
    if not 0 <= seconds < _EPOCH_LIMIT_S:
        raise UnreadableTime("epoch seconds or milliseconds between 1970 and 2100")
    # From whole microseconds: a float of today's seconds is too coarse to round again.
    return (
        datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(seconds * 1e6))
    ).astimezone(zone)


def _from_parts(written: re.Match[str], zone: tzinfo) -> datetime:
    part = written.groupdict()
    hour = int(part["hour"] or 0)
    half = part["half"] or part["half_after"]
    if half and not 1 <= hour <= 12:
        # 下午 14:26 is written often enough, and clear; 上午 14:26 is neither.
        if half not in ("下午", "PM") or hour == 0:
            raise UnreadableTime(f"an hour of 1 to 12 with {half}")
    elif half:
        hour = hour % 12 + (12 if half in ("下午", "PM") else 0)
    return _local(
        (int(part["year"]), int(part["month"]), int(part["day"])),
        (
            hour,
            int(part["minute"] or 0),
            int(part["second"] or 0),
            int((part["fraction"] or "").ljust(6, "0")[:6]),
        ),
        _offset(part["offset"]) or zone,
    )


def _offset(written: str | None) -> tzinfo | None:
    if written is None:
        return None
    if written in ("Z", "UTC", "GMT"):
        return UTC
    sign = -1 if written[0] == "-" else 1
    hours, minutes = int(written[1:3]), int(written[-2:])
    if hours > 18 or minutes > 59:
        raise UnreadableTime("an offset from -18:00 to +18:00")
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _local(date: tuple[int, int, int], clock: Sequence[int], zone: tzinfo) -> datetime:
    """The instant of a wall clock. clock: hour, minute, second, microsecond."""
    if not 1900 <= date[0] <= 2099:
        raise UnreadableTime("a year from 1900 to 2099")
    try:
        hour, minute, second, microsecond = clock
        local = datetime(*date, hour, minute, second, microsecond, tzinfo=zone)
    except ValueError as error:
        raise UnreadableTime(f"a time the calendar has ({error})") from None
    if local.utcoffset() == local.replace(fold=1).utcoffset():
        return local
    # RFC 5545 and PEP 495: two offsets mean an hour shown twice, or one that was skipped.
    if local.astimezone(UTC).astimezone(zone).replace(fold=0) != local:
        raise UnreadableTime(f"an hour that {zone} has; clocks went forward over this one")
    raise UnreadableTime(f"an offset too: clocks in {zone} showed this hour twice")


def spread(start: datetime, end: datetime, row: int, rows: int) -> datetime:
    """The moment of row 1…rows, evenly over [start, end), to the second.

    Rows past `rows` (appended since they were counted) get the last one's moment.

    >>> day = datetime(2026, 3, 1, tzinfo=UTC)
    >>> [spread(day, day + timedelta(days=1), row, 4).hour for row in (1, 2, 3, 4, 5)]
    [0, 6, 12, 18, 18]
    """
    seconds = (end - start).total_seconds() * (min(row, rows) - 1) // max(rows, 1)
    return start + timedelta(seconds=seconds)


# Only what looks like a date may be repeated in a message; anything else might be
# a phone number or a sentence from a column mapped by mistake.
_SHOWABLE: Final = re.compile(
    r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?[-\d:/.,TZ+ 年月日时分秒点上下午]{0,30}"
)


def showable(value: str) -> bool:
    """Whether a refused time may be shown: it looks like a date, however wrong.

    >>> showable("2019/2/30 12:32"), showable("139-1234-5678"), showable("13912345678")
    (True, False, False)
    """
    return _SHOWABLE.fullmatch(value.strip()) is not None
