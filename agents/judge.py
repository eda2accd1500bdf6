"""What is made of the texts of a batch: what each is about, how it sounds, how grave it is.

Pure. The texts end here: what goes on is a category, a few numbers, and a redacted
excerpt of those events alone that staff are shown one by one, the grave ones.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from agents.classify import Classifier
from agents.mention import Mention, mentions
from streams.categories import CATEGORIES, OUTSIDE
from streams.contracts import EXCERPT_LIMIT
from streams.packs import UNSAID

_GRAVE: Final = frozenset({1, 2})  # severities
_CROWD: Final = "30+"
# Redacting this much of a text gives a whole excerpt, unless nearly all of it is redacted.
_EXCERPT_SOURCE: Final = 4 * EXCERPT_LIMIT

# title, text, category and severity (0: not said) as upstream said, people_band, zero
Said = tuple[str, str, str, int, str, bool]


class Judged(NamedTuple):
    """What a report's text and what upstream said of it come to; fields as in streams.packs.Report."""

    category: str
    severity: int
    excerpt: str
    sentiment: int
    declared: str
    cue: str
    mention: Mention


class Judge:
    """Judges reports, a batch at a time."""

    def __init__(self, classifier: Classifier, redact: Callable[[str], str]) -> None:
        self._classifier = classifier
        self._redact = redact

    def judge(self, reports: Sequence[Said]) -> Iterable[Judged]:
        """One for each report, in order."""
        categories = [self._category(*said) for said in reports]
        mentioned = mentions(
            [
                (title, text, category)
                for (title, text, *_), category in zip(reports, categories, strict=True)
            ]
        )
        return [
            self._judge(*said, category, mention)
            for said, category, mention in zip(reports, categories, mentioned, strict=True)
        ]

    def _category(self, title: str, text: str, declared: str, *_: object) -> str:
        category: str = self._classifier.category(title, text) if text or title else OUTSIDE
        if category == OUTSIDE and declared in CATEGORIES:
            category = declared
        return category

    def _judge(
        self,
        title: str,
        text: str,
        declared: str,
        severity: int,
        people_band: str,
        zero: bool,
        category: str,
        mention: Mention,
    ) -> Judged:
        shown = not zero and (severity in _GRAVE or people_band == _CROWD)
        excerpt = self._excerpt(title, text) if shown else ""
        known = declared if declared in CATEGORIES else ""
        return Judged(category, severity, excerpt, UNSAID, known, "", mention)

    def _excerpt(self, title: str, text: str) -> str:
        whole = f"{title} {text}" if title and text else title or text
        start = whole[:_EXCERPT_SOURCE]
        redacted = self._redact(start)
        if len(start) < len(whole) and len(redacted) < 2 * EXCERPT_LIMIT:
            redacted = self._redact(whole)
        return redacted[:EXCERPT_LIMIT]
