"""What a case's steps come to: where it is, since when, and what was reached when."""

from collections.abc import Sequence

from msgspec import Struct

from agents.cases.stars import stars
from agents.cases.steps import CLOSED, OUTSIDE, RESOLVED, Step, Verdict, standing, verdicts
from agents.cases.whistles import Whistle, whistle


class Story(Struct, gc=False):
    """A case, told from its steps. Times are seconds since 1970, 0 for what has not happened.

    opened_s: found, or reopened the last time. level_since_s, stay: when it came to the level
    that it is at, and how many times it has come to that level. responded_s: somebody took
    it on, or called back. contacted_s, solved, satisfaction: of the last call back.
    verdicts: of all its steps, in their order. stars: after the step of each version.
    """

    last: Step
    found_s: int
    opened_s: int
    level_since_s: int
    stay: int = 1
    owner_org: str = ""
    deadline_s: int = 0
    deadline_class: str = ""
    responded_s: int = 0
    resolved_s: int = 0
    closed_s: int = 0
    verified_s: int = 0
    contacted_s: int = 0
    solved: bool = False
    satisfaction: int = 0
    reopenings: list[int] = []
    whistle: Whistle | None = None
    verdicts: list[Verdict] = []
    stars: dict[int, int] = {}

    @property
    def flagged(self) -> int:
        """Steps out of the usual way."""
        return sum(verdict is not Verdict.LEGAL for verdict in self.verdicts)

    @property
    def outside(self) -> bool:
        """Whether it came to be another case, or none of ours: it is in no rate then."""
        return self.last.status in OUTSIDE


def story(steps: Sequence[Step]) -> Story:
    """steps: at least one, ascending, each once."""
    stand = standing(steps)
    first = stand[0].reported_s
    told = Story(stand[-1], first, first, first)
    stays = {stand[0].level: 1}
    level = stand[0].level
    for step in stand:
        at_s = step.reported_s
        if step.status == "reopened":
            told.reopenings.append(at_s)
            told.opened_s = at_s
        if step.level != level or step.status == "reopened":
            level = step.level
            stays[level] = stays.get(level, 0) + 1
            told.level_since_s, told.stay = at_s, stays[level]
        told.owner_org = step.owner_org or told.owner_org
        told.deadline_s = step.deadline_s or told.deadline_s
        told.deadline_class = step.deadline_class or told.deadline_class
        if step.status != "registered":
            told.responded_s = told.responded_s or at_s
        if step.contacted_s:
            told.contacted_s = step.contacted_s
            told.solved, told.satisfaction = step.solved, step.satisfaction
            told.responded_s = min(told.responded_s or step.contacted_s, step.contacted_s)
        _note_ending(told, step)
    told.whistle = whistle(stand)
    told.verdicts = verdicts(steps)
    told.stars = dict(zip((step.version for step in stand), stars(stand), strict=True))
    return told


def _note_ending(told: Story, step: Step) -> None:
    resolved = step.status in RESOLVED
    told.resolved_s = (told.resolved_s or step.reported_s) if resolved else 0
    told.closed_s = (told.closed_s or step.reported_s) if step.status in CLOSED else 0
    verified = step.status == "verified"
    told.verified_s = (told.verified_s or step.reported_s) if verified else 0
