"""Says what a report is about: the leaf whose terms weigh most, with the terms that decided.

Pure and deterministic: the same lexicon, title and text give the same answer.
"""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, Self

from daachorse import DoubleArrayAhoCorasick

from agents.lexicon import Lexicon, load
from agents.normalise import is_plain, marks, normalise
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

Hit = tuple[int, int, int]  # start, end in the text's UTF-8, index in Classifier.terms
_Weighed = tuple[int, float]  # rank of the leaf, weight


@cache
def _weighed(rank: int, weight: float) -> _Weighed:
    """One object for equal pairs: what is read for each hit then stays in the processor's cache."""
    return rank, weight


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
        # Terms that `normalise` could change the surroundings of come last: see _found.
        self.terms = tuple(sorted(lexicon.terms, key=lambda term: not is_plain(term.text)))
        words = [term.text.encode() for term in self.terms]
        # One scan finds the terms, and whether the text must be normalised first.
        automaton = DoubleArrayAhoCorasick([*words, *sorted(marks().difference(words))])
        # At each end only the longest term: shorter ones ending there lie inside it.
        self._find: Callable[[bytes], list[Hit]] = automaton.find_overlapping_no_suffix
        # Leaves are numbered by priority: the lowest number wins a tie.
        rank = {code: number for number, code in enumerate(lexicon.priority)}
        self._in_text = tuple(_weighed(rank[term.leaf], term.weight) for term in self.terms)
        self._in_title = tuple(_weighed(leaf, w * TITLE_WEIGHT) for leaf, w in self._in_text)
        plain = sum(is_plain(term.text) for term in self.terms)
        self._plain_in_text = self._in_text[:plain]
        self._plain_in_title = self._in_title[:plain]

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """A classifier over the lexicon in a folder, or over the one shipped.

        Raises UserError naming file, line and term when the lexicon has a mistake.
        """
        return cls(load(folder))

    def hits(self, text: str) -> list[Hit]:
        """Terms in a normalised text that lie in no longer term's span, from last to first."""
        kept: list[Hit] = []
        leftmost = sys.maxsize
        for hit in reversed(self._find(text.encode())):
            if hit[0] < leftmost and hit[2] < len(self.terms):
                leftmost = hit[0]
                kept.append(hit)
        return kept

    def _found(self, title: str, text: str) -> dict[int, _Weighed]:
        """What each term found adds to its leaf."""
        found: dict[int, _Weighed] = {}
        try:
            for part, weighed in ((text, self._plain_in_text), (title, self._plain_in_title)):
                if not part:
                    continue
                leftmost = sys.maxsize
                for start, _, term in reversed(self._find(part.encode())):
                    if start < leftmost:
                        leftmost = start
                        found[term] = weighed[term]
        except (IndexError, UnicodeEncodeError):  # whatever is not plain stands in no such table
            found = {}
            for part, weighed in ((text, self._in_text), (title, self._in_title)):
                for _, _, term in self.hits(normalise(part)):
                    found[term] = weighed[term]
        return found

    def category(self, title: str, text: str) -> CategoryCode:
        """The leaf alone; the same as classify(title, text).category, in less time."""
        scores: dict[int, float] = {}
        for rank, weight in self._found(title, text).values():
            scores[rank] = scores[rank] + weight if rank in scores else weight
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
        found = self._found(title, text)
        for rank, weight in found.values():
            scores[rank] = scores.get(rank, 0.0) + weight
        ranked = sorted((-score, rank) for rank, score in scores.items())
        if not ranked or -ranked[0][0] < LEAST_SCORE:
            return _NOTHING
        score, winner = -ranked[0][0], ranked[0][1]
        runner_up = -ranked[1][0] if len(ranked) > 1 else 0.0
        deciding = sorted(
            (-weight, self.terms[term].text)
            for term, (rank, weight) in found.items()
            if weight and rank == winner
        )
        return Classified(
            self.lexicon.priority[winner],
            tuple(text for _, text in deciding),
            score - runner_up,
            LEXICON,
        )
