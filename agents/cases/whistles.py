"""Whistles (吹哨报到): who needs help whistles, who is called accepts, arrives, tells, is verified."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from agents.cases.steps import Step

# In the order in which they follow each other.
WAY: Final = ("issued", "accepted", "arrived", "feedback", "verified")


class Whistle(NamedTuple):
    """The latest whistle of a case. number: counted from 1. since_s: when its step was taken."""

    number: int
    step: str
    since_s: int

    @property
    def awaited(self) -> str:
        """The step that is to follow; empty after the last."""
        return dict(zip(WAY, (*WAY[1:], ""), strict=True))[self.step]


def whistle(steps: Iterable[Step]) -> Whistle | None:
    """The latest whistle of these steps, in their order; None if there was none.

    A step that is behind, or is said again, changes nothing. One whose issuing was not told
    counts as a whistle all the same.

    >>> way = [Step(1, 0, "dispatched", 1, whistle_step="issued")]
    >>> whistle([*way, Step(2, 60, "dispatched", 1, whistle_step="arrived")])
    Whistle(number=1, step='arrived', since_s=60)
    """
    found: Whistle | None = None
    for step in steps:
        said = step.whistle_step
        if said not in WAY:
            continue
        if found is None or (said == "issued" != found.step):
            number = found.number + 1 if found else 1
            found = Whistle(number, said, step.reported_s)
        elif WAY.index(said) > WAY.index(found.step):
            found = found._replace(step=said, since_s=step.reported_s)
    return found
