"""A case as tally keeps it: all its steps, and what was made of them with the rules of then."""

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from agents.cases.counting import counted, packed
from agents.cases.limits import CalendarRule, Limits, OverdueRule, Timing
from agents.cases.steps import Step, decode_steps, encode
from agents.cases.story import Story
from agents.cases.timers import Mark, closing, marks, running
from agents.rules import Rules
from streams.cases import CaseRow

STEPS_MAX: Final = 50  # the first, and the latest ones: no case has so many


class Case(Struct, array_like=True, gc=False):
    """One case. Written whole into the journal whenever it changes.

    steps: ascending, as steps.encode has them. counted: as counting.packed has it, under the
    level and owner of the row. marks: moments to come, or not yet raised; the earliest first.
    told: names of marks that were raised. heard_day: of the last update's arrival, UTC days
    since 1970.
    """

    row: CaseRow
    steps: bytes
    counted: bytes
    marks: list[Mark]
    told: list[str]
    heard_day: int

    @property
    def key(self) -> tuple[str, str]:
        return self.row.county, self.row.case_id


def steps_of(case: Case | None) -> list[Step]:
    """Its steps, ascending; none of no case."""
    return decode_steps(case.steps) if case else []


def kept(steps: set[Step]) -> list[Step]:
    """The steps in order, each once; whatever order they came in, the same are kept."""
    ordered = sorted(steps)
    return ordered if len(ordered) <= STEPS_MAX else [ordered[0], *ordered[1 - STEPS_MAX :]]


class Maker:
    """Makes cases out of steps, by the rules in force."""

    def __init__(self, limits: Limits, overdue: tuple[OverdueRule, ...], timing: Timing) -> None:
        self._limits = limits
        self._overdue = overdue
        self._timing = timing

    def case(
        self, key: tuple[str, str], steps: list[Step], tale: Story, told: list[str], heard_day: int
    ) -> Case:
        """tale: of the steps. told: marks that were raised before."""
        limits, timing = self._limits, self._timing
        to_close = closing(tale, limits, timing)
        timers = running(tale, to_close, limits, timing)
        return Case(
            _row(key, tale, to_close.due_s),
            encode(steps),
            packed(counted(tale, to_close.due_s, limits, timing)),
            [mark for mark in marks(timers, self._overdue, timing) if mark.name not in told],
            told,
            heard_day,
        )


def _row(key: tuple[str, str], tale: Story, due_s: int) -> CaseRow:
    return CaseRow(
        *key,
        tale.last.version,
        tale.last.status,
        tale.last.level,
        tale.last.reported_s,
        tale.owner_org,
        tale.deadline_s,
        tale.last.merged_into,
        tale.found_s,
        tale.closed_s,
        due_s,
        tale.deadline_class,
        tale.stars[tale.last.version],
        tale.flagged,
        len(tale.reopenings),
        tale.whistle.step if tale.whistle else "",
    )


def maker_of(rules: Rules, zone: ZoneInfo) -> Maker:
    """What makes cases by these rules; made once for the same rules."""
    return _maker(rules.cases, rules.overdue, rules.calendar, zone)


@lru_cache(maxsize=8)
def _maker(
    limits: Limits, overdue: tuple[OverdueRule, ...], calendar: CalendarRule, zone: ZoneInfo
) -> Maker:
    return Maker(limits, overdue, Timing(calendar, zone))
