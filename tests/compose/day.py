"""A small generated day with known truth: published in parts, and compared in ClickHouse."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli import demo_check
from cli.demo import AFTER_END, BEFORE_END, demo_rules, set_clock
from cli.demo_day import CITY, generate
from cli.demo_truth import last_window_end
from cli.producing import produce
from sinks.store import Store
from streams.clock import SystemClock
from streams.errors import HuishangError
from streams.settings import load
from tests.waiting import eventually_sync

_ANSWERED_WITHIN_S: Final = 180
_COMPARED_WITHIN_S: Final = 120


class Day:
    """folder: gets the clock and the rules that the stages go by; they only read it.

    password: of ClickHouse's user. parts: how many the day is published in.
    """

    def __init__(self, folder: Path, password: str, events: int, seed: int, parts: int) -> None:
        self._settings = load(
            data=folder,
            kafka="127.0.0.1:9092",
            clickhouse=f"http://huishang:{password}@127.0.0.1:8123/huishang",
            counties=CITY,
            timezone="Asia/Shanghai",
            clock_file=folder / "clock",
        )
        demo_rules(folder)
        end = last_window_end(SystemClock().now(), self._settings.zone)
        self._day = generate(end, events, seed)
        set_clock(self._settings, end - BEFORE_END)
        for path in folder.iterdir():
            path.chmod(0o644)
        self._part = -(-len(self._day.records) // parts)
        self.published = 0

    def publish_part(self) -> None:
        """The next part; nothing when all is published."""
        part = self._day.records[self.published : self.published + self._part]
        self.published += asyncio.run(produce(self._settings, part))

    def all_answered(self) -> None:
        """Wait until what is published, and no more, is counted, dropped or a dead letter."""

        def exactly() -> bool:
            with Store.open(self._settings.clickhouse) as store:
                answered = demo_check.answered(store, self._day.runid)
            assert answered == self.published, f"{answered} of {self.published} answered"
            return True

        eventually_sync(_patiently(exactly), within_s=_ANSWERED_WITHIN_S, every_s=0.5)

    def differences(self) -> list[str]:
        """Let the day end, and give every number that is not as it must be, once it is or time is up."""
        assert self.published == len(self._day.records)
        set_clock(self._settings, self._day.window_end + AFTER_END)
        truth = self._day.truth
        wrong = ["nothing could be read"]

        def exact() -> bool:
            with Store.open(self._settings.clickhouse) as store:
                found = demo_check.read(store, self._day.runid, truth.presence_after)
            nonlocal wrong
            wrong = demo_check.differences(truth, found)
            assert not wrong, wrong
            return True

        try:
            eventually_sync(_patiently(exact), within_s=_COMPARED_WITHIN_S, every_s=1)
        except AssertionError:
            return wrong
        return []


def _patiently(condition: Callable[[], bool]) -> Callable[[], bool]:
    """The same, for a store that may be away: it was just started again."""

    def asked() -> bool:
        try:
            return condition()
        except HuishangError as error:
            raise AssertionError(str(error)) from error

    return asked
