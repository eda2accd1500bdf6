"""The limits that run for a case, and the moments at which shares of them have passed."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from agents.cases.limits import Limits, OverdueRule, Timing
from agents.cases.story import Story


class Timer(NamedTuple):
    """One limit that holds for a case.

    stage: names it among all that the case ever has, whatever else becomes known. limit: as
    in rules.yaml; empty for a deadline that was declared. Times are seconds since 1970.
    """

    stage: str
    start_s: int
    due_s: int
    limit: str = ""


class Mark(Struct, array_like=True, frozen=True, order=True, gc=False):
    """The moment at which `pct` percent of a limit have passed."""

    at_s: int
    pct: int
    stage: str
    start_s: int
    due_s: int
    limit: str = ""

    @property
    def name(self) -> str:
        return f"{self.stage}@{self.pct}"


def closing(told: Story, limits: Limits, timing: Timing) -> Timer:
    """The limit by which the case is to be closed: one, so that one delay is told once.

    A deadline that was declared goes before that of the ticket's class, and that before
    the limit of the level where the case is. Reopening starts the first two anew, unless
    the declared deadline had passed by then.
    """
    if told.deadline_s > told.opened_s:
        return Timer(f"deadline-{told.deadline_s}", told.opened_s, told.deadline_s)
    if limit := limits.deadline_classes.of(told.deadline_class):
        stage = f"class-{told.deadline_class}.{len(told.reopenings)}"
        return Timer(stage, told.opened_s, timing.after(told.opened_s, limit), limit)
    limit = limits.levels[told.last.level - 1]
    stage = f"level-{told.last.level}.{told.stay}"
    return Timer(stage, told.level_since_s, timing.after(told.level_since_s, limit), limit)


def of_whistle(told: Story, limits: Limits, timing: Timing) -> Timer | None:
    """The limit of the step that a whistle waits for; None if none does."""
    if told.whistle is None or not told.whistle.awaited:
        return None
    limit = str(getattr(limits.whistle, told.whistle.awaited))
    stage = f"whistle-{told.whistle.awaited}.{told.whistle.number}"
    since_s = told.whistle.since_s
    return Timer(stage, since_s, timing.after(since_s, limit), limit)


def running(told: Story, to_close: Timer, limits: Limits, timing: Timing) -> list[Timer]:
    """The limits that run now, that to close it first; none once the case is closed."""
    if told.closed_s:
        return []
    called = of_whistle(told, limits, timing)
    return [to_close, called] if called else [to_close]


def marks(timers: Iterable[Timer], rules: Iterable[OverdueRule], timing: Timing) -> list[Mark]:
    """The moments at which these rules raise, the earliest first."""
    percents = sorted({rule.pct for rule in rules})
    found = []
    for timer in timers:
        for pct in percents:
            if timer.limit:
                at_s = timing.after(timer.start_s, timer.limit, pct)
            else:
                at_s = timer.start_s + (timer.due_s - timer.start_s) * pct // 100
            found.append(Mark(at_s, pct, *timer))
    return sorted(found)
