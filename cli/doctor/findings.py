"""What a check found, as values: made by the checks, printed and counted elsewhere.

found = [ok("reached", "3 brokers answer"), problem("topics", "…", "huishang topics apply")]
exit_code([Group("kafka", "Kafka at kafka:9092", found)], strict=False)
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from streams.errors import HuishangError
from streams.settings import masked


class Verdict(StrEnum):
    """How a check came out. UNASKED: it could not be asked, or stands on what failed."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNASKED = "not asked"


class Finding(NamedTuple):
    """check: in a word or two. said: a sentence, what was got and what was expected.

    todo: the command, or the step, that mends it; empty where there is nothing to do, or
    where the sentence says it.
    """

    check: str
    verdict: Verdict
    said: str
    todo: str = ""


class Group(NamedTuple):
    """Findings of one thing that was looked at. about: its name for people."""

    name: str
    about: str
    findings: Sequence[Finding]


def ok(check: str, said: str) -> Finding:
    return Finding(check, Verdict.OK, said)


def warning(check: str, said: str, todo: str = "") -> Finding:
    return Finding(check, Verdict.WARNING, said, todo)


def problem(check: str, said: str, todo: str = "") -> Finding:
    return Finding(check, Verdict.PROBLEM, said, todo)


def unasked(check: str, said: str, todo: str = "") -> Finding:
    return Finding(check, Verdict.UNASKED, said, todo)


def sentence(error: HuishangError) -> str:
    """An error's own words, on one line and without passwords."""
    return masked(" ".join(str(error).split()))


def completed(found: Iterable[Finding], checks: Iterable[str], why: str) -> list[Finding]:
    """The findings, and a word for each check that none of them is of.

    >>> [one.check for one in completed([ok("reached", "")], ["reached", "topics"], "away")]
    ['reached', 'topics']
    """
    found = list(found)
    there = {one.check for one in found}
    return found + [unasked(check, why) for check in checks if check not in there]


def folded(findings: Iterable[Finding]) -> list[Finding]:
    """For people: what could not be asked for one and the same reason is one line.

    >>> folded([unasked("topics", "away"), unasked("clock", "away")])[0].said
    'away: topics, clock'
    """
    shown: list[Finding] = []
    for (verdict, said), alike in groupby(findings, key=lambda one: (one.verdict, one.said)):
        these = list(alike)
        if verdict is Verdict.UNASKED and len(these) > 1:
            names = ", ".join(one.check for one in these)
            these = [Finding(f"{len(these)} more", verdict, f"{said}: {names}")]
        shown += these
    return shown


def counted(groups: Iterable[Group]) -> Counter[Verdict]:
    return Counter(one.verdict for group in groups for one in group.findings)


def verdict_of(groups: Iterable[Group]) -> Verdict:
    """The worst that was found.

    >>> verdict_of([Group("kafka", "", [unasked("topics", ""), ok("reached", "")])]).value
    'ok'
    """
    there = counted(groups)
    return next((one for one in (Verdict.PROBLEM, Verdict.WARNING) if there[one]), Verdict.OK)


def exit_code(groups: Iterable[Group], *, strict: bool) -> int:
    """0 or 1. strict: warnings count as well."""
    worst = verdict_of(groups)
    return int(worst is Verdict.PROBLEM or (strict and worst is Verdict.WARNING))


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names for a sentence.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
