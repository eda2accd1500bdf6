"""Puts a fault into a worker that a test starts; Python imports this first where the folder is on its path.

FAULT says which, MARK what an event must hold for it. The product has no such hook.
    classify  intake raises on a text with the mark    decide  tally, on an excerpt with it
    rows      the sink, on an alert whose excerpt has it
    digest    the sink, on a digest whose title has it
    once      as classify, unless the file ONCE is there already; it is then
    hang      intake stops there for good              send    intake's sending raises, whatever it is
"""

import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FAULT = os.environ.get("FAULT", "")
MARK = os.environ.get("MARK", "")


class Poisoned(Exception):
    """Its message quotes the event, as a real one may."""


def _fail(text: str) -> None:
    if MARK not in text:
        return
    if FAULT == "hang":
        sys.stdout.write("stuck\n")
        sys.stdout.flush()
        threading.Event().wait()
    if FAULT == "once":
        if Path(os.environ["ONCE"]).exists():
            return
        Path(os.environ["ONCE"]).touch()
    raise Poisoned(text)


def _break_intake() -> None:
    from agents.classify import Classifier
    from agents.texts import Texts

    categories = Classifier.categories

    def broken(self: Classifier, texts: Texts) -> Any:
        for text in texts.wholes:
            _fail(text)
        return categories(self, texts)

    Classifier.categories = broken  # type: ignore[method-assign]


def _break_sending() -> None:
    from agents import intake

    async def broken(*_: Any) -> None:
        raise Poisoned

    intake.send = broken  # type: ignore[assignment]


def _break_tally() -> None:
    from agents import tally

    decide = tally.decide

    def broken(state: Any, packs: Iterable[Any], *rest: Any) -> Any:
        packs = list(packs)
        for _, pack in packs:
            for report in pack.reports:
                _fail(report.excerpt)
        return decide(state, packs, *rest)

    tally.decide = broken


def _break_sink() -> None:
    from sinks import sink

    row_of_alert = sink.row_of_alert

    def broken(alert: Any) -> Any:
        _fail(alert.excerpt)
        return row_of_alert(alert)

    sink.row_of_alert = broken


def _break_digests() -> None:
    from sinks import sink

    row_of_digest = sink.row_of_digest

    def broken(digest: Any, *rest: Any) -> Any:
        _fail(digest.title)
        return row_of_digest(digest, *rest)

    sink.row_of_digest = broken


_FAULTS = {
    "classify": _break_intake,
    "once": _break_intake,
    "hang": _break_intake,
    "send": _break_sending,
    "decide": _break_tally,
    "rows": _break_sink,
    "digest": _break_digests,
}
if FAULT:
    _FAULTS[FAULT]()
