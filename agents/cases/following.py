"""Follows cases through one batch: updates put into their place, rows and measures restated."""

from collections.abc import Iterable
from typing import Final

from agents.cases.case import Case, Maker, kept, steps_of
from agents.cases.counting import unpacked
from agents.cases.holding import Cases, DayKey, Key, oldest_day
from agents.cases.steps import Step, step_of
from agents.cases.story import Story, story
from streams.cases import MEASURES, CaseDayRow, CaseStep, CaseStepRow

_DAY_MS: Final = 86_400_000


class CaseFollowing:
    """One batch. Pure: `cases` are only read."""

    def __init__(self, cases: Cases, maker: Maker) -> None:
        self._cases = cases
        self._maker = maker
        self._steps: dict[Key, set[Step]] = {}
        self._first: dict[Key, int] = {}  # the lowest version that was told
        self._heard: dict[Key, int] = {}
        self.changed: list[Case] = []
        self.steps: list[CaseStepRow] = []
        self.days: list[CaseDayRow] = []

    def take(self, update: CaseStep, at_ms: int) -> bool:
        """A new update; whether it stands, being the highest version so far.

        at_ms: the partition's clock.
        """
        key = (update.county, update.case_id)
        self._heard[key] = at_ms // _DAY_MS
        self._first[key] = min(update.version, self._first.get(key, update.version))
        step = step_of(update)
        steps = self._steps.get(key)
        if steps is None:
            steps = self._steps[key] = set(steps_of(self._cases.held.get(key)))
        steps.add(step)
        return step == max(steps)

    def goes_on_as(self, county: str, case_id: str) -> str:
        """The case that it was merged into; empty if it stands. Before or after `settle`."""
        steps = self._steps.get((county, case_id))
        if steps:
            return max(steps).merged_into
        case = self._cases.held.get((county, case_id))
        return case.row.merged_into if case else ""

    def settle(self, at_ms: int) -> None:
        """Work out `changed`, `steps` and `days`. at_ms: the partition's clock."""
        increments: dict[DayKey, list[int]] = {}
        for key, steps in self._steps.items():
            before = self._cases.held.get(key)
            ordered = kept(steps)
            tale = story(ordered)
            told = before.told if before else []
            case = self._maker.case(key, ordered, tale, told, self._heard[key])
            self.changed.append(case)
            self.steps += _rows(key, ordered, tale, self._first[key])
            _move(increments, before, case)
        oldest = oldest_day(at_ms // _DAY_MS)
        self.days = [
            CaseDayRow(*key, measures)
            for key, measures in increments.items()
            if any(measures) and key[3] >= oldest
        ]


def _move(increments: dict[DayKey, list[int]], before: Case | None, case: Case) -> None:
    """Take back what was counted of a case, and count it as it stands."""
    both = [(before, -1), (case, 1)] if before else [(case, 1)]
    for one, sign in both:
        for day, place in unpacked(one.counted):
            key = (case.row.county, one.row.level, one.row.owner_org, day)
            measures = increments.get(key)
            if measures is None:
                measures = increments[key] = [0] * len(MEASURES)
            measures[place] += sign


def _rows(key: Key, steps: list[Step], tale: Story, first: int) -> Iterable[CaseStepRow]:
    """One row for each step from version `first` on: what is thought of earlier ones stands."""
    for step, verdict in zip(steps, tale.verdicts, strict=True):
        if step.version >= first:
            yield CaseStepRow(
                *key,
                step.version,
                step.id,
                step.status,
                step.level,
                step.reported_s,
                step.owner_org,
                verdict.value,
                tale.stars[step.version],
            )
