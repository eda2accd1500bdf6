"""The way of a case: which step may follow which, and what is wrong with one that may not.

Updates come late, twice and out of order. The publisher's `version` puts them in order;
whatever order they came in, the same set of them gives the same way. A step out of the way
still moves the case, since the system that keeps the case knows better: it is kept and flagged.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec
import xxhash
from msgspec import Struct

from streams.cases import CaseStep


class Step(Struct, array_like=True, frozen=True, order=True, gc=False):
    """One update of a case. Two that say the same are the same; their order is that of the fields.

    reported_s: seconds since 1970. deadline_s, contacted_s: 0 when not said.
    """

    version: int
    reported_s: int
    status: str
    level: int
    owner_org: str = ""
    deadline_s: int = 0
    merged_into: str = ""
    deadline_class: str = ""
    contacted_s: int = 0
    solved: bool = False
    satisfaction: int = 0
    plan: bool = False
    action: bool = False
    whistle_step: str = ""

    @property
    def id(self) -> int:
        """xxh3-64 of all it says: the same wherever and whenever it is said."""
        return xxhash.xxh3_64_intdigest(encode(self))


encode = msgspec.msgpack.Encoder().encode
decode_steps = msgspec.msgpack.Decoder(list[Step]).decode


def step_of(update: CaseStep) -> Step:
    """What of an update belongs to the case; merged_into counts with that status only."""
    return Step(
        update.version,
        update.reported_s,
        update.status,
        update.level,
        update.owner_org,
        update.deadline_s,
        update.merged_into if update.status == "merged" else "",
        update.deadline_class,
        update.contacted_s,
        update.solved,
        update.satisfaction,
        update.plan,
        update.action,
        update.whistle_step,
    )


class Verdict(StrEnum):
    """What is thought of a step.

    LEGAL: it may follow the one before it, or says the same status again.
    GAP: it may not, but updates between the two are missing: they may still come.
    START: a case does not begin so.
    AFTER_END: the case was closed, and this does not reopen it.
    NOT_RAISED: escalated, but to no higher level.
    OUT_OF_WAY: no such step from there.
    REPLACED: of two different updates with one version the later reported one stands.
    """

    LEGAL = "legal"
    GAP = "gap"
    START = "start"
    AFTER_END = "after_end"
    NOT_RAISED = "not_raised"
    OUT_OF_WAY = "out_of_way"
    REPLACED = "replaced"


STARTS: Final = frozenset({"registered", "accepted"})
CLOSED: Final = frozenset(
    {"resolved", "closed_unresolved", "transferred", "verified", "merged", "out_of_scope"}
)
RESOLVED: Final = frozenset({"resolved", "verified"})
# Ways of ending without an own result: such a case is in no rate.
OUTSIDE: Final = frozenset({"merged", "out_of_scope"})

_ENDS: Final = frozenset({"resolved", "closed_unresolved", "transferred", "merged"})
_WORK: Final = frozenset({"dispatched", "in_mediation", "escalated", "returned"})
NEXT: Final[Mapping[str, frozenset[str]]] = {
    # Nobody has taken it on: it can be settled on the spot, or found to be none of ours.
    "registered": frozenset({"accepted", "dispatched", "in_mediation", "out_of_scope"}) | _ENDS,
    "accepted": _WORK | _ENDS | {"out_of_scope"},
    # The office it was sent to accepts it, or sends it back.
    "dispatched": _WORK | _ENDS | {"accepted"},
    # Whoever dispatched it decides anew.
    "returned": _WORK | _ENDS | {"accepted", "out_of_scope"},
    "in_mediation": _WORK | _ENDS,
    # The higher level accepts or dispatches it as if it were new there.
    "escalated": _WORK | _ENDS | {"accepted"},
    # Only what is resolved can be verified.
    "resolved": frozenset({"verified", "reopened"}),
    "verified": frozenset({"reopened"}),
    # Another body can still be found for it.
    "closed_unresolved": frozenset({"transferred", "reopened"}),
    # The other body can refuse it.
    "transferred": frozenset({"returned", "reopened"}),
    "merged": frozenset({"reopened"}),
    "out_of_scope": frozenset({"reopened"}),
    "reopened": _WORK | _ENDS | {"accepted", "out_of_scope"},
}


def standing(steps: Sequence[Step]) -> list[Step]:
    """Of each version the step that stands. steps: ascending."""
    return list({step.version: step for step in steps}.values())


def verdicts(steps: Sequence[Step]) -> list[Verdict]:
    """One for each step. steps: ascending, each once."""
    found = []
    before: Step | None = None
    standing_of = {step.version: step for step in steps}
    for step in steps:
        if step is not standing_of[step.version]:
            found.append(Verdict.REPLACED)
            continue
        found.append(_judged(before, step))
        before = step
    return found


def _judged(before: Step | None, step: Step) -> Verdict:
    wrong = Verdict.LEGAL
    if before is None:
        if step.status not in STARTS:
            wrong = Verdict.START
    elif step.status == "escalated" and step.status in NEXT[before.status] | {before.status}:
        if step.level <= before.level and before.status != "escalated":
            wrong = Verdict.NOT_RAISED
    elif step.status != before.status and step.status not in NEXT[before.status]:
        wrong = Verdict.AFTER_END if before.status in CLOSED else Verdict.OUT_OF_WAY
    missing = step.version > (before.version if before else 0) + 1
    return Verdict.GAP if missing and wrong is not Verdict.LEGAL else wrong
