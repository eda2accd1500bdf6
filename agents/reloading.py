"""Brings a lexicon or rules that were changed into use without a restart; a mistake is left alone.

A folder, or a file, is looked at every few seconds, away from the batches. What is new is
loaded once two looks in a row have found the same: an editor, or a copy over
the network, writes one file after the other.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, Literal, TypeVar

import xxhash

from agents.tone.lexicon import FOLDER as TONE
from streams import metrics
from streams.clock import Clock
from streams.errors import UserError

LOOK_EVERY_S: Final = 2.0

T = TypeVar("T")

log = logging.getLogger(__name__)


def digest_of_file(path: Path) -> str:
    """Of its content; empty if it cannot be read just now."""
    try:
        return xxhash.xxh3_128_hexdigest(path.read_bytes())
    except OSError:
        return ""


def digest_of(folder: Path) -> str:
    """Names and contents of a lexicon's YAML files, those of tone included; the same for the same.

    Nothing else in the folder counts: a mounted ConfigMap keeps its versions there as well.
    """
    digest = xxhash.xxh3_128()
    for path in sorted((*folder.glob("*.yaml"), *folder.glob(f"{TONE}/*.yaml"))):
        try:
            content = path.read_bytes()
        except OSError:  # just taken away; the next look tells
            continue
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
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


class Reloading(Generic[T]):
    """What was loaded from a lexicon's folder or a file of rules, and again each time it changes.

    loaded: at the start.
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[Path], T],
        clock: Clock,
        what: Literal["lexicon", "rules"] = "lexicon",
    ) -> None:
        """load: raises UserError if there is a mistake; here too: there is no old one to keep."""
        self._path = path
        self._load = load
        self._clock = clock
        self._what = what
        self._digest = digest_of if what == "lexicon" else digest_of_file
        self._settling = Settling(self._digest(path))
        self.loaded = load(path)
        self._note("ok")

    def _note(self, outcome: str) -> None:
        note = metrics.lexicon_reloaded if self._what == "lexicon" else metrics.rules_reloaded
        note(outcome, self._clock.now())

    def look(self) -> T | None:
        """What was loaded anew; None if nothing changed, or it has a mistake."""
        if not self._settling.due(self._digest(self._path)):
            return None
        try:
            changed = self._load(self._path)
        except UserError as mistake:
            self._note("refused")
            log.warning(
                "%s of %s not loaded, the old one stays: %s", self._what, self._path, mistake
            )
            return None
        self._note("ok")
        log.info("%s of %s loaded", self._what, self._path)
        return changed

    async def watch(self, use: Callable[[T], None]) -> None:
        """Loop: look, in a thread of its own, and hand over what is new."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            changed = await asyncio.to_thread(self.look)
            if changed is not None:
                use(changed)
