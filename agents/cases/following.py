"""Follows cases through one batch: updates put into their place, rows and measures restated."""

from collections.abc import Iterable
from typing import Final

from agents.cases.case import Case, Maker, kept, steps_of
from agents.cases.counting import unpacked
from agents.cases.holding import Cases, Key, oldest_day
from agents.cases.stars import stars
from agents.cases.steps import Step, standing, step_of, verdicts
from streams.cases import MEASURES, CaseDayRow, CaseStep, CaseStepRow

_DAY_MS: Final = 86_400_000


class CaseFollowing:
    """One batch. Pure: `cases` are only read."""

    def __init__(self, cases: Cases, maker: Maker) -> None:
        self._cases = cases
        self._maker = maker
        self._steps: dict[Key, set[Step]] = {}
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
        increments: dict[tuple[str, int, str, int], list[int]] = {}
        for key, steps in self._steps.items():
            before = self._cases.held.get(key)
            ordered = kept(steps)
            case = self._maker.case(key, ordered, before.told if before else [], self._heard[key])
            self.changed.append(case)
            told = set(_rows(key, steps_of(before)))
            self.steps += [row for row in _rows(key, ordered) if row not in told]
            for one, sign in ((before, -1), (case, 1)):
                if one:
                    _add(increments, one, sign)
        oldest = oldest_day(at_ms // _DAY_MS)
        self.days = [
            CaseDayRow(*key, measures)
            for key, measures in increments.items()
            if any(measures) and key[3] >= oldest
        ]


def _add(increments: dict[tuple[str, int, str, int], list[int]], case: Case, sign: int) -> None:
    row = case.row
    for day, place in unpacked(case.counted):
        key = (row.county, row.level, row.owner_org, day)
        increments.setdefault(key, [0] * len(MEASURES))[place] += sign


def _rows(key: Key, steps: list[Step]) -> Iterable[CaseStepRow]:
    """One row for each step, as it is thought of among the others."""
    left = dict(
        zip((step.version for step in standing(steps)), stars(standing(steps)), strict=True)
    )
    for step, verdict in zip(steps, verdicts(steps), strict=True):
        yield CaseStepRow(
            *key,
            step.version,
            step.id,
            step.status,
            step.level,
            step.reported_s,
            step.owner_org,
            verdict.value,
            left[step.version],
        )
