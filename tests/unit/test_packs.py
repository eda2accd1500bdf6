"""Packs: what goes in comes out, and packs of an earlier version are still read."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.packs import UNSAID, Pack, Report, Reports, decode_pack, encode

words = st.text(max_size=6)
reports = st.builds(
    Report,
    identity=st.integers(0, 2**64 - 1),
    origin=st.integers(0, 9),
    county=st.sampled_from(["620702", "620721"]),
    category=st.sampled_from(["S01", "D09"]),
    channel=st.sampled_from(["phone", "web"]),
    reported_s=st.integers(-(2**40), 2**40),
    severity=st.integers(0, 4),
    people_band=st.sampled_from(["", "30+"]),
    zero=st.booleans(),
    excerpt=words,
    offset=st.integers(-1, 2**40),
    sentiment=st.sampled_from([-2, 0, 2, UNSAID]),
    declared=st.sampled_from(["", "D11"]),
    cue=words,
    fingerprint=st.integers(0, 2**64 - 1),
    keys=st.lists(st.integers(0, 2**64 - 1), max_size=8).map(tuple),
    name=words,
    case_id=words,
    problem=st.integers(0, 2**64 - 1),
    named=st.integers(0, 2**64 - 1),
    sketch=st.integers(0, 2**64 - 1),
)


def pack(of: Reports) -> Pack:
    return Pack(2, 0, "hotline-calls", [("/a", "")], of)


@given(st.lists(reports, max_size=8))
def test_what_goes_in_comes_out(rows: list[Report]) -> None:
    assert list(decode_pack(encode(pack(Reports.of(rows)))).reports) == rows


@given(st.lists(reports, max_size=8))
def test_a_pack_from_before_texts_were_judged_is_read(rows: list[Report]) -> None:
    """Version 0.1 ended its columns with the excerpts."""
    fields = msgspec.msgpack.decode(encode(pack(Reports.of(rows))))
    fields[4] = fields[4][:11]
    old = list(decode_pack(msgspec.msgpack.encode(fields)).reports)
    assert old == [Report(*row[:11])._replace(sentiment=UNSAID) for row in rows]
