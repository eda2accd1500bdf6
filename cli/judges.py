"""What `huishang evaluate` can measure: per subject who judges, and what its labels are."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from agents import model_file
from agents.classify import Classifier
from agents.mailbox7 import Mailbox7
from agents.model import Model
from agents.texts import Texts
from agents.tone import ORANGE, Tone
from agents.tone.lexicon import folder_within
from cli.link import Row, linked
from streams.categories import CATEGORIES
from streams.contracts import TEXT_LIMIT, TITLE_LIMIT
from streams.errors import UserError


class Judgement(NamedTuple):
    """confidence: that the label is right, 0 to 1; None where the judge has none."""

    label: str
    confidence: float | None = None


class Judge(Protocol):
    """Labels texts, in their order."""

    def judge(self, titles: Sequence[str], texts: Sequence[str]) -> list[Judgement]: ...


class Options(NamedTuple):
    """What the command line says about how to judge.

    lexicon: folder, None for the one shipped. labels: None for the subject's own.
    model: of topics, on top of the lexicon; None for the lexicon alone.
    """

    lexicon: Path | None = None
    labels: str | None = None
    model: Path | None = None


class Task(NamedTuple):
    """One subject, ready to be measured.

    meant: a label as it is written in a file, in its one form; ValueError says what is expected.
    ordered: labels are whole numbers, and one off is nearly right.
    groups: a label says no more than which texts belong together; all are judged at once.
    """

    judge: Judge
    meant: Callable[[str], str]
    ordered: bool = False
    groups: bool = False


class Topics:
    """The lexicon.

    Confidence: (1 + margin) / 2, which is (best + 1) / (best + next + 2): Laplace's rule of
    succession, the scores being so many witnesses for a leaf. A tie is even.
    """

    def __init__(self, classifier: Classifier, labels: Mailbox7 | None) -> None:
        self._classify = classifier.classified
        self._labels = labels

    def judge(self, titles: Sequence[str], texts: Sequence[str]) -> list[Judgement]:
        judged = []
        for found in self._classify(Texts.of(list(zip(titles, texts, strict=True)))):
            label = self._labels.of(found) if self._labels else found.category
            judged.append(Judgement(label, (1 + found.margin) / 2))
        return judged


class LearnedTopics:
    """The lexicon with a model on top; confidence is the model's."""

    def __init__(self, classifier: Classifier, model: Model) -> None:
        self._scores = classifier.scores
        self._model = model

    def judge(self, titles: Sequence[str], texts: Sequence[str]) -> list[Judgement]:
        scores = self._scores(Texts.of(list(zip(titles, texts, strict=True))))
        return [
            Judgement(topic.label, topic.confidence)
            for topic in self._model.predict(titles, texts, scores)
        ]


class Incidents:
    """What is the same matter, as `huishang link` finds it: one county, in the file's order.

    A label is the number of the incident's first text. Times are not looked at.
    """

    def judge(self, titles: Sequence[str], texts: Sequence[str]) -> list[Judgement]:
        rows = [
            Row("", "", None, title[:TITLE_LIMIT], text[:TEXT_LIMIT])
            for title, text in zip(titles, texts, strict=True)
        ]
        return [Judgement(str(first + 1)) for first in linked(rows)]


def _topics(options: Options) -> Task:
    classifier = Classifier.load(options.lexicon)
    labels = Mailbox7.load(options.lexicon) if options.labels else None
    meant = leaf if labels is None else partial(_one_of, labels.labels)
    if options.model is None:
        return Task(Topics(classifier, labels), meant)
    model = Model(model_file.load(options.model))
    for label in model.labels:
        try:
            meant(label)
        except ValueError as error:
            raise UserError(
                f"{options.model} says labels like {label!r}; expected {error}"
            ) from None
    return Task(LearnedTopics(classifier, model), meant)


def _incidents(_: Options) -> Task:
    return Task(Incidents(), str, groups=True)


class Tones:
    """Sentiment or severity, as intake hears it."""

    def __init__(self, tone: Tone, say: Callable[[int, int], str]) -> None:
        self._hear = tone.hear
        self._say = say

    def judge(self, titles: Sequence[str], texts: Sequence[str]) -> list[Judgement]:
        heard = self._hear(Texts.of(list(zip(titles, texts, strict=True))))
        return [Judgement(self._say(one.sentiment, one.severity)) for one in heard]


def _sentiment(options: Options) -> Task:
    tone = Tone.load(folder_within(options.lexicon))
    if options.labels is None:
        return Task(
            Tones(tone, lambda sentiment, _: str(sentiment)), partial(_whole, -2, 2), ordered=True
        )
    return Task(Tones(tone, lambda sentiment, _: _polarity(str(sentiment))), _polarity)


def _severity(options: Options) -> Task:
    tone = Tone.load(folder_within(options.lexicon))
    if options.labels is None:
        return Task(
            Tones(tone, lambda _, severity: str(severity)), partial(_whole, 1, 4), ordered=True
        )
    return Task(Tones(tone, lambda _, severity: _grave(str(severity))), _grave)


def _whole(least: int, most: int, label: str) -> str:
    """A whole number in one form: +1 is 1.

    >>> _whole(-2, 2, "+1"), _whole(-2, 2, "−2")
    ('1', '-2')
    """
    try:
        value = int(label.replace("−", "-"))
    except ValueError:
        value = most + 1
    if not least <= value <= most:
        raise ValueError(f"a whole number from {least} to {most}")
    return str(value)


def _polarity(label: str) -> str:
    """-1, 0 or 1 of a sentiment."""
    value = int(_whole(-2, 2, label))
    return str((value > 0) - (value < 0))


def _grave(label: str) -> str:
    """Whether a severity is red or orange: `1-2`, or `3-4`."""
    if label in {"1-2", "3-4"}:
        return label
    return "1-2" if int(_whole(0, 4, label)) in {1, ORANGE} else "3-4"


def leaf(label: str) -> str:
    """A leaf by its code, its Chinese name, or both.

    >>> leaf("D09"), leaf("劳动争议"), leaf("D09 劳动争议")
    ('D09', 'D09', 'D09')
    """
    for one in CATEGORIES.values():
        if label in (one.code, one.name, f"{one.code} {one.name}"):
            return one.code
    raise ValueError("a leaf like D09 or 劳动争议 (D01 to D18, S01 to S14, S99), or see --labels")


def _one_of(labels: Sequence[str], label: str) -> str:
    if label not in labels:
        raise ValueError(f"one of {', '.join(labels)}")
    return label


TASKS: Final[dict[str, Callable[[Options], Task]]] = {
    "topics": _topics,
    "sentiment": _sentiment,
    "severity": _severity,
    "incidents": _incidents,
}
# Label sets that a subject can be measured by, apart from its own.
LABELS: Final = {"mailbox7": "topics", "polarity": "sentiment", "grave": "severity"}
