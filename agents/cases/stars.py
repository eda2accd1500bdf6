"""The star ledger (降星销号): a case has five stars, and is struck off when it has none.

One goes when an owner is named, when there is a plan, when something was done, when the
matter is resolved, and when that is verified. Reopening gives all five back; what is said
from then on takes them away again.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from agents.cases.steps import RESOLVED, Step

STARS: Final = 5
_FACTS: Final = ("owner", "plan", "action", "resolved", "verified")


def stars(steps: Iterable[Step]) -> list[int]:
    """Stars after each step; those of a case that stand, in their order.

    >>> way = [Step(1, 0, "registered", 1), Step(2, 0, "dispatched", 1, "司法所", plan=True)]
    >>> stars([*way, Step(3, 0, "resolved", 1), Step(4, 0, "reopened", 1)])
    [5, 3, 2, 5]
    """
    left = []
    gone = frozenset[str]()
    for step in steps:
        if step.status == "reopened":
            gone = frozenset()
        gone |= _taken(
            bool(step.owner_org),
            step.plan,
            step.action or step.status == "in_mediation",
            step.status in RESOLVED,
            step.status == "verified",
        )
        left.append(STARS - len(gone))
    return left


@cache
def _taken(*facts: bool) -> frozenset[str]:
    return frozenset(fact for fact, holds in zip(_FACTS, facts, strict=True) if holds)
