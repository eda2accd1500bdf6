"""What is made of the texts of a batch: what each is about, how it sounds, how grave it is.

Pure. The texts end here: what goes on is a category, a few numbers, by what the same
matter is known again, and a redacted excerpt of those events alone that staff are
shown one by one, the grave ones.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from agents.classify import LEXICON, NONE, Classifier
from agents.declared import Declared
from agents.mention import Mention, mentions
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
    ) -> None:
        self.classifier = classifier
        self.tone = tone
        self._declared = declared
        self._redact = redact

    @classmethod
    def load(cls, redact: Callable[[str], str], lexicon: Path | None = None) -> Self:
        """A judge by the lexicon of a folder, or by the one shipped.

        Raises UserError naming file, line and term when the lexicon has a mistake.
        """
        tone = Tone.load(folder_within(lexicon))
        return cls(Classifier.load(lexicon), tone, Declared.load(lexicon), redact)

    def judge(self, reports: Sequence[Said]) -> Iterator[Judged]:
        """One for each report, in order."""
        found = [self._category(said) for said in reports]
        # A zero report says that there is nothing: its text, if it has one, is about no matter.
        told = [
            ("", "", category) if zero else (title, text, category)
            for (title, text, *_, zero), (category, _, _) in zip(reports, found, strict=True)
        ]
        for said, of, what, mention in zip(reports, found, told, mentions(told), strict=True):
            title, text, category = what
            _, _, _, severity, people_band, zero = said
            sentiment, level, cue = UNSAID, 0, ""
            if title or text:
                sentiment, level, cue = self.tone.judge(title, text)
            severity, cue = graver(severity, people_band, level, cue)
            excerpt = ""
            if not zero and (severity in _GRAVE or people_band == _CROWD):
                excerpt = self._excerpt(title, text)
            yield Judged(category, of[1], of[2], severity, cue, sentiment, excerpt, mention)

    def _category(self, said: Said) -> tuple[CategoryCode, str, str]:
        """The leaf, what decided it, and the leaf that upstream declared, if any."""
        title, text, label, *_ = said
        declared = self._declared.of(label) if label else None
        if title or text:
            category = self.classifier.category(title, text)
            if category != OUTSIDE:
                return category, LEXICON, declared or ""
        return (declared, DECLARED, declared) if declared else (OUTSIDE, NONE, "")

    def _excerpt(self, title: str, text: str) -> str:
        whole = f"{title} {text}" if title and text else title or text
        start = whole[:_EXCERPT_SOURCE]
        redacted = self._redact(start)
        if len(start) < len(whole) and len(redacted) < 2 * EXCERPT_LIMIT:
            redacted = self._redact(whole)
        return redacted[:EXCERPT_LIMIT]
