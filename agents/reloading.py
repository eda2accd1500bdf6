"""Brings a lexicon that was changed into use, without a restart; keeps the old one if it has a mistake.

A folder is looked at every few seconds, away from the batches. What is new is
loaded once two looks in a row have found the same: an editor, or a copy over
the network, writes one file after the other.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import xxhash

from agents.classify import Classifier
from streams import metrics
from streams.clock import Clock
from streams.errors import UserError

LOOK_EVERY_S: Final = 2.0

log = logging.getLogger(__name__)


def digest_of(folder: Path) -> str:
    """The names and contents of the folder's YAML files; the same for the same files."""
    digest = xxhash.xxh3_128()
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = path.read_bytes()
        except OSError:  # just taken away; the next look tells
            continue
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


class Settling:
    """Decides, from what each look at a folder finds, when to load it.

    >>> settling = Settling("old")
    >>> [settling.due(digest) for digest in ("old", "half", "new", "new", "new")]
    [False, False, False, True, False]
    """

    def __init__(self, in_use: str) -> None:
        self._tried = in_use
        self._seen = in_use

    def due(self, digest: str) -> bool:
        """Whether what this look found is to be loaded; each content is tried once."""
        settled = digest == self._seen
        self._seen = digest
        if not settled or digest == self._tried:
            return False
        self._tried = digest
        return True


class LexiconFolder:
    """The lexicon of a folder, as it is now and as it changes."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Raises UserError if the lexicon has a mistake: there is no old one to keep."""
        self._folder = folder
        self._clock = clock
        in_use = digest_of(folder)
        self.classifier = Classifier.load(folder)
        self._settling = Settling(in_use)
        metrics.lexicon_reloaded("ok", clock.now())

    def look(self) -> Classifier | None:
        """A classifier over the changed lexicon; None if nothing changed, or it has a mistake."""
        if not self._settling.due(digest_of(self._folder)):
            return None
        try:
            changed = Classifier.load(self._folder)
        except UserError as mistake:
            metrics.lexicon_reloaded("refused", self._clock.now())
            log.warning("lexicon of %s not loaded, the old one stays: %s", self._folder, mistake)
            return None
        metrics.lexicon_reloaded("ok", self._clock.now())
        log.info("lexicon of %s loaded, %d terms", self._folder, len(changed.lexicon.terms))
        return changed

    async def watch(self, use: Callable[[Classifier], None]) -> None:
        """Loop: look, in a thread of its own, and hand over what is new."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if changed := await asyncio.to_thread(self.look):
                use(changed)
