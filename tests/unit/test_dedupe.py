"""Identities held: as a plain set would say, in at most 16 bytes each."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.dedupe import Ids, SeenIds

# Few values, and values that want the same bucket: the high and the low half choose it.
identities = st.one_of(
    st.integers(0, 30),
    st.integers(0, 40).map(lambda low: (1 << 32 | 1) * (low >> 3) + low),
    st.integers(0, 2**64 - 1),
)
steps = st.lists(
    st.tuples(st.integers(0, 3), st.booleans(), st.lists(identities, max_size=60)), max_size=20
)


def array(ids: Iterable[int]) -> Ids:
    return np.array(list(ids), np.uint64)


def among(seen: SeenIds, ids: Ids) -> set[int]:
    return set(ids[seen.holds(ids)].tolist())


@given(steps)
@settings(deadline=None)
def test_it_knows_what_a_set_would(steps: list[tuple[int, bool, list[int]]]) -> None:
    seen = SeenIds()
    model: dict[int, int] = {}
    hour = 498_000
    for later, forget, ids in steps:
        hour += later
        asked = array(ids)
        assert among(seen, asked) == model.keys() & set(ids)
        new = sorted(set(ids) - model.keys())
        seen.add(hour, array(new))
        model |= dict.fromkeys(new, hour)
        if forget:
            seen.forget(hour - 2)
            model = {one: at for one, at in model.items() if at >= hour - 2}
        assert len(seen) == len(model)
        assert seen.hours == len(set(model.values()))
    assert among(seen, array(model)) == model.keys()


@pytest.mark.parametrize("batch", [1_000, 50_000])
def test_none_is_lost_or_made_up_while_it_grows_and_forgets(batch: int) -> None:
    dice = np.random.default_rng(1)
    seen = SeenIds()
    per_hour = 50_000
    ids = dice.integers(0, 2**64, 20 * per_hour, dtype=np.uint64)
    for hour in range(20):
        part = ids[hour * per_hour : (hour + 1) * per_hour]
        for start in range(0, per_hour, batch):
            seen.add(hour, part[start : start + batch])
        if hour >= 15:
            seen.forget(hour - 15)
    kept = ids[4 * per_hour :]
    assert among(seen, kept) == set(kept.tolist())
    assert among(seen, ids[: 4 * per_hour]) == set()
    strangers = dice.integers(0, 2**64, 100_000, dtype=np.uint64)
    assert among(seen, strangers) == set()
    assert len(seen) == 16 * per_hour


def test_an_identity_takes_sixteen_bytes_at_most() -> None:
    dice = np.random.default_rng(2)
    seen = SeenIds()
    worst = 0.0
    for _ in range(80):
        seen.add(1, dice.integers(0, 2**64, 20_000, dtype=np.uint64))
        if len(seen) > 600_000:  # smaller ones grow in larger steps
            worst = max(worst, seen.size_bytes / len(seen))
    assert 10 < worst <= 16


def test_room_made_at_once_is_enough() -> None:
    seen = SeenIds()
    seen.reserve(100_000)
    size = seen.size_bytes
    seen.add(1, np.random.default_rng(3).integers(0, 2**64, 100_000, dtype=np.uint64))
    assert seen.size_bytes == size


def test_hours_may_wrap_and_leap() -> None:
    seen = SeenIds()
    for number, hour in enumerate([65_530, 65_540, 140_000]):
        seen.add(hour, array([number]))
    assert among(seen, array(range(4))) == {2}
    seen.add(140_001, array([7]))
    seen.forget(140_001)
    assert among(seen, array(range(9))) == {7}
