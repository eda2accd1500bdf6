"""How good judgements are: accuracy, F1, one step off, calibration, and what was put together.

Pure functions over equally long sequences of labels: `truth` as people labelled,
`said` as the code did. A share of nothing is 0.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import ceil, comb
from typing import Final, NamedTuple

BINS: Final = 10

Confusion = Mapping[str, Mapping[str, int]]  # truth → said → how many


class ClassScore(NamedTuple):
    """n: how many there truly are."""

    precision: float
    recall: float
    f1: float
    n: int


class Bin(NamedTuple):
    """Judgements with a confidence above `low`, up to `high`: how sure, and how often right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


class Calibration(NamedTuple):
    """expected_error: between confidence and accuracy, 0 at best; bins that are empty are left out."""

    expected_error: float
    bins: tuple[Bin, ...]


def confusion(truth: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each label was taken for which, the most frequent first.

    >>> confusion(["a", "a", "b"], ["a", "b", "b"])
    {'a': {'a': 1, 'b': 1}, 'b': {'b': 1}}
    """
    counted = Counter(zip(truth, said, strict=True))
    table: dict[str, dict[str, int]] = {label: {} for label in sorted(set(truth))}
    for (true, label), n in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
        table[true][label] = n
    return table


def accuracy(table: Confusion) -> float:
    """Share that was labelled right.

    >>> accuracy(confusion(["a", "a", "b", "b"], ["a", "b", "b", "b"]))
    0.75
    """
    right = sum(row.get(true, 0) for true, row in table.items())
    return _share(right, sum(sum(row.values()) for row in table.values()))


def per_class(table: Confusion) -> dict[str, ClassScore]:
    """Of each label that is true or was said: precision, recall, F1 = 2PR / (P + R), and n.

    Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), 8.3.

    >>> scores = per_class(confusion(["a", "a", "b"], ["a", "b", "b"]))
    >>> scores["a"]
    ClassScore(precision=1.0, recall=0.5, f1=0.6666666666666666, n=2)
    """
    said: Counter[str] = Counter()
    for row in table.values():
        said.update(row)
    return {
        label: _score(table.get(label, {}).get(label, 0), said[label], _n(table, label))
        for label in sorted({*table, *said})
    }


def macro_f1(table: Confusion) -> float:
    """Mean F1 of all labels that are true or were said, each counting the same.

    Source: as per_class, 13.6; what scikit-learn's f1_score(average="macro") computes.

    >>> round(macro_f1(confusion(["a", "a", "b"], ["a", "b", "b"])), 4)
    0.6667
    """
    scores = per_class(table)
    return _share(sum(score.f1 for score in scores.values()), len(scores))


def within_one(truth: Sequence[int], said: Sequence[int]) -> float:
    """Share of ordered labels at most one step off.

    >>> within_one([-2, 0, 2], [-1, 0, 0])
    0.6666666666666666
    """
    return _share(sum(abs(t - s) <= 1 for t, s in zip(truth, said, strict=True)), len(truth))


def calibration(sure: Sequence[float], right: Sequence[bool], bins: int = BINS) -> Calibration:
    """Reliability in bins of equal width, and the expected calibration error.

    sure: confidence of each judgement, 0 to 1. right: whether it was.
    Error: sum over bins of n / N * |accuracy - confidence|.
    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks (2017), 2.

    >>> calibration([0.85, 0.95, 0.95], [True, True, False]).expected_error
    0.35
    """
    members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, was in zip(sure, right, strict=True):
        # A bin holds its upper end, not its lower one; 0 goes with the first.
        members[max(0, ceil(confidence * bins) - 1)].append((confidence, was))
    told = tuple(
        Bin(
            number / bins,
            (number + 1) / bins,
            len(pairs),
            sum(confidence for confidence, _ in pairs) / len(pairs),
            sum(was for _, was in pairs) / len(pairs),
        )
        for number, pairs in enumerate(members)
        if pairs
    )
    error = sum(one.n * abs(one.accuracy - one.confidence) for one in told)
    return Calibration(round(_share(error, len(sure)), 12), told)


def pairs(truth: Sequence[Hashable], said: Sequence[Hashable]) -> dict[str, dict[str, int]]:
    """The confusion of all n(n-1)/2 pairs: truly `same` or `different`, said to be.

    Counted over cells of the contingency table, so in time of n, not of n².
    Source: Manning, Raghavan, Schütze (2008), 16.3.

    >>> pairs("aab", "xyy")
    {'same': {'same': 0, 'different': 1}, 'different': {'same': 1, 'different': 1}}
    """
    both = _within(zip(truth, said, strict=True))
    same, put_together = _within(truth), _within(said)
    everything = comb(len(truth), 2)
    return {
        "same": {"same": both, "different": same - both},
        "different": {
            "same": put_together - both,
            "different": everything - same - put_together + both,
        },
    }


def b_cubed(truth: Sequence[Hashable], said: Sequence[Hashable]) -> ClassScore:
    """Mean over items of the share of its said group that is truly its own, and the reverse.

    Unlike pairs, where one group of 100 weighs as 1,650 groups of three, every item counts
    the same. n: items. F1 is of the two means.
    Source: Bagga, Baldwin, Algorithms for Scoring Coreference Chains (1998).

    >>> b_cubed("aabb", "xxxx")
    ClassScore(precision=0.5, recall=1.0, f1=0.6666666666666666, n=4)
    """
    n = len(truth)
    of_truth, of_said = Counter(truth), Counter(said)
    precision = recall = 0.0
    for (true, label), shared in Counter(zip(truth, said, strict=True)).items():
        precision += shared * shared / of_said[label]
        recall += shared * shared / of_truth[true]
    precision, recall = _share(precision, n), _share(recall, n)
    return ClassScore(precision, recall, _f1(precision, recall), n)


def _within(labels: Iterable[Hashable]) -> int:
    """Pairs that share a label."""
    return sum(comb(n, 2) for n in Counter(labels).values())


def _n(table: Confusion, label: str) -> int:
    return sum(table.get(label, {}).values())


def _score(right: int, said: int, n: int) -> ClassScore:
    precision, recall = _share(right, said), _share(right, n)
    return ClassScore(precision, recall, _f1(precision, recall), n)


def _f1(precision: float, recall: float) -> float:
    return _share(2 * precision * recall, precision + recall)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
