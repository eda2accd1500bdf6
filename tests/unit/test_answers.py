"""Waiting for answers: it ends when all are there, or says how many are missing."""

from collections.abc import Callable, Iterator

import pytest

from cli.answers import Answers, wait
from streams.errors import Fatal, SinkBusy


class Time:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def asking(*given: Answers | Exception) -> Callable[[], Answers]:
    """Gives these one after another, and the last one ever after."""
    left: Iterator[Answers | Exception] = iter(given)
    last: Answers | Exception = given[-1]

    def ask() -> Answers:
        found = next(left, last)
        if isinstance(found, Exception):
            raise found
        return found

    return ask


def waited(ask: Callable[[], Answers], published: int) -> tuple[Answers, str, float]:
    time = Time()
    found, missing = wait(ask, published, 30, sleep=time.sleep, monotonic=time.monotonic)
    return found, missing, time.now_s


def test_it_ends_once_counted_duplicates_and_dead_letters_make_up_all() -> None:
    ask = asking(Answers(), Answers(5, 1, 1), SinkBusy("away"), Answers(6, 2, 2))
    assert waited(ask, 10) == (Answers(6, 2, 2), "", 0.75)


def test_more_answers_than_events_are_fine() -> None:
    assert waited(asking(Answers(10, 3, 0)), 10)[1] == ""


def test_nothing_published_needs_one_answer_only() -> None:
    assert waited(asking(Answers()), 0) == (Answers(), "", 0.0)


def test_the_shortfall_is_said_when_time_is_up() -> None:
    found, missing, took_s = waited(asking(Answers(6, 0, 1)), 10)
    assert found == Answers(6, 0, 1)
    assert missing == (
        "3 of 10 events are neither counted nor answered after 30 s; is every stage running?"
    )
    assert took_s == 30


def test_a_store_that_stays_away_is_said_when_time_is_up() -> None:
    _, missing, _ = waited(asking(SinkBusy("http://db does not answer")), 10)
    assert "10 of 10" in missing
    assert "http://db does not answer" in missing


def test_waiting_in_vain_ends_at_once() -> None:
    time = Time()
    ask, reasons = asking(Answers(4, 0, 0)), iter(["", "", "it stopped"])
    _, missing = wait(
        ask, 5, 30, in_vain=lambda: next(reasons), sleep=time.sleep, monotonic=time.monotonic
    )
    assert missing.endswith("; it stopped")
    assert time.now_s == 0.5


def test_a_store_that_refuses_is_not_waited_for() -> None:
    with pytest.raises(Fatal, match="login"):
        waited(asking(Fatal("the login is wrong")), 10)
