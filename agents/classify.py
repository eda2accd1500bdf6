"""Says what a report is about: the leaf whose terms weigh most, with the terms that decided.

Pure and deterministic: the same lexicon, title and text give the same answer.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Self

from daachorse import CharwiseDoubleArrayAhoCorasick

from agents.lexicon import Lexicon, load
from agents.normalise import normalise
from streams.categories import OUTSIDE, CategoryCode

# A term in the title weighs this many times what it weighs in the text.
TITLE_WEIGHT: Final = 2.0
# Below this nothing is decided: one hint of weight 0.5 is not enough.
LEAST_SCORE: Final = 1.0

LEXICON: Final = "lexicon"
NONE: Final = "none"


class Classified(NamedTuple):
    """The leaf and how it was found.

    terms: of the winning leaf, heaviest first.
    margin: by how much its score beats the next leaf's, in units of term weight; 0 for a tie.
    source: `lexicon`, or `none` when nothing decided and the category is S99.
    """

    category: CategoryCode
    terms: tuple[str, ...]
    margin: float
    source: str


_NOTHING: Final = Classified(OUTSIDE, (), 0.0, NONE)

Hit = tuple[int, int, int]  # start, end, index of the term


class Classifier:
    """Scores leaves over one lexicon.

    A leaf's score is the sum of the weights of its distinct terms found; a term in
    the title counts TITLE_WEIGHT times. A term inside the span of a longer one does
    not count. Among equal scores the leaf that stands first in priority.yaml wins.
    Terms are found by a double-array Aho-Corasick automaton (Kanda et al. 2023,
    Engineering faster double-array Aho–Corasick automata).

    >>> found = Classifier.load().classify("", "包工头拖欠工资三个月不给")
    >>> found.category, found.terms[0]
    ('D09', '拖欠工资')
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        terms = lexicon.terms
        # Leaves are numbered by priority: the lowest number wins a tie.
        rank = {code: number for number, code in enumerate(lexicon.priority)}
        self._entries = tuple((rank[term.leaf], term.weight) for term in terms)
        automaton = CharwiseDoubleArrayAhoCorasick([term.text for term in terms])
        # At each end only the longest term: shorter ones ending there lie inside it.
        self._find: Callable[[str], list[Hit]] = automaton.find_overlapping_no_suffix

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """A classifier over the lexicon in a folder, or over the one shipped.

        Raises UserError naming file, line and term when the lexicon has a mistake.
        """
        return cls(load(folder))

    def hits(self, text: str) -> list[Hit]:
        """Terms in a normalised text that lie in no longer term's span, from last to first."""
        kept: list[Hit] = []
        leftmost = len(text)
        for hit in reversed(self._find(text)):
            if hit[0] < leftmost:
                leftmost = hit[0]
                kept.append(hit)
        return kept

    def _add(
        self, text: str, times: float, found: dict[int, float], scores: dict[int, float]
    ) -> None:
        """Enter the terms of a text that are not found yet, and what they add to their leaves."""
        leftmost = sys.maxsize
        entries = self._entries
        for start, _, term in reversed(self._find(normalise(text))):
            if start < leftmost:
                leftmost = start
                if term not in found:
                    rank, weight = entries[term]
                    found[term] = weight = weight * times
                    scores[rank] = scores[rank] + weight if rank in scores else weight

    def category(self, title: str, text: str) -> CategoryCode:
        """The leaf alone; the same as classify(title, text).category, in less time."""
        scores: dict[int, float] = {}
        found: dict[int, float] = {}
        if title:
            self._add(title, TITLE_WEIGHT, found, scores)
        self._add(text, 1.0, found, scores)
        best, winner = 0.0, 0
        for rank, score in scores.items():
            if score > best or (score == best and rank < winner):
                best, winner = score, rank
        return self.lexicon.priority[winner] if best >= LEAST_SCORE else OUTSIDE

    def classify(self, title: str, text: str) -> Classified:
        """The leaf with the terms that decided it; S99 without terms when nothing did.

        title, text: as they came or redacted; they are normalised here.
        """
        scores: dict[int, float] = {}
        found: dict[int, float] = {}
        self._add(title, TITLE_WEIGHT, found, scores)
        self._add(text, 1.0, found, scores)
        ranked = sorted((-score, rank) for rank, score in scores.items())
        if not ranked or -ranked[0][0] < LEAST_SCORE:
            return _NOTHING
        score, winner = -ranked[0][0], ranked[0][1]
        runner_up = -ranked[1][0] if len(ranked) > 1 else 0.0
        deciding = sorted(
            (-weight, self.lexicon.terms[term].text)
            for term, weight in found.items()
            if weight and self._entries[term][0] == winner
        )
        return Classified(
            self.lexicon.priority[winner],
            tuple(text for _, text in deciding),
            score - runner_up,
            LEXICON,
        )
