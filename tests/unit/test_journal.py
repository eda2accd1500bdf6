"""The journal: the chain, claims that fence lost owners, files that survive a crash."""

from hypothesis import given
from hypothesis import strategies as st

from streams.journal import Claim, Entry, Position, decode, encode


def claimed(owner: str = "a") -> Position:
    position = Position()
    position.advance(Claim(owner))
    return position


def test_records_survive_encoding() -> None:
    for record in (Claim("a", new_log=True), Entry("a", 1, 2, 77, b"body")):
        assert decode(encode(record)) == record


def test_entries_follow_the_chain() -> None:
    position = claimed()
    assert position.advance(Entry("a", 0, 1, 10, b""))
    assert not position.advance(Entry("a", 0, 1, 99, b""))  # sent twice by the producer
    assert position.advance(Entry("a", 1, 2, 20, b""))
    assert (position.seq, position.applied) == (2, 20)


def test_a_lost_owner_writes_in_vain() -> None:
    position = claimed("a")
    position.advance(Entry("a", 0, 1, 10, b""))
    position.advance(Claim("b"))
    assert not position.advance(Entry("a", 1, 2, 20, b""))
    assert position.advance(Entry("b", 1, 2, 15, b""))
    assert position.applied == 15


def test_versions_grow_over_claims() -> None:
    position = claimed("a")
    position.advance(Entry("a", 0, 1, 10, b""))
    before = position.version
    position.advance(Claim("b"))
    assert position.version > before


def test_a_new_log_starts_offsets_again_and_keeps_the_rest() -> None:
    position = claimed("a")
    position.advance(Entry("a", 0, 1, 10, b""))
    position.advance(Claim("b", new_log=True))
    assert (position.applied, position.log, position.seq) == (-1, 1, 1)


writes = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.sampled_from("abc")),
        st.tuples(st.just("append"), st.sampled_from("abc")),
    ),
    max_size=60,
)


@given(writes)
def test_whatever_workers_write_all_readers_agree(steps: list[tuple[str, str]]) -> None:
    """Workers claim and append as they believe; the log's order alone decides.

    Each writer continues from what it last knew. Readers of any prefix must
    accept the same entries, and never one of an owner that had been replaced.
    """
    log: list[Claim | Entry] = []
    known: dict[str, Position] = {}
    for kind, owner in steps:
        if kind == "claim":
            log.append(Claim(owner))
            known[owner] = Position()
            for record in log:
                known[owner].advance(record)
        elif owner in known:
            position = known[owner]
            entry = Entry(owner, position.seq, position.seq + 1, position.applied + 1, b"")
            log.append(entry)
            position.seq, position.applied = entry.seq, entry.applied
    reader = Position()
    current = ""
    applied = -1
    for record in log:
        accepted = reader.advance(record)
        if isinstance(record, Claim):
            current = record.owner
        elif accepted:
            assert record.owner == current
            assert record.applied == applied + 1  # nothing counted twice, nothing left out
            applied = record.applied
        elif record.owner == current:
            # Refused although it owns the partition: only if it was written from a state
            # that an earlier claim of its own had outlived.
            assert record.prev_seq != reader.seq
