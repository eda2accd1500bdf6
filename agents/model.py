"""A learned model on top of the lexicon: says the label of texts, a batch at a time.

Linear: hashed character n-grams and the lexicon's own scores, weighed. Which of
the two decides a text, and how sure the model is, was measured when it was
trained (agents/training.py); nothing is guessed here.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.classify import LEAST_SCORE, LEXICON, NONE, margin_of
from agents.grams import ZONE_WEIGHTS, Grammar, Grams
from streams.categories import CATEGORIES, OUTSIDE, CategoryCode

MODEL: Final = "model"
NEVER: Final = 2.0  # a margin that the lexicon does not reach
# Texts whose n-grams are read together: so many that numpy's calls cost little, and so few
# that what is worked on stays in the processor's cache.
BATCH: Final = 256

Scores = Mapping[CategoryCode, float]  # of a text, by Classifier.scores: the highest first

_LEAVES: Final = tuple(CATEGORIES)
_RANK: Final = {code: rank for rank, code in enumerate(_LEAVES)}
# Bytes 0, 2, 4, 6 of eight: room for the sum of 256 of them in a lane of two bytes.
_LANES: Final = np.uint64(0x00FF00FF00FF00FF)
_BIAS: Final = 128
_SHARE_PRIOR: Final = 4.0


class Topic(NamedTuple):
    """What a text is about.

    label: of the model's own; category: the leaf. confidence: of the label, by the model, 0 to 1.
    source: `lexicon` or `model`, whichever decided; `none` where the category is S99 because
    there is no text, the lexicon found nothing, and the model is not sure or says no leaves.
    """

    label: str
    category: CategoryCode
    confidence: float
    source: str


class Learned(NamedTuple):
    """All that was learned; agents/model_file.py writes and reads it.

    weights: int8, shape (slots, labels); times scale (labels) they are the weights of n-grams.
    leaf_weights: float32, shape (leaves, labels), of shares of the lexicon's scores.
    offsets: float32 (labels). sharpness: confidence is softmax(sharpness * score).
    margin: where the lexicon's is at least this, the lexicon decides.
    leaf_labels: the label of each leaf, as a number, -1 where none is known; leaves in the order
    of CATEGORIES.
    about: when and from what it was trained, and its figures.
    """

    labels: tuple[str, ...]
    orders: tuple[int, ...]
    seed: int
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    leaf_weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    leaf_labels: NDArray[np.int16]
    sharpness: float
    margin: float
    about: dict[str, Any]


class Model:
    """Judges texts by what was learned."""

    def __init__(self, learned: Learned) -> None:
        self.learned = learned
        self.labels = learned.labels
        # A model that has not learned what lies outside the taxonomy says of everything that it
        # lies within: of a text in which the lexicon finds nothing it must be surer than not.
        self._least = 0.0 if OUTSIDE in self.labels else 0.5
        self._grammar = Grammar(learned.orders, len(learned.weights), learned.seed)
        self._words = _packed(learned.weights)
        # Whether the labels are leaves of the taxonomy.
        self.says_leaves = all(label in CATEGORIES for label in self.labels)
        self._label_of = {
            leaf: leaf if self.says_leaves else self.labels[number]
            for leaf, number in zip(_LEAVES, learned.leaf_labels.tolist(), strict=True)
            if self.says_leaves or number >= 0
        }

    def predict(
        self, titles: Sequence[str], texts: Sequence[str], scores: Sequence[Scores]
    ) -> list[Topic]:
        """One for each text, in order; scores: of the lexicon, for each text."""
        topics: list[Topic] = []
        for start in range(0, len(texts), BATCH):
            batch = slice(start, start + BATCH)
            chances = self._chances(titles[batch], texts[batch], scores[batch])
            best = chances.argmax(axis=1).tolist()
            given = map(bool, map(str.__add__, titles[batch], texts[batch]))
            topics += map(self._topic, given, scores[batch], best, chances.tolist())
        return topics

    def explain(
        self, title: str, text: str, scores: Scores, most: int = 10
    ) -> list[tuple[str, float]]:
        """The n-grams and leaves that speak most for the label that `predict` says, or against it.

        With what each adds to the label's score; the heaviest first. Nothing of a label that the
        model has not learned.
        """
        topic = self.predict([title], [text], [scores])[0]
        if topic.label not in self.labels:
            return []
        label = self.labels.index(topic.label)
        added = self._grammar.spelt(title, text)
        learned = self.learned
        heard = {
            gram: weight * float(learned.weights[slot, label]) * float(learned.scale[label])
            for gram, (slot, weight) in added.items()
        }
        for leaf, share in zip(_LEAVES, shares([scores])[0].tolist(), strict=True):
            heard[leaf] = share * float(learned.leaf_weights[_RANK[leaf], label])
        ranked = sorted(heard.items(), key=lambda one: (-abs(one[1]), one[0]))
        return [(gram, weight) for gram, weight in islice(ranked, most) if weight]

    def decisions(
        self, titles: Sequence[str], texts: Sequence[str], scores: Sequence[Scores]
    ) -> NDArray[np.float64]:
        """Score of each label, shape (texts, labels); of one batch."""
        grams = self._grammar.read(titles, texts)
        learned = self.learned
        heard = self._sums(grams) * learned.scale / grams.norms()[:, None]
        total: NDArray[np.float64] = (
            heard + shares(scores) @ learned.leaf_weights.astype(float) + learned.offsets
        )
        return total

    def _chances(
        self, titles: Sequence[str], texts: Sequence[str], scores: Sequence[Scores]
    ) -> NDArray[np.float64]:
        return softmax(self.learned.sharpness * self.decisions(titles, texts, scores))

    def _topic(self, given: bool, scores: Scores, best: int, chances: list[float]) -> Topic:
        leaf, margin = leading(scores)
        told = self._label_of.get(leaf)
        if 0 < margin >= self.learned.margin and told is not None:
            # A leaf that no text of the training had is not among the labels.
            sure = chances[self.labels.index(told)] if told in self.labels else margin
            return Topic(told, leaf, sure, LEXICON)
        label = self.labels[best]
        if not given:
            return Topic(label, OUTSIDE, chances[best], NONE)
        if self.says_leaves:
            if leaf == OUTSIDE and chances[best] < self._least:
                return Topic(OUTSIDE, OUTSIDE, 1 - chances[best], NONE)
            return Topic(label, CategoryCode(label), chances[best], MODEL)
        for within in scores:  # the highest first
            if self._label_of.get(within) == label:
                return Topic(label, within, chances[best], MODEL)
        return Topic(label, leaf, chances[best], LEXICON if margin else NONE)

    def _sums(self, grams: Grams) -> NDArray[np.int64]:
        """Summed weights of a text's n-grams, each as much as its zone; (texts, labels)."""
        segments = len(grams.bounds)
        sums = np.zeros((segments, 8 * len(self._words)), np.int64)
        for number, word in enumerate(self._words):
            at = 8 * number
            for slots in grams.slots:
                rows = word.take(slots)
                odd = rows >> np.uint64(8)
                odd &= _LANES
                rows &= _LANES
                sums[:, at : at + 8 : 2] += _lanes(rows, grams.bounds)
                sums[:, at + 1 : at + 8 : 2] += _lanes(odd, grams.bounds)
        zones = sums.reshape(*grams.lengths.shape, -1)[:, :-1, : len(self.labels)]
        lengths = grams.lengths[:, :-1, None]
        read = np.where(lengths > 0, zones - _BIAS * len(grams.slots) * lengths, 0)
        summed: NDArray[np.int64] = np.einsum("tzl,z->tl", read, np.array(ZONE_WEIGHTS))
        return summed


def leading(scores: Scores) -> tuple[CategoryCode, float]:
    """The leaf and margin that Classifier.classified gives for these scores."""
    ranked = iter(scores.items())
    leaf, best = next(ranked, (OUTSIDE, 0.0))
    if best < LEAST_SCORE:
        return OUTSIDE, 0.0
    return leaf, margin_of(best, next(ranked, (OUTSIDE, 0.0))[1])


def shares(scores: Sequence[Scores]) -> NDArray[np.float64]:
    """Each leaf's share of a text's scores, smaller where little was found; (texts, leaves)."""
    table = np.zeros((len(scores), len(_LEAVES)))
    rows = np.repeat(np.arange(len(scores)), np.fromiter(map(len, scores), np.intp, len(scores)))
    leaves = np.fromiter(map(_RANK.__getitem__, chain.from_iterable(scores)), np.intp, len(rows))
    found = chain.from_iterable(one.values() for one in scores)
    table[rows, leaves] = np.fromiter(found, float, len(rows))
    whole: NDArray[np.float64] = table / (table.sum(axis=1, keepdims=True) + _SHARE_PRIOR)
    return whole


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities by row."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    whole: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return whole


def _packed(weights: NDArray[np.int8]) -> list[NDArray[np.uint64]]:
    """Weights of eight labels side by side in one number, each as a byte above 0.

    One look-up and one addition then do the work of eight (Lamport, Multiple Byte
    Processing with Full-Word Instructions, 1975).
    """
    slots, labels = weights.shape
    padded = np.full((slots, -(-labels // 8) * 8), _BIAS, np.uint8)
    padded[:, :labels] = weights.astype(np.int16) + _BIAS
    return list(np.ascontiguousarray(padded.view("<u8").T))


def _lanes(rows: NDArray[np.uint64], bounds: NDArray[np.intp]) -> NDArray[np.uint16]:
    """Sums between bounds of the four lanes of each number; (segments, 4)."""
    return np.add.reduceat(rows, bounds).view("<u2").reshape(-1, 4)
