"""What is made of the texts of a batch: what each is about, how it sounds, how grave it is.

Pure. The texts end here: what goes on is a category, a few numbers, by what the same
matter is known again, and a redacted excerpt of those events alone that staff are
shown one by one, the grave ones.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, Self

from agents.classify import LEXICON, NONE, Classifier
from agents.declared import Declared
from agents.mention import NOTHING, Mention, mentions_of
from agents.model import Model
from agents.model_file import load as load_model
from agents.texts import Texts
from agents.tone import Tone, graver
from agents.tone.lexicon import folder_within
from streams.categories import OUTSIDE, CategoryCode
from streams.contracts import EXCERPT_LIMIT
from streams.packs import UNSAID

DECLARED: Final = "declared"  # a category's source, beside those of agents/classify.py

_GRAVE: Final = frozenset({1, 2})  # severities
_CROWD: Final = "30+"
# Redacting this much of a text gives a whole excerpt, unless nearly all of it is redacted.
_EXCERPT_SOURCE: Final = 4 * EXCERPT_LIMIT

# title, text, category and severity (0: not said) as upstream said, people_band, zero
Said = tuple[str, str, str, int, str, bool]


class Judged(NamedTuple):
    """What a report's text and what upstream said of it come to; fields as in streams.packs.Report.

    source: what decided the category: lexicon, model, declared or none.
    """

    category: str
    source: str
    declared: str
    severity: int
    cue: str
    sentiment: int
    excerpt: str
    mention: Mention


class Judge:
    """Judges reports, a batch at a time."""

    def __init__(
        self,
        classifier: Classifier,
        tone: Tone,
        declared: Declared,
        redact: Callable[[str], str],
        model: Model | None = None,
    ) -> None:
        self.classifier = classifier
        self.tone = tone
        self.model = model
        self.declared = declared
        self._redact = redact
        # The same estates and companies come again and again.
        self._is_clean = lru_cache(maxsize=16_384)(lambda name: redact(name) == name)

    @classmethod
    def load(
        cls,
        redact: Callable[[str], str],
        lexicon: Path | None = None,
        model: Path | None = None,
    ) -> Self:
        """A judge by the lexicon of a folder, or by the one shipped; with a learned model, or without.

        Raises UserError naming file, line and term when the lexicon has a mistake, and
        for a file that is no model of ours.
        """
        return cls(
            Classifier.load(lexicon),
            Tone.load(folder_within(lexicon)),
            Declared.load(lexicon),
            redact,
            Model(load_model(model)) if model else None,
        )

    def judge(self, reports: Sequence[Said]) -> Iterator[Judged]:
        """One for each report, in order."""
        if not reports:
            return
        texts = Texts.of([(said[0], said[1]) for said in reports])
        for said, whole, topic, heard, mention in zip(
            reports,
            texts.wholes,
            self._topics(reports, texts),
            self.tone.hear(texts),
            mentions_of(texts),
            strict=True,
        ):
            title, text, label, declared, people_band, zero = said
            category: str = topic[0]
            source = topic[1]
            meant = (self.declared.of(label) or "") if label else ""
            if meant and (category == OUTSIDE or not whole):
                category, source = meant, DECLARED
            # A zero report says that there is nothing: its text, if it has one, is about no matter.
            if zero or not whole:
                severity, cue = graver(declared, people_band, 0, "")
                yield Judged(category, source, meant, severity, cue, UNSAID, "", NOTHING)
                continue
            sentiment, level, cue = heard
            severity, cue = graver(declared, people_band, level, cue)
            excerpt = ""
            if severity in _GRAVE or people_band == _CROWD:
                excerpt = self._excerpt(title, text)
            known_by = mention
            if mention.name and not self._is_clean(mention.name):
                known_by = mention._replace(name="")
            yield Judged(category, source, meant, severity, cue, sentiment, excerpt, known_by)

    def _topics(self, reports: Sequence[Said], texts: Texts) -> list[tuple[CategoryCode, str]]:
        """The leaf of each text, and what decided it."""
        if self.model is None:
            return [
                (category, NONE if category == OUTSIDE else LEXICON)
                for category in self.classifier.categories(texts)
            ]
        topics = self.model.predict(
            [said[0] for said in reports],
            [said[1] for said in reports],
            self.classifier.scores(texts),
        )
        # A model has a label for everything, also for nothing.
        return [
            (topic.category, topic.source) if whole else (OUTSIDE, NONE)
            for whole, topic in zip(texts.wholes, topics, strict=True)
        ]

    def _excerpt(self, title: str, text: str) -> str:
        whole = f"{title} {text}" if title and text else title or text
        start = whole[:_EXCERPT_SOURCE]
        redacted = self._redact(start)
        if len(start) < len(whole) and len(redacted) < 2 * EXCERPT_LIMIT:
            redacted = self._redact(whole)
        return redacted[:EXCERPT_LIMIT]
