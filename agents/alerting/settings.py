"""How alerts live: what of rules.yaml says whom they are told, how long they wait, when they end."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

RuleId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Level = Annotated[int, Meta(ge=1, le=4)]
Minutes = Annotated[int, Meta(ge=0, le=14 * 24 * 60)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes per level; 0 is never."""

    red: Minutes = 15
    orange: Minutes = 60
    yellow: Minutes = 480
    blue: Minutes = 0

    def of(self, level: int) -> int:
        """Of a level, 1 to 4."""
        return (self.red, self.orange, self.yellow, self.blue)[level - 1]


class Life(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to an alert that is raised.

    acknowledge_within_min: an alert that was told and that nobody took up escalates then.
    close_below_pct, close_after_min: an alert of a count closes by itself once the count
    has been below so much of the limit for so long, and never sooner after it was raised.
    group_min: further alerts of a county and category wait until so long after one was told.
    cap_per_day: of a county, told on one day; what comes beyond is in the list and in the
    daily report alone. Red alerts neither wait nor count.
    """

    acknowledge_within_min: Limits = Limits()
    close_below_pct: Annotated[int, Meta(ge=1, le=100)] = 50
    close_after_min: Annotated[int, Meta(ge=60, le=2_880)] = 120
    group_min: Minutes = 10
    cap_per_day: Annotated[int, Meta(ge=1, le=10_000)] = 30


class Inhibition(Struct, frozen=True, forbid_unknown_fields=True):
    """While an alert of rule `source` is open, new ones of `mutes` are not told.

    same: what both must have in common; one that has no incident has none in common.
    """

    source: RuleId
    mutes: Annotated[tuple[RuleId, ...], Meta(min_length=1)]
    same: Annotated[tuple[Literal["county", "category", "incident"], ...], Meta(min_length=1)] = (
        "county",
    )
