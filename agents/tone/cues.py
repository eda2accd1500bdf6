"""What words say of severity, and whether they mean it where they stand.

Severity: 1 red, 2 orange, 3 yellow, 4 blue; docs/judgement.md defines the four.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from agents.tone.lexicon import Severities

RED: Final = 1
ORANGE: Final = 2
YELLOW: Final = 3
BLUE: Final = 4
# 30 people and more are alerted on for their number already: red stays for danger to life.
BAND: Final = {"30+": ORANGE, "10-29": YELLOW}

_CLAUSE: Final = re.compile("[，。；！？,;!?、\n]")
_BEFORE_BYTES: Final = 120
_AFTER_BYTES: Final = 60
# Characters looked at on either side: for what changes a word's meaning, for what is feared,
# for when it was, for how it ended.
_NEAR: Final = 18
_CLOSE: Final = 16
_LATELY: Final = 30
_SOON: Final = 20


class Role(NamedTuple):
    """What a term says of severity; rank: the place in severity.yaml, lower goes first."""

    level: int
    rank: int
    name: str
    supposed: int
    unless: re.Pattern[str] | None
    companion: re.Pattern[str] | None
    within: int
    otherwise: "Role | None"


def roles_of(grave: Severities) -> dict[str, Role]:
    """Every term of severity.yaml with its role; a pair of words that is a cue already keeps both."""
    roles: dict[str, Role] = {}
    unless = {cue.name: re.compile(_any(cue.unless)) for cue in grave.cues if cue.unless}
    supposed = {cue.name: cue.supposed for cue in grave.cues}
    for rank, cue in enumerate(grave.cues):
        for level, texts in cue.levels.items():
            role = Role(level, rank, cue.name, cue.supposed, unless.get(cue.name), None, 0, None)
            roles |= dict.fromkeys(texts, role)
    for rank, pair in enumerate(grave.pairs, start=len(grave.cues)):
        role = Role(
            pair.level,
            rank,
            pair.name,
            supposed.get(pair.name, pair.level),
            unless.get(pair.name),
            re.compile(_any(grave.words[pair.second])),
            pair.within,
            None,
        )
        for text in grave.words[pair.first]:
            roles[text] = role._replace(otherwise=roles.get(text))
    return roles


class Context:
    """Looks at what stands around a cue."""

    def __init__(self, grave: Severities) -> None:
        self._denied = re.compile(f"(?:{_any(grave.denied)})(?:{_any(grave.filler)})*$")
        self._averted = re.compile(f"(?:{_any(grave.averted)}).{{0,8}}$")
        will = f"(?:{_any(grave.will)})(?:{_any(grave.filler)})*$"
        self._supposed = re.compile(f"{_any(grave.supposed)}|{will}")
        self._imminent = re.compile(_any(grave.imminent))
        self._settled = re.compile(_any(grave.settled))
        self._past = re.compile(_any(grave.past))
        self._doubted = re.compile(f"^.{{0,8}}(?:{_any(grave.doubted)})")

    def level(self, role: Role, text: str, start: int, end: int) -> int:
        """The level of one cue where it stands: 0 when it did not happen or means something else."""
        left = _last(text[:start], 3 * role.within + _BEFORE_BYTES)
        right = _first(text[end:], 3 * role.within + _AFTER_BYTES)
        if not _meant(role, left, text[start:end], right):
            return 0
        before = _CLAUSE.split(left)[-1]
        after = _CLAUSE.split(right, maxsplit=1)[0]
        if self._denied.search(before) or self._averted.search(before):
            return 0
        if self._imminent.search(before):
            return max(role.level, ORANGE)
        if self._supposed.search(before[-_CLOSE:]) or self._doubted.search(after):
            return role.supposed and max(role.level, role.supposed)
        if self._past.search(left[-_LATELY:]) or self._settled.search(right[:_SOON]):
            return max(role.level, ORANGE)
        return role.level


def _last(text: str, limit_bytes: int) -> str:
    return text[-limit_bytes:].encode()[-limit_bytes:].decode(errors="ignore")


def _first(text: str, limit_bytes: int) -> str:
    return text[:limit_bytes].encode()[:limit_bytes].decode(errors="ignore")


def _meant(role: Role, left: str, term: str, right: str) -> bool:
    """Whether the words around a term let it be this cue."""
    if role.unless and role.unless.search(f"{left[-_NEAR:]}{term}{right[:_NEAR]}"):
        return False
    if role.companion is None:
        return True
    return bool(role.companion.search(f"{left[-role.within :]}\n{right[: role.within]}"))


@lru_cache(maxsize=4_096)
def graver(declared: int, people_band: str, severity: int, cue: str) -> tuple[int, str]:
    """The gravest of what was declared, how many people, and what the text says.

    declared: 1–4, 0 when not said. severity, cue: what the text says. Returns a severity, 0 when
    nothing is known, never milder than declared, and the text's cue when the text decided.

    >>> graver(3, "", 1, "燃气泄漏"), graver(2, "", 4, ""), graver(0, "30+", 3, "欠薪")
    ((1, '燃气泄漏'), (2, ''), (2, ''))
    """
    said = min(declared or BLUE + 1, BAND.get(people_band, BLUE + 1))
    if severity and severity < said:
        return severity, cue
    return (said if said <= BLUE else severity), cue if severity == said else ""


def _any(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(texts, key=len, reverse=True))) or "(?!)"
