"""Says what a report is about: the leaf whose terms weigh most, with the terms that decided.

Pure and deterministic: the same lexicon, title and text give the same answer.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from agents.characters import Places
from agents.lexicon import Lexicon, Rule, load
from agents.occurrences import first_of_each
from agents.terms import Terms
from agents.texts import Texts
from streams.categories import OUTSIDE, CategoryCode

# A term in the title weighs this many times what it weighs in the text.
TITLE_WEIGHT: Final = 2.0
# Below this nothing is decided: one hint of weight 0.5 is not enough.
LEAST_SCORE: Final = 1.0

LEXICON: Final = "lexicon"
NONE: Final = "none"

Scores = NDArray[np.float64]  # texts × leaves, by priority


class Classified(NamedTuple):
    """The leaf and how it was found.

    terms: of the winning leaf, heaviest first; a rule as its words joined by +.
    margin: see Classifier.classified; 0 for a tie.
    source: `lexicon`, or `none` when nothing decided and the category is S99.
    group: of the leaf's terms, the group that weighs most; empty when nothing decided.
    weights: of the terms. nearest: the leaf that came next, or first where none got enough to
    decide; empty when there is none.
    """

    category: CategoryCode
    terms: tuple[str, ...]
    margin: float
    source: str
    group: str = ""
    weights: tuple[float, ...] = ()
    nearest: str = ""


_NOTHING: Final = Classified(OUTSIDE, (), 0.0, NONE)


class _Found(NamedTuple):
    """What is found in texts: of which, which term, what it weighs there; each once a text."""

    owner: Places
    terms: Places
    weights: NDArray[np.float64]

    def of(self, places: slice) -> "_Found":
        return _Found(self.owner[places], self.terms[places], self.weights[places])


class Classifier:
    """Scores leaves over one lexicon.

    A leaf's score is the sum of the weights of its distinct terms found, and of the
    rules that hold; a term in the title counts TITLE_WEIGHT times, a rule the same
    wherever its parts are. A term inside the span of a longer one does not count.
    Among equal scores the leaf that stands first in priority.yaml wins. Where in a
    text a term stands makes no difference: weights for the first sentence or the
    first hundred characters made results worse on citizens' messages.
    A text of a batch takes 2 to 3 µs, a text alone a hundred times as long.

    >>> found = Classifier.load().classify("", "包工头拖欠工资三个月不给")
    >>> found.category, found.terms[0]
    ('D09', '拖欠工资')
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.terms = lexicon.terms
        self._find = Terms([term.text for term in self.terms]).find
        # Leaves are numbered by priority: the lowest number wins a tie.
        self._leaves = tuple(dict.fromkeys((*lexicon.priority, OUTSIDE)))
        rank = {code: number for number, code in enumerate(self._leaves)}
        self._ranks = np.array([rank[term.leaf] for term in self.terms], np.int64)
        self._weights = np.array([term.weight for term in self.terms], np.float64)
        self._rules = _Rules(lexicon, rank)
        self._counts = (self._weights != 0) | self._rules.named

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """A classifier over the lexicon in a folder, or over the one shipped.

        Raises UserError naming file, line and term when the lexicon has a mistake.
        """
        return cls(load(folder))

    def categories(self, texts: Texts) -> list[CategoryCode]:
        """The leaf of each text; S99 where nothing decides."""
        scores = self._scored(self._found(texts), len(texts.wholes))
        winners = scores.argmax(1)
        winners[scores.max(1) < LEAST_SCORE] = len(self._leaves) - 1  # where S99 is
        return [self._leaves[winner] for winner in winners.tolist()]

    def category(self, title: str, text: str) -> CategoryCode:
        """The leaf of one report."""
        return self.categories(Texts.of([(title, text)]))[0]

    def scores(self, texts: Texts) -> list[dict[CategoryCode, float]]:
        """Of each text the scores above 0 by leaf, the highest first."""
        return [
            {self._leaves[rank]: score for score, rank in _ranked(row) if score > 0}
            for row in self._scored(self._found(texts), len(texts.wholes))
        ]

    def classify(self, title: str, text: str) -> Classified:
        """One report, with the terms that decided it."""
        return self.classified(Texts.of([(title, text)]))[0]

    def classified(self, texts: Texts) -> list[Classified]:
        """The leaf of each text with the terms that decided it; S99 without terms when nothing did.

        The margin is (best - next) / (best + next + 2), between 0 and 1, where `best`
        and `next` are the two highest scores: a share, so that long texts with many
        terms compare with short ones, and small where little was found at all.
        """
        found = self._found(texts)
        scores = self._scored(found, len(texts.wholes))
        bounds = np.searchsorted(found.owner, np.arange(len(scores) + 1)).tolist()
        return [
            self._classified(_ranked(row), found.of(slice(start, end)))
            for row, start, end in zip(scores, bounds, bounds[1:], strict=False)
        ]

    def _classified(self, ranked: list[tuple[float, int]], found: _Found) -> Classified:
        """ranked: scores of one text, the best first; found: in that text."""
        if not ranked or ranked[0][0] < LEAST_SCORE:
            hinted = ranked and ranked[0][0] > 0
            return _NOTHING._replace(nearest=self._leaves[ranked[0][1]]) if hinted else _NOTHING
        score, winner = ranked[0]
        runner_up = max(ranked[1][0], 0.0) if len(ranked) > 1 else 0.0
        deciding = self._deciding(winner, found)
        groups: dict[str, float] = {}
        for weight, _, group in deciding:
            groups[group] = groups.get(group, 0.0) + weight
        terms: dict[str, float] = {}
        for weight, text_of_term, _ in sorted(deciding, key=lambda term: (-term[0], term[1])):
            terms[text_of_term] = terms.get(text_of_term, 0.0) + weight
        return Classified(
            self._leaves[winner],
            tuple(terms),
            margin_of(score, runner_up),
            LEXICON,
            min(groups, key=lambda name: (-groups[name], name)),
            tuple(terms.values()),
            self._leaves[ranked[1][1]] if runner_up else "",
        )

    def _found(self, texts: Texts) -> _Found:
        at, _, terms = self._find(texts.characters)
        (kept,) = self._counts[terms].nonzero()
        at, terms = at[kept], terms[kept]
        # Where a term is in the title as well as in the text, what is in the title comes first.
        bits = len(self.terms).bit_length()
        order = (texts.characters.owner[at] << bits | terms) << 1 | ~texts.in_title[at]
        order.sort()
        order = order[first_of_each(order >> 1)]
        owner, terms = order >> (bits + 1), order >> 1 & ((1 << bits) - 1)
        weights = self._weights[terms]
        weights[order & 1 == 0] *= TITLE_WEIGHT
        return _Found(owner, terms, weights)

    def _scored(self, found: _Found, texts: int) -> Scores:
        cells = found.owner * len(self._leaves) + self._ranks[found.terms]
        sums: Scores = np.bincount(cells, found.weights, texts * len(self._leaves)).astype(float)
        scores = sums.reshape(texts, len(self._leaves))
        self._rules.add(found, scores)
        return scores

    def _deciding(self, winner: int, found: _Found) -> list[tuple[float, str, str]]:
        """Weight, words and group of what one text has for the leaf that won."""
        terms = [self.terms[term] for term in found.terms.tolist()]
        deciding = [
            (weight, term.text, term.group)
            for weight, term in zip(found.weights.tolist(), terms, strict=True)
            if weight and term.leaf == self._leaves[winner]
        ]
        words = {term.text for term in terms}
        for rule in self.lexicon.rules:
            said = [words.intersection(part) for part in rule.parts]
            if rule.leaf == self._leaves[winner] and rule.weight > 0 and all(said):
                longest = dict.fromkeys(max(some, key=_length) for some in said)
                deciding.append((rule.weight, "+".join(longest), rule.group))
        return deciding


class _Rules:
    """The rules of a lexicon, as tables over their parts."""

    def __init__(self, lexicon: Lexicon, rank: dict[CategoryCode, int]) -> None:
        parts = {part: n for n, part in enumerate(dict.fromkeys(_parts(lexicon.rules)))}
        words = sorted({word for part in parts for word in part})
        row_of = {word: row for row, word in enumerate(words)}
        rows = np.array([row_of.get(term.text, -1) for term in lexicon.terms], np.int64)
        self.named = rows >= 0  # of the terms: which stand in a rule
        self._rows = rows
        says = np.zeros((len(words), len(parts)), np.bool_)
        for part, column in parts.items():
            says[[row_of[word] for word in part], column] = True
        self._says = np.packbits(says, axis=1)
        self._needs = np.zeros((len(parts), len(lexicon.rules)), np.float32)
        for number, rule in enumerate(lexicon.rules):
            self._needs[[parts[part] for part in rule.parts], number] = 1
        self._needed = self._needs.sum(0)
        self._leaves = np.array([rank[rule.leaf] for rule in lexicon.rules], np.int64)
        self._weights = np.array([rule.weight for rule in lexicon.rules], np.float64)

    def add(self, found: _Found, scores: Scores) -> None:
        """Add to the scores what the rules that hold say."""
        (at,) = self.named[found.terms].nonzero()
        if not len(at):
            return
        (starts,) = first_of_each(found.owner[at]).nonzero()
        said = np.bitwise_or.reduceat(self._says[self._rows[found.terms[at]]], starts, axis=0)
        parts = np.unpackbits(said, axis=1, count=len(self._needs))
        texts, rules = (parts.astype(np.float32) @ self._needs == self._needed).nonzero()
        owner = found.owner[at[starts[texts]]]
        np.add.at(scores, (owner, self._leaves[rules]), self._weights[rules])


def _parts(rules: Sequence[Rule]) -> list[tuple[str, ...]]:
    return [part for rule in rules for part in rule.parts]


def _ranked(row: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Scores that are not 0 with the ranks of their leaves, the best first."""
    return sorted(
        ((score, rank) for rank, score in enumerate(row.tolist()) if score),
        key=lambda one: (-one[0], one[1]),
    )


def _length(word: str) -> tuple[int, str]:
    return len(word), word


def margin_of(best: float, runner_up: float) -> float:
    """The margin between the two highest scores; see Classifier.classified."""
    return (best - runner_up) / (best + runner_up + 2)
