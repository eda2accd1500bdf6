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
# Rules are worked out once for each combination of their parts, for this many combinations.
_COMBINATIONS_HELD: Final = 16_384

LEXICON: Final = "lexicon"
NONE: Final = "none"


class Classified(NamedTuple):
    """The leaf and how it was found.

    terms: of the winning leaf, heaviest first; a rule as its words joined by +.
    margin: see Classifier.decide; 0 for a tie.
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

Hit = tuple[int, int, int]  # start, end in the text's UTF-8, index in Classifier.terms
_Weighed = tuple[int, float, int]  # rank of the leaf, weight, parts of rules it stands for


@cache
def _weighed(rank: int, weight: float, parts: int) -> _Weighed:
    """One object for equal values: what is read for each hit then stays in the processor's cache."""
    return rank, weight, parts


class Classifier:
    """Scores leaves over one lexicon.

    A leaf's score is the sum of the weights of its distinct terms found, and of the
    rules that hold; a term in the title counts TITLE_WEIGHT times, a rule the same
    wherever its parts are. A term inside the span of a longer one does not count.
    Among equal scores the leaf that stands first in priority.yaml wins. Where in a
    text a term stands makes no difference: weights for the first sentence or the
    first hundred characters made results worse on citizens' messages.
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
        self._leaves = tuple(dict.fromkeys((*lexicon.priority, OUTSIDE)))
        rank = {code: number for number, code in enumerate(self._leaves)}
        bits = {
            part: 1 << n for n, part in enumerate({p: 0 for r in lexicon.rules for p in r.parts})
        }
        stands_for = dict.fromkeys((term.text for term in self.terms), 0)
        for part, bit in bits.items():
            for word in part:
                stands_for[word] |= bit
        self._rules = [
            (sum({bits[part] for part in rule.parts}), rank[rule.leaf], rule)
            for rule in lexicon.rules
        ]
        self._changes: dict[int, tuple[tuple[int, float], ...]] = {}
        self._in_text = tuple(
            _weighed(rank[term.leaf], term.weight, stands_for[term.text]) for term in self.terms
        )
        self._in_title = tuple(
            _weighed(leaf, weight * TITLE_WEIGHT, parts) for leaf, weight, parts in self._in_text
        )
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
            if text:
                weighed = self._plain_in_text
                leftmost = sys.maxsize
                for start, _, term in reversed(self._find(text.encode())):
                    if start < leftmost:
                        leftmost = start
                        found[term] = weighed[term]
            if title:
                weighed = self._plain_in_title
                leftmost = sys.maxsize
                for start, _, term in reversed(self._find(title.encode())):
                    if start < leftmost:
                        leftmost = start
                        found[term] = weighed[term]
        except (IndexError, UnicodeEncodeError):  # whatever is not plain stands in no such table
            found = {}
            for part, weighed in ((text, self._in_text), (title, self._in_title)):
                for _, _, term in self.hits(normalise(part)):
                    found[term] = weighed[term]
        return found

    def _scored(self, found: dict[int, _Weighed]) -> dict[int, float]:
        """Score by rank of the leaf."""
        scores: dict[int, float] = {}
        parts = 0
        for rank, weight, bits in found.values():
            scores[rank] = scores[rank] + weight if rank in scores else weight
            if bits:
                parts |= bits
        if parts:
            changes = self._changes.get(parts)
            if changes is None:
                changes = self._work_out(parts)
            for rank, weight in changes:
                scores[rank] = scores.get(rank, 0.0) + weight
        return scores

    def _work_out(self, parts: int) -> tuple[tuple[int, float], ...]:
        """What the rules add to leaves when these parts are found."""
        sums: dict[int, float] = {}
        for needed, rank, rule in self._rules:
            if needed & parts == needed:
                sums[rank] = sums.get(rank, 0.0) + rule.weight
        if len(self._changes) >= _COMBINATIONS_HELD:
            self._changes.clear()
        changes = self._changes[parts] = tuple(sums.items())
        return changes

    def category(self, title: str, text: str) -> CategoryCode:
        """The leaf alone; the same as classify(title, text).category, in less time."""
        best, winner = 0.0, 0
        for rank, score in self._scored(self._found(title, text)).items():
            if score > best or (score == best and rank < winner):
                best, winner = score, rank
        return self._leaves[winner] if best >= LEAST_SCORE else OUTSIDE

    def decide(self, title: str, text: str) -> tuple[CategoryCode, float]:
        """The leaf and its margin; the same as in classify(title, text), in less time.

        The margin is (best - next) / (best + next + 2), between 0 and 1, where `best`
        and `next` are the two highest scores: a share, so that long texts with many
        terms compare with short ones, and small where little was found at all.
        """
        best, runner_up, winner = 0.0, 0.0, 0
        for rank, score in self._scored(self._found(title, text)).items():
            if score > best or (score == best and rank < winner):
                best, runner_up, winner = score, best, rank
            elif score > runner_up:
                runner_up = score
        if best < LEAST_SCORE:
            return OUTSIDE, 0.0
        return self._leaves[winner], margin_of(best, runner_up)

    def scores(self, title: str, text: str) -> dict[CategoryCode, float]:
        """Scores above 0 by leaf, the highest first; what decide and classify go by."""
        scores = self._scored(self._found(title, text))
        return {
            self._leaves[rank]: score
            for rank, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))
            if score > 0
        }

    def classify(self, title: str, text: str) -> Classified:
        """The leaf with the terms that decided it; S99 without terms when nothing did.

        title, text: as they came or redacted; they are normalised here.
        """
        found = self._found(title, text)
        scores = self._scored(found)
        ranked = sorted((-score, rank) for rank, score in scores.items())
        if not ranked or -ranked[0][0] < LEAST_SCORE:
            hinted = ranked and ranked[0][0] < 0
            return _NOTHING._replace(nearest=self._leaves[ranked[0][1]]) if hinted else _NOTHING
        score, winner = -ranked[0][0], ranked[0][1]
        runner_up = max(-ranked[1][0], 0.0) if len(ranked) > 1 else 0.0
        deciding = [
            (weight, self.terms[term].text, self.terms[term].group)
            for term, (rank, weight, _) in found.items()
            if weight and rank == winner
        ]
        words = {self.terms[term].text for term in found}
        parts = 0
        for _, _, bits in found.values():
            parts |= bits
        for needed, rank, rule in self._rules:
            if rank == winner and rule.weight > 0 and needed & parts == needed:
                said = dict.fromkeys(
                    max(words.intersection(part), key=_length) for part in rule.parts
                )
                deciding.append((rule.weight, "+".join(said), rule.group))
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


def _length(word: str) -> tuple[int, str]:
    return len(word), word


def margin_of(best: float, runner_up: float) -> float:
    """The margin between the two highest scores; see Classifier.decide."""
    return (best - runner_up) / (best + runner_up + 2)
