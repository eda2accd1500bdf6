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

import numpy as np
from numpy.typing import NDArray

from agents.characters import Places
from agents.occurrences import first_of_each
from agents.terms import Hits, Terms
from agents.texts import Texts
from agents.tone.cues import BLUE, ORANGE, RED, YELLOW, Context, Role, graver, roles_of
from agents.tone.lexicon import Sentiments, Severities, Word, sentiments, severities
from agents.tone.sums import KINDS, Halves, sentiments_of

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


_PROBLEM: Final = KINDS.index("problem")
_THANKS: Final = KINDS.index("thanks")
_SILENT: Final = Heard(0, 0, "")

_LITTLE_BYTES: Final = 300
_SURELY_LITTLE: Final = _LITTLE_BYTES // 4  # characters

# The first so many are looked at: a text of nothing but cues must not hold up the rest.
_MOST_CUES: Final = 100
_COMPOUND_LIMIT: Final = 4  # characters
# Thanks in a title are what the message is about: no politeness.
_THANKED: Final = re.compile("[感致鸣谢][谢]")
_TITLE_THANKS: Final = 4

# A cue is a problem, if sentiment.yaml does not say more of it.
_CUE_HALVES: Final = 2

_Cue = tuple[int, int, int]  # start and end in the message, number of the term
_WEIGHTLESS: Final = (0, 0)


class _Found(NamedTuple):
    """Of n messages: `sums` as sentiments_of takes them, and `first`, the gravest term of each;
    owner, terms: which message has which terms, each once; hits: all that are roles."""

    sums: Halves
    first: Places
    owner: Places
    terms: Places
    cues: Hits


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
        weights = {
            text: (KINDS.index(one.kind), int(one.weight * 2)) for text, one in words.items()
        }
        nothing = said.nothing | grave.nothing
        texts = sorted(words.keys() | roles.keys() | nothing)
        for text in texts:
            # A longer term hides the shorter ones inside it: it says what they say.
            if text not in weights and text not in said.nothing:
                weights[text] = max(
                    (weights.get(part, _WEIGHTLESS) for part in _parts(text)), default=_WEIGHTLESS
                )
                if weights[text] == _WEIGHTLESS and text in roles:
                    weights[text] = (_PROBLEM, _CUE_HALVES)
            if text not in roles and text not in grave.nothing:
                inside = [roles[part] for part in _parts(text) if part in roles]
                if inside:
                    roles[text] = min(inside, key=lambda role: (role.level, role.rank))
        # The gravest come first: the lowest number found says what there is to look at.
        self.texts = tuple(sorted(texts, key=lambda text: _order(roles.get(text))))
        self._words = tuple(words.get(text) for text in self.texts)
        self._kinds, self._halves = np.array(
            [weights.get(text, _WEIGHTLESS) for text in self.texts], np.int64
        ).T.copy()
        self._roles = tuple(roles[text] for text in self.texts if text in roles)
        self._grave = sum(role.level < YELLOW for role in self._roles)
        self._find = Terms(self.texts).find
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

    def hear(self, texts: Texts) -> list[Heard]:
        """What each message says.

        A message of thanks is not grave: what it tells of is over.
        """
        found = self._found(texts)
        sentiments = self._sentiments(texts, found).tolist()
        heard = [self._calm[sentiment] for sentiment in sentiments]
        (cued,) = (found.first < len(self._roles)).nonzero()
        cues = _cues(texts, found.cues)
        for number, first in zip(cued.tolist(), found.first[cued].tolist(), strict=True):
            sentiment = sentiments[number]
            if sentiment > 0:
                continue
            if first < self._grave:
                level, cue, _ = self._gravest(texts.wholes[number], cues(number))
                heard[number] = Heard(sentiment, level, cue)
            else:
                heard[number] = self._yellow[sentiment][first]
        if not all(texts.wholes):
            return [
                one if whole else _SILENT for one, whole in zip(heard, texts.wholes, strict=True)
            ]
        return heard

    def judge(self, title: str, text: str) -> Heard:
        """What one message says; as it came or redacted: it is normalised here."""
        return self.hear(Texts.of([(title, text)]))[0]

    def explain(self, title: str, text: str) -> Explained:
        """The same as judge, with the terms that decided."""
        texts = Texts.of([(title, text)])
        if not texts.wholes[0]:
            return Explained(*_SILENT, (), "")
        found = self._found(texts)
        spoke = sorted(
            {
                (-word.weight, word.kind, word.text)
                for term in found.terms.tolist()
                if (word := self._words[term]) is not None
            }
        )
        (sentiment,) = self._sentiments(texts, found).tolist()
        level, cue, term_of_cue = BLUE, "", ""
        if sentiment <= 0:
            level, cue, term_of_cue = self._gravest(texts.wholes[0], _cues(texts, found.cues)(0))
        return Explained(
            sentiment,
            level,
            cue,
            tuple((kind, term) for _, kind, term in spoke),
            term_of_cue,
        )

    def _found(self, texts: Texts) -> _Found:
        hits = self._find(texts.characters)
        bits = len(self.texts).bit_length()
        order = texts.characters.owner[hits.at] << bits | hits.terms
        order.sort()
        order = order[first_of_each(order)]
        owner, terms = order >> bits, order & ((1 << bits) - 1)
        messages = len(texts.wholes)
        cells = owner * len(KINDS) + self._kinds[terms]
        sums = np.bincount(cells, self._halves[terms], messages * len(KINDS)).astype(np.int64)
        first = np.full(messages, len(self.texts))
        begins = first_of_each(owner)
        first[owner[begins]] = terms[begins]
        cues = hits.terms < len(self._roles)
        return _Found(
            sums.reshape(messages, len(KINDS)),
            first,
            owner,
            terms,
            Hits(hits.at[cues], hits.ends[cues], hits.terms[cues]),
        )

    def _sentiments(self, texts: Texts, found: _Found) -> NDArray[np.int64]:
        if any(texts.titles):
            for number, title in enumerate(texts.titles):
                if title and _THANKED.search(title):
                    found.sums[number, _THANKS] += _TITLE_THANKS
        little = [
            len(whole) < _SURELY_LITTLE or len(whole.encode()) < _LITTLE_BYTES
            for whole in texts.wholes
        ]
        return sentiments_of(found.sums, np.array(little, np.bool_))

    def _gravest(self, whole: str, cues: Iterable[_Cue]) -> tuple[int, str, str]:
        """The gravest cue of one message that really is one: level, name, term."""
        best, rank, name, shown = BLUE, sys.maxsize, "", ""
        looked = 0
        for at, end, term in cues:
            role: Role | None = self._roles[term]
            while role is not None and (role.level, role.rank) < (best, rank):
                level = role.level
                if level < YELLOW:
                    looked += 1
                    level = self._context.level(role, whole, at, end) if looked <= _MOST_CUES else 0
                if level and (level, role.rank) < (best, rank):
                    best, rank, name, shown = level, role.rank, role.name, self.texts[term]
                role = role.otherwise
        return best, name, shown


def _cues(texts: Texts, hits: Hits) -> Callable[[int], Iterable[_Cue]]:
    """The hits of one message."""
    starts = texts.characters.starts
    places = starts[texts.characters.owner[hits.at]]
    found = list(
        zip(
            (hits.at - places).tolist(),
            (hits.ends - places).tolist(),
            hits.terms.tolist(),
            strict=True,
        )
    )
    bounds = [*np.searchsorted(hits.at, starts).tolist(), len(found)]
    return lambda number: found[bounds[number] : bounds[number + 1]]


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
