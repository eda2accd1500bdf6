"""Learns a model from labelled texts, and measures it on texts it has not seen.

Needs scikit-learn (the extra `train`), which is imported here and nowhere else.
Deterministic: the same texts, labels and seed give the same model.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from agents import scores as measures
from agents.grams import ZONE_WEIGHTS, Grammar
from agents.model import BATCH, Learned, Model, Scores, leading, shares, softmax
from streams.categories import CATEGORIES
from streams.errors import UserError

FOLDS: Final = 5
_ORDERS: Final = (1, 2)
_MOST_SLOTS: Final = 1 << 18
# One byte each: the file stays below 4 MB.
_MOST_WEIGHTS: Final = 4_000_000
# An n-gram of fewer texts than this tells nothing that would hold elsewhere.
_LEAST_TEXTS: Final = 3
_COST: Final = 4.0
# Length of the lexicon's part of a text's vector beside that of the n-grams, on average.
_LEXICON_LENGTH: Final = 0.25
# So much macro-F1 may go for the lexicon to decide where it is sure.
_TOLERANCE: Final = 0.001
_SHARPNESSES: Final = tuple(np.geomspace(0.5, 16, 26).tolist())
_UNHEARD_OF: Final = -10.0  # score of a label that a fold's training had no text of

Numbers = NDArray[np.intp]


class Examples(NamedTuple):
    """Labelled texts, with the lexicon's scores.

    groups: near-duplicates share one; a group is never parted into training and test.
    """

    titles: Sequence[str]
    texts: Sequence[str]
    scores: Sequence[Scores]
    labels: Sequence[str]
    groups: Sequence[str]

    def pick(self, places: Numbers) -> "Examples":
        """Those at some places."""
        return Examples(*([column[place] for place in places.tolist()] for column in self))


class _Unseen(NamedTuple):
    """What models said of texts they were not trained on.

    decisions: shape (texts, labels). lexicon: the label of the lexicon's leaf, -1 for none.
    margins: the lexicon's. fitted: macro-F1 on the texts they were trained on, mean of all.
    """

    decisions: NDArray[np.float64]
    lexicon: Numbers
    margins: NDArray[np.float64]
    fitted: float


def train(
    examples: Examples, about: Mapping[str, Any], *, folds: int = FOLDS, seed: int = 0
) -> Model:
    """A model of all examples; its `about` gets the figures of cross-validation.

    How sure it is, and where the lexicon decides, comes of texts it had not seen.
    Raises UserError if there is too little to learn from, or scikit-learn is not there.
    """
    labels = sorted(set(examples.labels))
    if len(labels) < 2 or len(set(examples.groups)) < folds * len(labels):
        raise UserError(
            f"{len(examples.texts)} texts with {len(labels)} labels; expected at least two labels "
            f"and {folds} texts of each that are no near-duplicates"
        )
    truth = _numbers(examples.labels, labels)
    unseen = _unseen(examples, labels, folds, seed)
    margin = _margin(truth, unseen)
    most_frequent = np.where(unseen.lexicon < 0, np.bincount(truth).argmax(), -1)
    figures = {
        "folds": folds,
        "unseen": _figures(labels, truth, _blended(unseen, margin)),
        "unseen_model_alone": _figures(labels, truth, unseen.decisions.argmax(axis=1)),
        "unseen_lexicon_alone": _figures(labels, truth, np.maximum(unseen.lexicon, most_frequent)),
        "fitted_macro_f1": round(unseen.fitted, 4),
        "decided_by_lexicon": round(float((unseen.margins >= margin).mean()), 4),
    }
    learned = learn(examples, labels, seed)
    return Model(
        learned._replace(
            sharpness=_sharpness(truth, unseen.decisions),
            margin=margin,
            about={**about, "texts": len(truth), "figures": figures},
        )
    )


def folds_of(examples: Examples, folds: int, seed: int) -> Iterator[tuple[Numbers, Numbers]]:
    """Places of training and test, for each fold: labels spread evenly, groups kept whole."""
    label_of = dict(zip(examples.groups, examples.labels, strict=True))
    dealt = sorted(
        label_of,
        key=lambda group: (label_of[group], xxhash.xxh3_64_intdigest(group.encode(), seed), group),
    )
    fold_of = {group: place % folds for place, group in enumerate(dealt)}
    fold = np.array([fold_of[group] for group in examples.groups])
    for number in range(folds):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def learn(examples: Examples, labels: Sequence[str], seed: int) -> Learned:
    """One linear support vector machine per label, over n-grams and the lexicon's shares.

    N-grams are weighed by how unevenly labels use them (Wang, Manning, Baselines and
    Bigrams, 2012), the largest of the labels' log-count ratios; weights are then folded
    into one table and rounded to bytes. Rare n-grams and those not seen weigh nothing.
    """
    try:
        from scipy import sparse  # noqa: PLC0415
        from sklearn.svm import LinearSVC  # noqa: PLC0415
    except ImportError:
        raise UserError("training needs scikit-learn: pip install 'huishang[train]'") from None
    truth = _numbers(examples.labels, labels)
    grammar = Grammar(_ORDERS, _slots_for(len(labels)), seed)
    counts = sparse.vstack(list(_counts(grammar, examples))).tocsr()
    in_texts = np.bincount(counts.indices, minlength=grammar.slots)
    used = np.flatnonzero(in_texts >= _LEAST_TEXTS)
    counts = counts[:, used]
    uneven = _unevenness(counts, truth, len(labels))
    weighed = counts.multiply(uneven).tocsr()
    factor = 1 / _mean_length(weighed)
    shared = shares(examples.scores)
    shared_factor = _LEXICON_LENGTH / max(_mean_length(sparse.csr_matrix(shared)), 1e-9)
    machine = LinearSVC(C=_COST, random_state=seed, max_iter=10_000)
    machine.fit(
        sparse.hstack([weighed * factor, sparse.csr_matrix(shared * shared_factor)]).tocsr(), truth
    )
    found, offsets = machine.coef_, machine.intercept_
    if len(found) == 1:  # of two labels it weighs the second only
        found, offsets = np.vstack([-found, found]), np.concatenate([-offsets, offsets])
    weights = np.zeros((grammar.slots, len(labels)))
    leaf_weights = np.zeros((len(CATEGORIES), len(labels)))
    all_offsets = np.full(len(labels), _UNHEARD_OF)
    heard = machine.classes_
    weights[np.ix_(used, heard)] = (found[:, : len(used)] * uneven * factor).T
    leaf_weights[:, heard] = found[:, len(used) :].T * shared_factor
    all_offsets[heard] = offsets
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return Learned(
        labels=tuple(labels),
        orders=_ORDERS,
        seed=seed,
        weights=np.rint(weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        leaf_weights=leaf_weights.astype(np.float32),
        offsets=all_offsets.astype(np.float32),
        leaf_labels=_leaf_labels(examples.scores, truth, labels),
        sharpness=1.0,
        margin=float("inf"),
        about={},
    )


def _counts(grammar: Grammar, examples: Examples) -> Iterator[Any]:
    """Sparse matrices (texts of a batch, slots): how much of each n-gram a text has."""
    from scipy import sparse  # noqa: PLC0415

    zones = np.array((*ZONE_WEIGHTS, 0), np.float32)
    for start in range(0, len(examples.texts), BATCH):
        batch = slice(start, start + BATCH)
        grams = grammar.read(examples.titles[batch], examples.texts[batch])
        texts = len(grams.lengths)
        rows = np.repeat(np.arange(texts), grams.lengths.sum(axis=1))
        counts = np.repeat(np.tile(zones, texts), grams.lengths.ravel())
        counts /= grams.norms()[rows]
        read = counts > 0
        orders = len(grams.slots)
        yield sparse.csr_matrix(
            (
                np.tile(counts[read], orders),
                (
                    np.tile(rows[read], orders),
                    np.concatenate([slots[read] for slots in grams.slots]),
                ),
            ),
            shape=(texts, grammar.slots),
        )


def _unevenness(counts: Any, truth: Numbers, labels: int) -> NDArray[np.float64]:
    """Per column the largest absolute log-count ratio of a label against the others."""
    there = counts.copy()
    there.data = np.ones_like(there.data)
    total = np.asarray(there.sum(axis=0)).ravel()
    largest = np.zeros(len(total))
    for label in range(labels):
        inside = np.asarray(there[truth == label].sum(axis=0)).ravel() + 1
        outside = total - inside + 2
        ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
        largest = np.maximum(largest, np.abs(ratio))
    return largest


def _leaf_labels(
    scores: Sequence[Scores], truth: Numbers, labels: Sequence[str]
) -> NDArray[np.int16]:
    """The label that most texts of each of the lexicon's leaves have; -1 for a leaf of none."""
    table = np.zeros((len(CATEGORIES), len(labels)), int)
    rank = {leaf: number for number, leaf in enumerate(CATEGORIES)}
    np.add.at(table, ([rank[leading(found)[0]] for found in scores], truth), 1)
    return np.where(table.any(axis=1), table.argmax(axis=1), -1).astype(np.int16)


def _unseen(examples: Examples, labels: Sequence[str], folds: int, seed: int) -> _Unseen:
    texts = len(examples.texts)
    decisions = np.zeros((texts, len(labels)))
    lexicon = np.full(texts, -1)
    fitted = []
    led = [leading(found) for found in examples.scores]
    rank = {leaf: number for number, leaf in enumerate(CATEGORIES)}
    leaves = np.array([rank[leaf] for leaf, _ in led])
    for seen, held_out in folds_of(examples, folds, seed):
        learned = learn(examples.pick(seen), labels, seed)
        said = _decisions(Model(learned), examples)
        decisions[held_out] = said[held_out]
        lexicon[held_out] = learned.leaf_labels[leaves[held_out]]
        truth = _numbers(examples.labels, labels)[seen]
        fitted.append(_figures(labels, truth, said[seen].argmax(axis=1))["macro_f1"])
    return _Unseen(decisions, lexicon, np.array([margin for _, margin in led]), float(np.mean(fitted)))


def _decisions(model: Model, examples: Examples) -> NDArray[np.float64]:
    return np.concatenate(
        [
            model.decisions(
                examples.titles[start : start + BATCH],
                examples.texts[start : start + BATCH],
                examples.scores[start : start + BATCH],
            )
            for start in range(0, len(examples.texts), BATCH)
        ]
    )


def _blended(unseen: _Unseen, margin: float) -> Numbers:
    by_lexicon = (unseen.margins >= max(margin, 1e-9)) & (unseen.lexicon >= 0)
    return np.where(by_lexicon, unseen.lexicon, unseen.decisions.argmax(axis=1))


def _margin(truth: Numbers, unseen: _Unseen) -> float:
    """The least margin from which on the lexicon may decide without loss; above 1 for never."""
    labels = range(unseen.decisions.shape[1])
    tried = [*np.unique(np.quantile(unseen.margins, np.linspace(0, 1, 41))).round(3).tolist(), 2.0]
    gained = [_figures(labels, truth, _blended(unseen, margin))["macro_f1"] for margin in tried]
    return next(
        margin
        for margin, f1 in zip(tried, gained, strict=True)
        if f1 >= max(gained) - _TOLERANCE
    )


def _sharpness(truth: Numbers, decisions: NDArray[np.float64]) -> float:
    """The factor at which chances fit best (Guo et al., On Calibration, 2017: temperature)."""

    def surprise(sharpness: float) -> float:
        chances = softmax(sharpness * decisions)[np.arange(len(truth)), truth]
        return -float(np.log(np.maximum(chances, 1e-12)).mean())

    return round(min(_SHARPNESSES, key=surprise), 4)


def _figures(labels: Sequence[object], truth: Numbers, said: Numbers) -> dict[str, float]:
    names = dict(enumerate(map(str, labels)))
    table = measures.confusion(
        [names[number] for number in truth.tolist()],
        [names.get(number, "-") for number in said.tolist()],
    )
    return {
        "accuracy": round(measures.accuracy(table), 4),
        "macro_f1": round(measures.macro_f1(table), 4),
    }


def _numbers(said: Sequence[str], labels: Sequence[str]) -> Numbers:
    number = {label: place for place, label in enumerate(labels)}
    return np.array([number[label] for label in said], np.intp)


def _slots_for(labels: int) -> int:
    """As many as a model with so many labels can hold, a power of two.

    >>> _slots_for(7), _slots_for(33)
    (262144, 65536)
    """
    return min(_MOST_SLOTS, 1 << ((_MOST_WEIGHTS // labels).bit_length() - 1))


def _mean_length(rows: Any) -> float:
    return float(np.sqrt(rows.multiply(rows).sum(axis=1)).mean())
