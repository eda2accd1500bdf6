"""Every row of the bad-input table: what it gets, where, and that nothing of it is said."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.decode import Decoder, check_times, identity
from agents.preview import dead_letter
from streams.errors import InvalidEvent, Reason
from streams.events import EVENTS, Event
from streams.examples import EXAMPLES

NOW = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
GOOD = EXAMPLES["hotline-calls"]
DECODER = Decoder("hotline-calls")
SECRET = "秘密王小明13812345678"


def value(event: Any, *, ascii_only: bool = False) -> bytes:
    return json.dumps(event, ensure_ascii=ascii_only).encode()


def with_data(**data: Any) -> bytes:
    return value({**GOOD, "data": {**GOOD["data"], **data}})


def without(name: str) -> bytes:
    return value({**GOOD, "data": {k: v for k, v in GOOD["data"].items() if k != name}})


def refused(raw: bytes | None, headers: list[tuple[str, bytes]] | None = None) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as caught:
        DECODER.decode(raw, headers)
    return caught.value


def nested(depth: int) -> Any:
    inner: Any = 1
    for _ in range(depth):
        inner = {"a": inner}
    return inner


MALFORMED: dict[str, tuple[bytes | None, str, str]] = {
    "tombstone": (None, "$", "no value"),
    "empty": (b"", "$", "cut off"),
    "blank": (b" \n", "$", "cut off"),
    "plain text": ("市民反映路灯不亮".encode(), "$", "JSON"),
    "csv": (b"620702,2026-03-01,phone", "$", ""),
    "xml": (b"<event><id>1</id></event>", "$", "JSON"),
    "array": (b"[]", "$", "object"),
    "number": (b"12", "$", "object"),
    "null": (b"null", "$", "object"),
    "cut off": (value(GOOD)[:-2], "$", "cut off"),
    "cut off in a string": (value(GOOD)[:200], "$", ""),
    "two events": (value(GOOD) * 2, "$", "byte"),
    "byte order mark": (b"\xef\xbb\xbf" + value(GOOD), "$", "byte order mark"),
    "single quotes": (str({"id": 1}).encode(), "$", "JSON"),
    "NaN": (with_data(severity=1).replace(b'"severity": 1', b'"severity": NaN'), "$", ""),
    "bad UTF-8": (value(GOOD).replace("路灯".encode(), b"\xff\xfe"), "$", "UTF-8"),
    "GBK": (value(GOOD).decode().encode("gbk"), "$", "UTF-8"),
    "UTF-16": (value(GOOD).decode().encode("utf-16"), "$", "NUL"),
    "lone surrogate": (value(GOOD).replace("路灯".encode(), b"\\ud800"), "$", "JSON"),
    "raw NUL": (value(GOOD).replace("路灯".encode(), b"\0"), "$", "NUL"),
    "escaped NUL": (value(GOOD).replace("路灯".encode(), b"\\u0000"), "$", "NUL"),
    "NUL after a backslash": (value(GOOD).replace("路灯".encode(), b"\\\\\\u0000"), "$", "NUL"),
    "NUL in the id": (value({**GOOD, "id": "a\0b"}), "$", "NUL"),
    "too long": (with_data(text="长" * 30_000), "$", "65536 bytes"),
    "too deep": (with_data(extra=nested(9)), "$", "8 levels"),
    "very deep": (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "$", "8 levels"),
    "unclosed and deep": (b"[" * 60_000, "$", "8 levels"),
    "deep in a known field": (with_data(text=nested(9)), "$", "8 levels"),
    "wrong type": (with_data(text=12), "$.data.text", "text"),
    "text for a number": (with_data(wait_s="12"), "$.data.wait_s", "an integer, 0 to 86400"),
    "text for a bool": (with_data(repeat="no"), "$.data.repeat", "true or false"),
    "null for a field": (with_data(title=None), "$.data.title", "text"),
    "too small": (with_data(severity=0), "$.data.severity", "1 to 4"),
    "huge number": (with_data(wait_s=10**400), "$.data.wait_s", "an integer"),
    "unknown channel": (with_data(channel="fax"), "$.data.channel", '"letter", "phone"'),
    "time without offset": (
        with_data(reported_at="2026-03-01T08:00:00"),
        "$.data.reported_at",
        "offset",
    ),
    "no such day": (with_data(reported_at="2026-02-30T08:00:00Z"), "$.data.reported_at", "3339"),
    "short county": (with_data(county_code="6207"), "$.data.county_code", "six digits"),
    "missing field": (without("reported_at"), "$.data.reported_at", "missing"),
    "missing attribute": (value({k: v for k, v in GOOD.items() if k != "id"}), "$.id", "missing"),
    "no data": (value({k: v for k, v in GOOD.items() if k != "data"}), "$.data", "missing"),
    "unknown field": (with_data(urgency=3), "$.data.urgency", "no field of this name"),
    "unknown attribute": (value({**GOOD, "data_base64": "eA=="}), "$.data_base64", "no field"),
    "event of another stream": (value(EXAMPLES["grid-reports"]), "$", ""),
    "other version": (value({**GOOD, "type": "huishang.hotline-call.v9"}), "$.type", "call.v1"),
    "a secret as a field's name": (with_data(**{SECRET: 1}), "$.data.*", "no field"),
    "a phone as a field's name": (with_data(x13812345678=1), "$.data.*", "no field"),
    "a path as a field's name": (with_data(**{"a` - at `$.data.text": 1}), "$.data.*", "no field"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed(case: str) -> None:
    raw, path, expected = MALFORMED[case]
    error = refused(raw)
    assert error.reason is Reason.MALFORMED
    assert error.path.startswith(path) if path == "$" else error.path == path
    assert expected in error.expected


IDENTITY: dict[str, tuple[bytes, str]] = {
    "in data": (with_data(reporter_name=SECRET), "$.data.reporter_name"),
    "among attributes": (value({**GOOD, "userid": SECRET}), "$.userid"),
    "Chinese": (with_data(投诉人=SECRET), "$.data.投诉人"),
    "below": (with_data(extra={"list": [1, {"phone": SECRET}]}), "$.data.extra.list[1].phone"),
    "empty": (with_data(phone=None), "$.data.phone"),
    "escaped": (with_data(phone=SECRET).replace(b'"phone"', b'"\\u0070hone"'), "$.data.phone"),
    "cut off": (with_data(phone=SECRET)[:-8], "$.data.phone"),
    "single quotes": (f"{{'phone': '{SECRET}'}}".encode(), "$.phone"),
    "no quotes": (f"{{phone: {SECRET}}}".encode(), "$.phone"),
    "with a wrong type too": (with_data(text=1, phone=SECRET), "$.data.phone"),
    "with bad UTF-8 too": (with_data(phone=SECRET) + b"\xff", "$.data.phone"),
    "GBK": (with_data(姓名=SECRET).decode().encode("gbk"), "$.data.姓名"),
    "too long": (with_data(text="长" * 30_000, phone=SECRET), "$.data.phone"),
    "hidden by a second data": (
        value(GOOD).replace(b'"data":', b'"data": {"phone": "1"}, "data":'), "$.data.phone",
    ),
    "very deep": (b'{"a":' * 9_000 + b'{"phone": 1}' + b"}" * 9_000, "$"),
    "a name that says who": (with_data(**{f"{SECRET}的电话": 1}), "$.data.*"),
    "below a name that says who": (with_data(**{"[13812345678]": {"phone": 1}}), "$.data.*.phone"),
}  # fmt: skip


@pytest.mark.parametrize("case", IDENTITY)
def test_identity_field_beats_everything_and_is_kept_nowhere(case: str) -> None:
    raw, path = IDENTITY[case]
    error = refused(raw)
    assert error.reason is Reason.IDENTITY_FIELD
    assert error.path.startswith(path)
    letter = answer(error, raw)
    assert letter.preview == ""
    assert SECRET not in repr(letter)
    assert "13812345678" not in repr(letter)


def answer(error: InvalidEvent, raw: bytes | None, key: bytes | None = b"620702") -> Any:
    return dead_letter(
        error, raw, key=key, headers=None, topic="hotline-calls", partition=1, offset=7, at=NOW,
        redact=lambda text: text.replace("13812345678", "〔手机〕"),
    )  # fmt: skip


def test_good_event() -> None:
    event = DECODER.decode(value(GOOD))
    assert event.data.title == "路灯不亮"
    assert DECODER.decode(value(GOOD, ascii_only=True)) == event
    assert DECODER.decode(with_data(text="反斜杠\\u0000")).data.text == "反斜杠\\u0000"
    assert DECODER.decode(with_data(title="长" * 500)).data.title == "长" * 500  # cut later


@pytest.mark.parametrize(
    "content_type",
    [b"application/cloudevents+json", b"Application/CloudEvents+JSON; charset=UTF-8"],
)
def test_structured_mode(content_type: bytes) -> None:
    event = DECODER.decode(value(GOOD), [("content-type", content_type), ("trace", b"x")])
    assert event == DECODER.decode(value(GOOD))
    assert (
        DECODER.decode(value(GOOD), [("ce_specversion", b"1.0"), ("content-type", content_type)])
        == event
    )


BINARY = [("content-type", b"application/json; charset=utf-8")] + [
    (f"ce_{name}", text.encode())
    for name, text in GOOD.items()
    if name not in ("data", "datacontenttype")
]
DATA = value(GOOD["data"])


def test_binary_mode() -> None:
    assert DECODER.decode(DATA, BINARY) == DECODER.decode(value(GOOD))
    assert DECODER.decode(DATA, BINARY[1:]) == DECODER.decode(value(GOOD))


def changed(name: str, text: bytes | None) -> list[tuple[str, bytes]]:
    kept = [header for header in BINARY if header[0] != name]
    return kept if text is None else [*kept, (name, text)]


@pytest.mark.parametrize(
    ("raw", "headers", "reason", "path"),
    [
        (None, BINARY, Reason.MALFORMED, "$"),
        (DATA[:-2], BINARY, Reason.MALFORMED, "$"),
        (DATA + b',"source":"x"', BINARY, Reason.MALFORMED, "$"),
        (DATA.replace(b'"phone"', b'"fax"'), BINARY, Reason.MALFORMED, "$.data.channel"),
        (DATA.replace(b"}", b', "x": 1}'), BINARY, Reason.MALFORMED, "$.data.x"),
        (DATA.replace("路灯".encode(), b"\\u0000"), BINARY, Reason.MALFORMED, "$"),
        (DATA, changed("ce_id", None), Reason.MALFORMED, "header ce_id"),
        (DATA, changed("ce_time", b"noon"), Reason.MALFORMED, "header ce_time"),
        (DATA, changed("ce_specversion", b"0.3"), Reason.MALFORMED, "header ce_specversion"),
        (DATA, changed("ce_source", b"\xff"), Reason.MALFORMED, "header"),
        (DATA, changed("ce_source", b"a\0b"), Reason.MALFORMED, "header"),
        (DATA, changed("ce_colour", b"red"), Reason.MALFORMED, "header ce_colour"),
        (DATA, changed("ce_data", b"{}"), Reason.MALFORMED, "header"),
        (DATA, changed("content-type", b"text/xml"), Reason.MALFORMED, "header content-type"),
        (DATA, BINARY[:1], Reason.MALFORMED, "header content-type"),
        (DATA, changed("ce_phone", b"1"), Reason.IDENTITY_FIELD, "header ce_phone"),
        (DATA.replace(b"}", b', "qq": 1}'), BINARY, Reason.IDENTITY_FIELD, "$.qq"),
    ],
)
def test_bad_binary_mode(
    raw: bytes | None, headers: list[tuple[str, bytes]], reason: Reason, path: str
) -> None:
    error = refused(raw, headers)
    assert (error.reason, error.path) == (reason, path)


def timed(reported: datetime, occurred: datetime = NOW) -> Event:
    return DECODER.decode(
        with_data(reported_at=reported.isoformat(), occurred_at=occurred.isoformat())
    )


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LIMITS = {"ahead": 10 * MINUTE, "history": 3653 * DAY}


@pytest.mark.parametrize(
    ("reported", "occurred", "path"),
    [
        (NOW + 11 * MINUTE, NOW, "$.data.reported_at"),
        (NOW + 9_000 * DAY, NOW, "$.data.reported_at"),
        (NOW - 3654 * DAY, NOW, "$.data.reported_at"),
        (datetime(1, 1, 1, tzinfo=UTC), NOW, "$.data.reported_at"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), NOW, "$.data.reported_at"),
        (NOW, NOW + 11 * MINUTE, "$.data.occurred_at"),
    ],
)
def test_time_out_of_range(reported: datetime, occurred: datetime, path: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        check_times(timed(reported, occurred), NOW, **LIMITS)
    assert (caught.value.reason, caught.value.path) == (Reason.TIME_OUT_OF_RANGE, path)


@pytest.mark.parametrize("reported", [NOW, NOW + 10 * MINUTE, NOW - 3653 * DAY])
def test_times_within_range(reported: datetime) -> None:
    assert check_times(timed(reported), NOW, **LIMITS) == reported.timestamp()


@given(st.timedeltas(timedelta(0), 3652 * DAY), st.integers(-18 * 60 + 1, 18 * 60 - 1))
def test_a_time_is_told_in_whole_seconds_whatever_its_offset(
    age: timedelta, offset_min: int
) -> None:
    reported = (NOW - age).astimezone(timezone(offset_min * MINUTE))
    assert check_times(timed(reported), NOW, **LIMITS) == reported.timestamp() // 1


def test_identity_keeps_source_and_id_apart() -> None:
    def of(source: str, id_: str) -> int:
        return identity(DECODER.decode(value({**GOOD, "source": source, "id": id_})))

    assert of("a", "bc") == of("a", "bc")
    assert len({of("a", "bc"), of("ab", "c"), of("abc", "d"), of("a", "b")}) == 4


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
    ),
    max_leaves=20,
)


def event_or_refusal(stream: str, raw: bytes, headers: list[tuple[str, bytes]]) -> None:
    try:
        event = Decoder(stream).decode(raw, headers)
    except InvalidEvent as error:
        answer(error, raw)
    else:
        identity(event)


@given(st.sampled_from(sorted(EVENTS)), st.binary(max_size=300),
       st.lists(st.tuples(st.sampled_from(["content-type", "ce_specversion", "ce_id", "x"]),
                          st.binary(max_size=20)), max_size=3))  # fmt: skip
def test_any_bytes_give_an_event_or_a_refusal(
    stream: str, raw: bytes, headers: list[tuple[str, bytes]]
) -> None:
    event_or_refusal(stream, raw, headers)


@given(st.data())
def test_any_damage_gives_an_event_or_a_refusal(data: st.DataObject) -> None:
    raw = value(GOOD)
    at = data.draw(st.integers(0, len(raw)))
    length = data.draw(st.integers(0, 30))
    event_or_refusal(
        "hotline-calls", raw[:at] + data.draw(st.binary(max_size=20)) + raw[at + length :], []
    )


@given(st.sampled_from(sorted(GOOD["data"])), anything)
def test_any_value_of_a_field_gives_an_event_or_a_refusal(name: str, replaced: Any) -> None:
    event_or_refusal("hotline-calls", with_data(**{name: replaced}), [])


secrets = st.from_regex(r"秘[甲-癸]{2}[0-9]{8}密", fullmatch=True)


@given(secrets, st.sampled_from([*GOOD["data"], "extra", "phone"]), st.sampled_from("vknl"))
def test_errors_never_say_what_the_event_holds(secret: str, name: str, where: str) -> None:
    written: dict[str, dict[str, Any]] = {
        "v": {name: secret}, "k": {secret: 1}, "n": {name: {secret: secret}}, "l": {name: [secret]},
    }  # fmt: skip
    raw = with_data(**written[where])
    letter = None
    try:
        DECODER.decode(raw)
    except InvalidEvent as error:
        letter = answer(error, raw)
    if letter is not None:
        assert secret not in letter.path + letter.expected
        assert letter.reason != Reason.IDENTITY_FIELD or secret not in repr(letter)
