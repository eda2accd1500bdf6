"""The rules, read from rules.yaml: their schema, and what their alerts are known and called by."""

from collections import Counter
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import xxhash
from msgspec import Meta, Struct

from agents import rules_file
from agents.alerting.settings import Inhibition, Level, Life, RuleId
from agents.cases.limits import CalendarRule, Limits, OverdueRule
from agents.seasons import Season
from agents.seasons import mistakes as season_mistakes
from streams.categories import CATEGORIES
from streams.counties import COUNTIES
from streams.errors import Reason, UserError

Hours = Annotated[int, Meta(ge=1, le=720)]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class SeverityRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised by every event of this severity."""

    id: RuleId
    level: Level
    severity: Level


class PeopleRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised by every event of this band of people."""

    id: RuleId
    level: Level
    band: Literal["1-2", "3-9", "10-29", "30+"]


class CountRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when a county × category reaches `limit` within `hours` hour buckets."""

    id: RuleId
    level: Level
    hours: Annotated[int, Meta(ge=1, le=168)]
    limit: Annotated[int, Meta(ge=1)]


class IncidentRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when one incident has `limit` reports within `hours`."""

    id: RuleId
    level: Level
    hours: Annotated[int, Meta(ge=1, le=720)]
    limit: Annotated[int, Meta(ge=2)]


class LastingRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when one incident has reports in `limit` of the last `weeks` weeks."""

    id: RuleId
    level: Level
    weeks: Annotated[int, Meta(ge=2, le=12)]
    limit: Annotated[int, Meta(ge=2, le=12)]


class StatisticalRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised when a day's count of a county × category is less likely than `p` without a cause.

    least: reports of the day at least.
    """

    id: RuleId
    level: Level
    p: Annotated[float, Meta(gt=0, le=0.05)]
    least: Annotated[int, Meta(ge=1)] = 4


class MissingReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised at the cut-off for a county that has not reported."""

    id: RuleId
    level: Level


class SilentSource(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised for a county's channel whose silence has less than this chance."""

    id: RuleId
    level: Level
    below_p: Annotated[float, Meta(gt=0, le=0.1)] = 0.001


class UnreceivedDispatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Raised a day after matters were dispatched that nobody took on; once a county and day."""

    id: RuleId
    level: Level


class Cycle(Struct, frozen=True, forbid_unknown_fields=True):
    """The daily cycle, local times of day.

    dispatch_hours: how long the owner of a dispatched matter has, from red to blue.
    """

    window_end: TimeOfDay = "16:00"
    cut_off: TimeOfDay = "16:30"
    consult: TimeOfDay = "17:00"
    dispatch: TimeOfDay = "18:00"
    restate: TimeOfDay = "08:30"
    bulletins: TimeOfDay = "09:00"
    dispatch_hours: tuple[Hours, Hours, Hours, Hours] = (24, 48, 72, 120)
    consult_red: Annotated[int, Meta(ge=1)] = 1
    consult_orange: Annotated[int, Meta(ge=1)] = 3


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of a deployment."""

    missing_report: MissingReport
    severity: tuple[SeverityRule, ...] = ()
    people_band: tuple[PeopleRule, ...] = ()
    count: tuple[CountRule, ...] = ()
    incident: tuple[IncidentRule, ...] = ()
    lasting: tuple[LastingRule, ...] = ()
    unreceived_dispatch: UnreceivedDispatch | None = None
    statistical: tuple[StatisticalRule, ...] = ()
    cycle: Cycle = Cycle()
    overdue: tuple[OverdueRule, ...] = ()
    cases: Limits = Limits()
    calendar: CalendarRule = CalendarRule()
    life: Life = Life()
    inhibit: tuple[Inhibition, ...] = ()
    silent_source: SilentSource | None = None
    seasons: tuple[Season, ...] = ()

    @classmethod
    def load(cls, path: Path | None = None) -> "Rules":
        """Read and check a rules file, or the one shipped. Raises UserError."""
        name = str(path or "rules.yaml")
        try:
            text = path.read_bytes() if path else (files("agents") / "rules.yaml").read_bytes()
        except OSError as error:
            raise UserError(f"cannot read the rules file {path}: {error.strerror}") from None
        rules = rules_file.read(text, name, cls)
        _check(rules, name)
        return rules


def _check(rules: Rules, name: str) -> None:
    """What a schema cannot say. Raises UserError."""
    ids = rules_file.ids_of(rules) + Counter([Reason.POISON.value])
    for rule_id, times in ids.items():
        if times > 1:
            raise UserError(f"{name}: rule id {rule_id!r} is used twice")
    _check_seasons(rules, name)
    for place, inhibition in enumerate(rules.inhibit):
        where = f"{name}: $.inhibit[{place}]"
        for rule_id in (inhibition.source, *inhibition.mutes):
            if rule_id not in ids:
                raise UserError(
                    f"{where}: there is no rule {rule_id!r}; there are {', '.join(ids)}"
                )
        if inhibition.source in inhibition.mutes:
            raise UserError(f"{where}: {inhibition.source!r} cannot mute itself")


def _check_seasons(rules: Rules, name: str) -> None:
    for mistake in season_mistakes(rules.seasons):
        raise UserError(f"{name}: {mistake}")
    for place, season in enumerate(rules.seasons):
        if season.cut_off and season.cut_off <= rules.cycle.window_end:
            raise UserError(
                f"{name}: $.seasons[{place}].cut_off is before the report window ends, at "
                f"{rules.cycle.window_end}"
            )
        for category in season.categories:
            if category not in CATEGORIES:
                raise UserError(f"{name}: $.seasons[{place}]: there is no category {category!r}")


def of_single_incidents(rules: Rules) -> frozenset[str]:
    """Ids of the rules that look at single incidents."""
    return frozenset(rule.id for rule in rules.incident) | {rule.id for rule in rules.lasting}


def alert_id(rule: str, county: str, category: str, window: str) -> str:
    """The same rule, county, category and window give the same alert, always."""
    return xxhash.xxh3_64_hexdigest(f"{rule}|{county}|{category}|{window}".encode())


def names_of(county: str, category: str) -> tuple[str, str]:
    """What staff call a county and a category."""
    place = COUNTIES[county].name if county in COUNTIES else county
    matter = CATEGORIES[category].name if category in CATEGORIES else category
    return place, matter


def time_of_day(text: str) -> time:
    """A rule file's HH:MM.

    >>> time_of_day("16:30")
    datetime.time(16, 30)
    """
    return time.fromisoformat(text)
