"""Fits a linear model to labelled texts; needs scikit-learn (the extra `train`)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.grams import ZONE_WEIGHTS, Grammar
from agents.model import BATCH, NEVER, Learned, Scores, leading, shares
from streams.categories import CATEGORIES
from streams.errors import UserError

ORDERS: Final = (1, 2)
_MOST_SLOTS: Final = 1 << 18
# One byte each: the file stays below 4 MB.
_MOST_WEIGHTS: Final = 4_000_000
# An n-gram of fewer texts than this tells nothing that would hold elsewhere.
_LEAST_TEXTS: Final = 3
_COST: Final = 2.0
# How much of an n-gram's unevenness is its label's own; the rest is that of the most uneven.
_OWN: Final = 0.75
# Length of the lexicon's part of a text's vector beside that of the n-grams, on average.
_LEXICON_LENGTH: Final = 0.2
_UNHEARD_OF: Final = -10.0  # score of a label that the training had no text of

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


class Fitted(NamedTuple):
    """Weights as they were fitted: of n-grams (slots, labels), of leaves, and offsets."""

    weights: NDArray[np.float64]
    leaf_weights: NDArray[np.float64]
    offsets: NDArray[np.float64]


def learn(examples: Examples, labels: Sequence[str], seed: int) -> Learned:
    """What `fit` finds, with the weights of n-grams in one byte each; the model decides alone."""
    fitted = fit(examples, labels, seed)
    scale = np.maximum(np.abs(fitted.weights).max(axis=0), 1e-9) / 127
    return Learned(
        labels=tuple(labels),
        orders=ORDERS,
        seed=seed,
        weights=np.rint(fitted.weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        leaf_weights=fitted.leaf_weights.astype(np.float32),
        offsets=fitted.offsets.astype(np.float32),
        leaf_labels=_leaf_labels(examples.scores, numbers(examples.labels, labels), labels),
        sharpness=1.0,
        margin=NEVER,
        about={},
    )


def fit(examples: Examples, labels: Sequence[str], seed: int) -> Fitted:
    """One linear support vector machine per label, over n-grams and the lexicon's shares.

    N-grams are weighed by how unevenly the label uses them (Wang, Manning, Baselines and
    Bigrams, 2012), and a little by how unevenly any label does; that is then folded into
    the weights. Rare n-grams and those not seen weigh nothing.
    """
    try:
        from scipy import sparse  # noqa: PLC0415
        from sklearn.svm import LinearSVC  # noqa: PLC0415
    except ImportError:
        raise UserError("training needs scikit-learn: pip install 'huishang[train]'") from None
    truth = numbers(examples.labels, labels)
    grammar = Grammar(ORDERS, _slots_for(len(labels)), seed)
    counts = sparse.vstack(list(_counts(grammar, examples))).tocsr()
    used = np.flatnonzero(np.bincount(counts.indices, minlength=grammar.slots) >= _LEAST_TEXTS)
    counts = counts[:, used]
    uneven = _unevenness(counts, truth, len(labels))
    uneven = _OWN * uneven + (1 - _OWN) * uneven.max(axis=0)
    leaves = sparse.csr_matrix(shares(examples.scores))
    leaf_factor = _LEXICON_LENGTH / max(_mean_length(leaves), 1e-9)
    fitted = Fitted(
        np.zeros((grammar.slots, len(labels))),
        np.zeros((len(CATEGORIES), len(labels))),
        np.full(len(labels), _UNHEARD_OF),
    )
    for label in np.unique(truth).tolist():
        ngrams = counts.multiply(uneven[label]).tocsr()
        factor = 1 / max(_mean_length(ngrams), 1e-9)
        machine = LinearSVC(C=_COST, random_state=seed, max_iter=10_000)
        machine.fit(sparse.hstack([ngrams * factor, leaves * leaf_factor]).tocsr(), truth == label)
        found = machine.coef_[0]
        fitted.weights[used, label] = found[: len(used)] * uneven[label] * factor
        fitted.leaf_weights[:, label] = found[len(used) :] * leaf_factor
        fitted.offsets[label] = machine.intercept_[0]
    return fitted


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
    """Absolute log-count ratio of each label against the others; shape (labels, columns)."""
    there = counts.copy()
    there.data = np.ones_like(there.data)
    total = np.asarray(there.sum(axis=0)).ravel()
    inside = np.array(
        [np.asarray(there[truth == one].sum(axis=0)).ravel() for one in range(labels)]
    )
    inside, outside = inside + 1, total - inside + 1
    shares_inside = inside / inside.sum(axis=1, keepdims=True)
    shares_outside = outside / outside.sum(axis=1, keepdims=True)
    uneven: NDArray[np.float64] = np.abs(np.log(shares_inside / shares_outside))
    return uneven


def _leaf_labels(
    scores: Sequence[Scores], truth: Numbers, labels: Sequence[str]
) -> NDArray[np.int16]:
    """The label of each leaf, -1 for none: the leaf, if labels are leaves, else that of most texts
    in which the lexicon finds it.
    """
    if all(label in CATEGORIES for label in labels):
        own = [labels.index(leaf) if leaf in labels else -1 for leaf in CATEGORIES]
        return np.array(own, np.int16)
    table = np.zeros((len(CATEGORIES), len(labels)), int)
    rank = {leaf: number for number, leaf in enumerate(CATEGORIES)}
    np.add.at(table, (np.array([rank[leading(found)[0]] for found in scores]), truth), 1)
    return np.where(table.any(axis=1), table.argmax(axis=1), -1).astype(np.int16)


def numbers(said: Sequence[str], labels: Sequence[str]) -> Numbers:
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
