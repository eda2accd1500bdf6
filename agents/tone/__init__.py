"""How a message sounds and how grave it is, from its words alone: one scan for both.

Sentiment, −2 … +2, is towards the matter or the service, never about the person who
writes. Severity is 1 red, 2 orange, 3 yellow, 4 blue, with the cue that decided, in
words duty staff read. docs/judgement.md defines both scales. Pure and deterministic.
"""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple, Self

from daachorse import DoubleArrayAhoCorasick

from agents.normalise import marks, normalise
from agents.tone.cues import BLUE, ORANGE, RED, YELLOW, Context, Role, graver, roles_of
from agents.tone.lexicon import Sentiments, Severities, Word, sentiments, severities

__all__ = ["BLUE", "ORANGE", "RED", "YELLOW", "Explained", "Heard", "Tone", "graver"]


class Heard(NamedTuple):
    """sentiment: −2 … +2. severity: 1–4, 0 when there is no text. cue: what made it grave, or ''."""

    sentiment: int
    severity: int
    cue: str


class Explained(NamedTuple):
    """A Heard with the reasons.

    terms: what spoke for the sentiment, (kind, term), heaviest first. cue_term: the words of
    the cue as they stand in the text.
    """

    sentiment: int
    severity: int
    cue: str
    terms: tuple[tuple[str, str], ...]
    cue_term: str


Hit = tuple[int, int, int]  # start, end in the text's UTF-8, index of the term


# A term's weights are packed into one number, in halves, so that one addition counts it.
_BITS: Final = 12
_FIELD: Final = (1 << _BITS) - 1
_PLACE: Final = {
    kind: number * _BITS
    for number, kind in enumerate(
        ("grievance", "problem", "ask", "turn", "thanks", "praise", "solved")
    )
}
_SILENT: Final = Heard(0, 0, "")
_POSITIVE: Final = 1 << _PLACE["thanks"]  # below this no word of thanks was found

_LITTLE_BYTES: Final = 300
_MUCH_IN_LITTLE: Final = 4
_MUCH: Final = 7
# However much is asked, a complaint of this many halves and more is a complaint.
_MOST_ASKED: Final = 8

_HINT: Final = 1  # one word of weight 0.5 alone says nothing

# The first so many are looked at: a text of nothing but cues must not hold up the rest.
_MOST_CUES: Final = 100
_COMPOUND_LIMIT: Final = 4  # characters
# Thanks in a title are what the message is about: no politeness.
_THANKED: Final = re.compile("[感致鸣谢謝][谢謝]")
_TITLE_THANKS: Final = 4 << _PLACE["thanks"]

# A cue is a problem, if sentiment.yaml does not say more of it.
_CUE_WEIGHT: Final = 1.0


def _packed(kind: str, weight: float) -> int:
    return int(weight * 2) << _PLACE[kind]


def sentiment_of(packed: int, length_bytes: int) -> int:
    """−2 … +2 of the packed sums. Weights here are counted in halves.

    In a short message one strong word is much, in a long one it takes two.

    Thanks and praise count where they outweigh what is complained of; what was said before
    `solved` words is no complaint any more, unless a turn (但, 仍) follows.
    """
    grievance = packed & _FIELD
    problem = packed >> _PLACE["problem"] & _FIELD
    ask = packed >> _PLACE["ask"] & _FIELD
    if packed >= _POSITIVE:
        turn = packed >> _PLACE["turn"] & _FIELD
        thanks = packed >> _PLACE["thanks"] & _FIELD
        praise = packed >> _PLACE["praise"] & _FIELD
        solved = packed >> _PLACE["solved"] & _FIELD
        good = thanks + praise + solved
        bad = grievance + problem
        bad = (bad // 3 if solved and not turn else bad) + min(ask, _MOST_ASKED) // 2
        if good >= 4 and (thanks >= 2 or praise >= 4) and good > bad:
            return 2 if praise >= 6 and good > 2 * bad else 1
    little = length_bytes < _LITTLE_BYTES
    if grievance >= (_MUCH_IN_LITTLE if little else _MUCH):
        return -2
    if problem + 3 * grievance > min(ask, _MOST_ASKED) + (0 if little else _HINT):
        return -1
    return 0


class Tone:
    """Hears one lexicon's words.

    >>> Tone.load().judge("", "楼道里有很浓的煤气味，打了三次电话没人管，太气愤了！")
    Heard(sentiment=-2, severity=1, cue='燃气泄漏')
    >>> Tone.load().judge("", "请问办理居住证需要什么材料？谢谢！")
    Heard(sentiment=0, severity=4, cue='')
    """

    def __init__(self, said: Sentiments, grave: Severities) -> None:
        words = _words(said)
        roles = roles_of(grave)
        weights = {text: _packed(word.kind, word.weight) for text, word in words.items()}
        nothing = said.nothing | grave.nothing
        texts = sorted(words.keys() | roles.keys() | nothing)
        for text in texts:
            # A longer term hides the shorter ones inside it: it says what they say.
            if text not in weights and text not in said.nothing:
                weights[text] = max((weights.get(part, 0) for part in _parts(text)), default=0)
                if not weights[text] and text in roles:
                    weights[text] = _packed("problem", _CUE_WEIGHT)
            if text not in roles and text not in grave.nothing:
                inside = [roles[part] for part in _parts(text) if part in roles]
                if inside:
                    roles[text] = min(inside, key=lambda role: (role.level, role.rank))
        # The gravest come first: the lowest number found says what there is to look at.
        self.texts = tuple(sorted(texts, key=lambda text: _order(roles.get(text))))
        self._words = tuple(words.get(text) for text in self.texts)
        self._weights = tuple(weights.get(text, 0) for text in self.texts)
        self._roles = tuple(roles[text] for text in self.texts if text in roles)
        self._grave = sum(role.level < YELLOW for role in self._roles)
        encoded = [text.encode() for text in self.texts]
        # One scan finds the terms, and whether the text must be normalised first.
        automaton = DoubleArrayAhoCorasick([*encoded, *sorted(marks().difference(encoded))])
        self._find: Callable[[bytes], list[Hit]] = automaton.find_overlapping_no_suffix
        # Made once: what is judged most often is then only looked up.
        self._calm = {value: Heard(value, BLUE, "") for value in range(-2, 3)}
        self._yellow = {
            value: [Heard(value, YELLOW, role.name) for role in self._roles]
            for value in range(-2, 1)
        }
        self._context = Context(grave)

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """The words of a folder, or those shipped.

        Raises UserError naming file, line and term when there is a mistake.
        """
        return cls(sentiments(folder), severities(folder))

    def judge(self, title: str, text: str) -> Heard:
        """What a message says; as it came or redacted: it is normalised here where needed.

        A message of thanks is not grave: what it tells of is over.
        """
        whole = f"{title}。{text}" if title else text
        if not whole:
            return _SILENT
        weights = self._weights
        packed = 0
        found: set[int] = set()
        try:
            raw = whole.encode()
            hits = self._find(raw)
            leftmost = sys.maxsize
            for start, _, term in reversed(hits):
                if start < leftmost:
                    leftmost = start
                    if term not in found:
                        found.add(term)
                        packed += weights[term]
        except (IndexError, UnicodeEncodeError):  # something that `normalise` would change
            raw, hits, found = self._normalised(whole)
            packed = sum(weights[term] for term in found)
        if title and _THANKED.search(title):
            packed += _TITLE_THANKS
        sentiment = sentiment_of(packed, len(raw)) if packed else 0
        if sentiment <= 0 and found:
            first = min(found)
            if first < self._grave:
                level, cue, _ = self._gravest(raw, hits)
                return Heard(sentiment, level, cue)
            if first < len(self._roles):
                return self._yellow[sentiment][first]
        return self._calm[sentiment]

    def explain(self, title: str, text: str) -> Explained:
        """The same as judge, with the terms that decided."""
        whole = f"{title}。{text}" if title else text
        if not whole:
            return Explained(*_SILENT, (), "")
        raw, hits, found = self._normalised(whole)
        spoke = sorted(
            {
                (-word.weight, word.kind, self.texts[term])
                for term in found
                if (word := self._words[term]) is not None
            }
        )
        packed = sum(self._weights[term] for term in found)
        if _THANKED.search(title):
            packed += _TITLE_THANKS
        sentiment = sentiment_of(packed, len(raw))
        level, cue, term_of_cue = (BLUE, "", "") if sentiment > 0 else self._gravest(raw, hits)
        return Explained(
            sentiment,
            level,
            cue,
            tuple((kind, term) for _, kind, term in spoke),
            term_of_cue,
        )

    def _normalised(self, whole: str) -> tuple[bytes, list[Hit], set[int]]:
        raw = normalise(whole).encode(errors="replace")
        hits = [hit for hit in self._find(raw) if hit[2] < len(self.texts)]
        found = set()
        leftmost = sys.maxsize
        for start, _, term in reversed(hits):
            if start < leftmost:
                leftmost = start
                found.add(term)
        return raw, hits, found

    def _gravest(self, raw: bytes, hits: list[Hit]) -> tuple[int, str, str]:
        """The gravest cue that really is one: level, name, term."""
        kept: list[Hit] = []
        leftmost = sys.maxsize
        for hit in reversed(hits):
            if hit[0] < leftmost:
                leftmost = hit[0]
                if hit[2] < len(self._roles):
                    kept.append(hit)
        best, rank, name, shown = BLUE, sys.maxsize, "", ""
        looked = 0
        for start, end, term in reversed(kept):
            role: Role | None = self._roles[term]
            while role is not None and (role.level, role.rank) < (best, rank):
                level = role.level
                if level < YELLOW:
                    looked += 1
                    level = (
                        self._context.level(role, raw, start, end) if looked <= _MOST_CUES else 0
                    )
                if level and (level, role.rank) < (best, rank):
                    best, rank, name, shown = level, role.rank, role.name, self.texts[term]
                role = role.otherwise
        return best, name, shown


def _parts(text: str) -> Iterable[str]:
    """Every shorter piece of a text."""
    size = len(text)
    return (text[i:j] for i in range(size) for j in range(i + 1, size + 1) if j - i < size)


def _order(role: Role | None) -> tuple[int, int]:
    return (BLUE, 0) if role is None else (role.level, role.rank)


def _words(said: Sentiments) -> dict[str, Word]:
    """The words, and what degree and negation before the short ones make of them."""
    words = {word.text: word for word in said.words}
    taken = words.keys() | said.nothing
    for word in said.words:
        if len(word.text) > _COMPOUND_LIMIT:
            continue
        if word.kind in {"praise", "thanks"} or (word.kind == "grievance" and len(word.text) == 2):
            for text in {degree + word.text for degree in said.degree} - taken:
                words[text] = word._replace(text=text, weight=word.weight * 1.5)
        if word.kind in {"praise", "solved"}:
            for text in {negation + word.text for negation in said.negation} - taken:
                words[text] = word._replace(text=text, kind="problem", weight=2.0)
    return words
