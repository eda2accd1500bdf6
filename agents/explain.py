"""Says what each step made of a report's text, and why: for editors, and for whoever asks back.

What intake would send on comes from its own Judge; only the reasons are asked of
the steps once more.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from agents.judge import Judge, Said
from agents.texts import Texts
from agents.tone import Explained as Heard
from streams.contracts import TEXT_LIMIT, TITLE_LIMIT
from streams.packs import UNSAID

_TOKEN: Final = re.compile(r"〔([^〔〕\s]{2,3})〕")


class Explained(NamedTuple):
    """What became of a report.

    title, text: redacted.
    category: what it is counted as; category_source: what decided so.
    terms, weights: of the lexicon, that speak for its leaf, the heaviest first.
    margin, nearest: over which leaf it won; nearest is empty where nothing speaks for another.
    declared: the leaf that upstream's category stands for; empty if it said none we know.
    sentiment: −2 … +2; None without a text. severity: 0 when nothing is known of it.
    fingerprint, keys: of 64 bits. name: of the place or company, empty if none is named.
    """

    title: str
    text: str
    category: str
    category_source: str
    terms: tuple[str, ...]
    weights: tuple[float, ...]
    margin: float
    nearest: str
    declared: str
    sentiment: int | None
    severity: int
    cue: str
    fingerprint: int
    keys: tuple[int, ...]
    name: str


class Explainer:
    """Explains reports, many at a time.

    >>> from agents.redaction import redact
    >>> explainer = Explainer(Judge.load(redact), redact)
    >>> (found,) = explainer.explain([("", "王建国拖欠工资", "", 0, "", False)])
    >>> found.text, found.category, found.terms
    ('〔姓名〕拖欠工资', 'D09', ('拖欠工资',))
    """

    def __init__(self, judge: Judge, redact: Callable[[str], str]) -> None:
        self._judge = judge
        self._redact = redact

    def explain(self, reports: Sequence[Said]) -> list[Explained]:
        """One for each report, in order. Judged is what the contract takes of a text; all is redacted."""
        taken = [(said[0][:TITLE_LIMIT], said[1][:TEXT_LIMIT], *said[2:]) for said in reports]
        explained = []
        texts = Texts.of([(said[0], said[1]) for said in taken])
        classified = self._judge.classifier.classified(texts)
        for said, found, judged in zip(reports, classified, self._judge.judge(taken), strict=True):
            explained.append(
                Explained(
                    self._redact(said[0]),
                    self._redact(said[1]),
                    judged.category,
                    judged.source,
                    found.terms,
                    found.weights,
                    found.margin,
                    found.nearest,
                    judged.declared,
                    None if judged.sentiment == UNSAID else judged.sentiment,
                    judged.severity,
                    judged.cue,
                    judged.mention.fingerprint,
                    judged.mention.keys,
                    judged.mention.name,
                )
            )
        return explained

    def learned(self, report: Said) -> list[tuple[str, float]]:
        """What speaks most for the model's label of one report, and against; none without a model."""
        title, text = report[0][:TITLE_LIMIT], report[1][:TEXT_LIMIT]
        if self._judge.model is None or not (title or text):
            return []
        (scores,) = self._judge.classifier.scores(Texts.of([(title, text)]))
        return self._judge.model.explain(title, text, scores)

    def heard(self, report: Said) -> Heard:
        """The words by which sentiment and severity of one report were told."""
        return self._judge.tone.explain(report[0][:TITLE_LIMIT], report[1][:TEXT_LIMIT])


def replaced(redacted: str) -> dict[str, int]:
    """How often each kind of personal data was replaced.

    >>> replaced("我叫〔姓名〕，电话〔手机〕或〔手机〕")
    {'手机': 2, '姓名': 1}
    """
    return dict(Counter(_TOKEN.findall(redacted)).most_common())
