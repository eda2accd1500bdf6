"""Scores against slow and plain ones, and where they end."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import scores

LABELS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), max_size=40)


@given(LABELS)
def test_pairs_are_those_of_counting_every_pair(labels: list[tuple[str, str]]) -> None:
    truth, said = [t for t, _ in labels], [s for _, s in labels]
    plain = {name: {"same": 0, "different": 0} for name in ("same", "different")}
    for one, other in combinations(labels, 2):
        true = "same" if one[0] == other[0] else "different"
        plain[true]["same" if one[1] == other[1] else "different"] += 1
    assert scores.pairs(truth, said) == plain


@given(LABELS)
def test_b_cubed_is_the_mean_over_items(labels: list[tuple[str, str]]) -> None:
    precision = recall = 0.0
    for true, label in labels:
        mine = {n for n, (t, _) in enumerate(labels) if t == true}
        group = {n for n, (_, s) in enumerate(labels) if s == label}
        precision += len(mine & group) / len(group) / len(labels)
        recall += len(mine & group) / len(mine) / len(labels)
    found = scores.b_cubed([t for t, _ in labels], [s for _, s in labels])
    assert (found.precision, found.recall) == pytest.approx((precision, recall))
    assert found.n == len(labels)


@given(LABELS)
def test_classes_are_those_of_counting_each(labels: list[tuple[str, str]]) -> None:
    table = scores.confusion([t for t, _ in labels], [s for _, s in labels])
    found = scores.per_class(table)
    assert set(found) == {label for pair in labels for label in pair}
    for label, score in found.items():
        right = labels.count((label, label))
        said = sum(s == label for _, s in labels)
        true = sum(t == label for t, _ in labels)
        assert score.n == true
        assert score.precision == (right / said if said else 0)
        assert score.recall == (right / true if true else 0)
        assert score.f1 == pytest.approx(2 * right / (said + true))
    if labels:
        mean = sum(score.f1 for score in found.values()) / len(found)
        assert scores.macro_f1(table) == pytest.approx(mean)
        assert scores.accuracy(table) == pytest.approx(sum(t == s for t, s in labels) / len(labels))


def test_nothing_to_score_is_zero() -> None:
    nothing = scores.confusion([], [])
    assert scores.accuracy(nothing) == scores.macro_f1(nothing) == scores.within_one([], []) == 0
    assert scores.b_cubed([], []) == scores.ClassScore(0, 0, 0, 0)
    assert scores.calibration([], []) == scores.Calibration(0, ())


def test_a_bin_holds_its_upper_end() -> None:
    found = scores.calibration([0.0, 0.1, 0.11, 1.0], [False, True, True, True])
    assert [(one.low, one.high, one.n) for one in found.bins] == [
        (0, 0.1, 2),
        (0.1, 0.2, 1),
        (0.9, 1, 1),
    ]
    assert found.bins[0].accuracy == 0.5


def test_being_sure_and_wrong_is_the_whole_error() -> None:
    assert scores.calibration([1.0] * 3, [False] * 3).expected_error == 1
    assert scores.calibration([1.0, 0.5, 0.5], [True, True, False]).expected_error == 0


def test_labels_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        scores.confusion(["a"], [])
