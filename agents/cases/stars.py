"""The star ledger (降星销号): a case has five stars, and is struck off when it has none.

One goes when an owner is named, when there is a plan, when something was done, when the
matter is resolved, and when that is verified. Reopening gives all five back; what is said
from then on takes them away again.
"""

from collections.abc import Iterable
from typing import Final

from agents.cases.steps import Step

STARS: Final = 5


def stars(steps: Iterable[Step]) -> list[int]:
    """Stars after each step; those of a case that stand, in their order.

    >>> way = [Step(1, 0, "registered", 1), Step(2, 0, "dispatched", 1, "司法所", plan=True)]
    >>> stars([*way, Step(3, 0, "resolved", 1), Step(4, 0, "reopened", 1)])
    [5, 3, 2, 5]
    """
    left = []
    earned: set[str] = set()
    for step in steps:
        if step.status == "reopened":
            earned = set()
        earned |= _earned(step)
        left.append(STARS - len(earned))
    return left


def _earned(step: Step) -> set[str]:
    facts = {
        "owner": bool(step.owner_org),
        "plan": step.plan,
        "action": step.action or step.status == "in_mediation",
        "resolved": step.status in ("resolved", "verified"),
        "verified": step.status == "verified",
    }
    return {fact for fact, holds in facts.items() if holds}
