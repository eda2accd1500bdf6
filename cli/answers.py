"""Waiting until every event of a run is counted or answered, as ClickHouse shows it."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from sinks.store import Store
from streams.errors import Retryable

_ASK_EVERY_S: Final = 0.25

_LEDGER: Final = """
    SELECT sum(counted) AS counted, sum(duplicates) AS duplicates
    FROM ledger FINAL
    WHERE source = {source:String} AND runid = {runid:String}
"""
_DEAD_LETTERS: Final = """
    SELECT count() AS dead_letters
    FROM dead_letters FINAL
    WHERE source = {source:String} AND runid = {runid:String}
"""


class Answers(NamedTuple):
    """What became of a run's events so far."""

    counted: int = 0
    duplicates: int = 0
    dead_letters: int = 0

    @property
    def total(self) -> int:
        return sum(self)


def read(store: Store, source: str, runid: str) -> Answers:
    """The answers of one run. Raises SinkBusy or Fatal, as the store does."""
    of_run = {"source": source, "runid": runid}
    [ledger] = store.query(_LEDGER, of_run)
    [letters] = store.query(_DEAD_LETTERS, of_run)
    return Answers(int(ledger["counted"]), int(ledger["duplicates"]), int(letters["dead_letters"]))


def wait(
    ask: Callable[[], Answers],
    published: int,
    timeout_s: float,
    *,
    on_answers: Callable[[Answers], None] = lambda _: None,
    in_vain: Callable[[], str] = lambda: "",
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[Answers, str]:
    """Ask until all published events are answered; then the answers, and "" or what is missing.

    More answers than events is fine: delivery is at least once, and an event
    that came again is a duplicate. A store that is away is asked again.
    in_vain: why no more answers will come, "" while they may.

    >>> wait(lambda: Answers(3, 1, 0), 4, timeout_s=1)[1]
    ''
    """
    answers, away = Answers(), ""
    ends_at_s = monotonic() + timeout_s
    while True:
        try:
            answers, away = ask(), ""
            on_answers(answers)
        except Retryable as error:
            away = str(error)
        if not away and answers.total >= published:
            return answers, ""
        over = in_vain()
        if over or monotonic() >= ends_at_s:
            why = over or away or "is every stage running?"
            return answers, (
                f"{published - answers.total:,} of {published:,} events are neither counted nor "
                f"answered after {timeout_s - (ends_at_s - monotonic()):.0f} s; {why}"
            )
        sleep(_ASK_EVERY_S)
