"""Turns a draft into a digest, and into what is kept of it."""

from datetime import datetime
from typing import NamedTuple

from agents.digests.issued import Issued
from agents.rules import names_of
from agents.windows import Window
from streams.answers import Digest, DigestKind
from streams.categories import OUTSIDE
from streams.digests import Edition, Said, written


class Draft(NamedTuple):
    """What a digest says. day: since 1970, the last one it covers. lines: Markdown."""

    kind: DigestKind
    county: str
    day: int
    window: Window
    lines: list[str]
    figures: dict[str, int]


def issue(draft: Draft, at: datetime, before: Issued | None = None) -> tuple[Digest, Issued]:
    """before: the edition that it replaces."""
    place, _ = names_of(draft.county, OUTSIDE)
    said = Said(draft.kind, draft.county, place, *draft.window, draft.lines, draft.figures)
    edition = Edition(before.edition, before.id, before.figures) if before else None
    digest = written(said, at, edition)
    kept = Issued(draft.kind, draft.county, draft.day, digest.edition, digest.id, draft.figures)
    return digest, kept
