"""Codes that are looked up pass and fail as if the contract's own patterns had been run."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from agents import patterns
from agents.decode import Decoder
from agents.patterns import ATTRIBUTES, DATA_FIELDS, Matching, loosened, pattern_of
from streams.contracts import Matter
from streams.errors import InvalidEvent
from streams.events import EVENTS
from streams.examples import EXAMPLES

CODES = st.one_of(
    st.text("0123456789-az\n٣", max_size=20),
    st.from_regex(r"[0-9]{5,19}\n?", fullmatch=True),
    st.integers(),
    st.none(),
)
LOOKED_UP = [("$", name) for name in ATTRIBUTES] + [("data", name) for name in DATA_FIELDS]
DECODERS = {stream: Decoder(stream) for stream in EVENTS}


@given(st.sampled_from(sorted(EVENTS)), st.sampled_from(LOOKED_UP), CODES, st.booleans())
def test_what_is_looked_up_is_taken_just_when_the_contract_takes_it(
    stream: str, field: tuple[str, str], code: Any, binary: bool
) -> None:
    event = EXAMPLES[stream] | {"data": dict(EXAMPLES[stream]["data"])}
    where, name = field
    (event if where == "$" else event["data"])[name] = code
    taken = found = None
    with suppress(msgspec.MsgspecError, OverflowError):
        taken = msgspec.json.decode(json.dumps(event), type=EVENTS[stream])
    attributes = [
        (f"ce_{key}", str(held).encode())
        for key, held in event.items()
        if key not in ("data", "datacontenttype")
    ]
    with suppress(InvalidEvent):
        found = (
            DECODERS[stream].decode(json.dumps(event["data"]).encode(), attributes)
            if binary and where == "data"
            else DECODERS[stream].decode(json.dumps(event).encode())
        )
    assert (found is None) == (taken is None)
    assert found is None or msgspec.structs.asdict(found.data) == msgspec.structs.asdict(
        taken.data  # type: ignore[union-attr]
    )


@pytest.mark.parametrize("stream", sorted(EVENTS))
def test_other_fields_keep_all_that_the_contract_asks(stream: str) -> None:
    contract = EVENTS[stream]
    event, data = loosened(contract)
    strict_data = contract.__annotations__["data"]
    for loose, strict, names in (
        (event, contract, {*ATTRIBUTES, "data"}),
        (data, strict_data, set(DATA_FIELDS)),
    ):
        assert issubclass(loose, strict)
        fields = {field.name: field for field in msgspec.structs.fields(loose)}
        assert len(fields) == len(msgspec.structs.fields(strict))
        for field in msgspec.structs.fields(strict):
            if field.name not in names:
                assert fields[field.name] == field


def test_few_values_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_HELD", 10)
    codes = Matching(pattern_of(Matter, "county_code"))
    for number in range(100):
        assert codes[f"{number:06}"]
        assert len(codes) <= 10
    assert codes[UNSET]


def test_a_field_without_a_pattern_is_a_mistake() -> None:
    with pytest.raises(TypeError, match=r"Matter\.title has no pattern"):
        pattern_of(Matter, "title")
