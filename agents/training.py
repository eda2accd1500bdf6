"""Trains a model of topics, and measures it on texts it has not seen.

Deterministic: the same texts, labels and seed give the same model.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from agents import scores as measures
from agents.fitting import Examples, Numbers, learn, numbers
from agents.model import BATCH, NEVER, Model, leading, softmax
from streams.categories import CATEGORIES
from streams.errors import UserError

FOLDS: Final = 5
_SHARPNESSES: Final = tuple(round(0.5 * 1.15**step, 4) for step in range(26))


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
    truth = numbers(examples.labels, labels)
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
        truth = numbers(examples.labels, labels)[seen]
        fitted.append(_figures(labels, truth, said[seen].argmax(axis=1))["macro_f1"])
    return _Unseen(
        decisions, lexicon, np.array([margin for _, margin in led]), float(np.mean(fitted))
    )


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
    """The least margin from which on the lexicon may decide at no loss of macro-F1; or NEVER."""
    labels = range(unseen.decisions.shape[1])
    tried = [*np.unique(np.quantile(unseen.margins, np.linspace(0, 1, 41)).round(3)), NEVER]
    gained = [_figures(labels, truth, _blended(unseen, margin))["macro_f1"] for margin in tried]
    return next(
        float(margin) for margin, f1 in zip(tried, gained, strict=True) if f1 == max(gained)
    )


def _sharpness(truth: Numbers, decisions: NDArray[np.float64]) -> float:
    """The factor at which chances fit best (Guo et al., On Calibration, 2017: temperature)."""

    def surprise(sharpness: float) -> float:
        chances = softmax(sharpness * decisions)[np.arange(len(truth)), truth]
        return -float(np.log(np.maximum(chances, 1e-12)).mean())

    return min(_SHARPNESSES, key=surprise)


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
