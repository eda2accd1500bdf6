"""What a case adds to the measures of which day: see rates.py for what is made of them."""

import struct
from typing import Final

from agents.cases.limits import Limits, Timing
from agents.cases.story import Story
from streams.cases import MEASURES

_BITS: Final = 5  # of a packed entry: which measure; the rest is the day
_PLACES: Final = {name: place for place, name in enumerate(MEASURES)}


def counted(told: Story, due_s: int, limits: Limits, timing: Timing) -> list[tuple[int, int]]:
    """(day, place in MEASURES) for each thing that is counted once. due_s: see timers.closing."""
    if told.outside:
        return []
    response_s = timing.after(told.found_s, limits.response)
    closed, resolved = bool(told.closed_s), bool(told.resolved_s)
    verified = bool(told.verified_s)
    called = bool(told.contacted_s)
    facts = [
        ("found", told.found_s, True),
        ("closed", told.closed_s, closed),
        ("resolved", told.resolved_s, resolved),
        ("verified", told.verified_s, verified),
        ("found_closed", told.found_s, closed),
        ("found_resolved", told.found_s, resolved),
        ("found_verified", told.found_s, verified),
        ("due", due_s, True),
        ("on_time", due_s, closed and told.closed_s <= due_s),
        ("response_due", response_s, True),
        ("responded", response_s, 0 < told.responded_s <= response_s),
        ("called_back", told.contacted_s, called),
        ("solved", told.contacted_s, called and told.solved),
        ("satisfied", told.contacted_s, called and told.satisfaction >= limits.satisfied_from),
    ]
    found = [(timing.day(at_s), _PLACES[name]) for name, at_s, holds in facts if holds]
    return found + [(timing.day(at_s), _PLACES["reopened"]) for at_s in told.reopenings]


def packed(entries: list[tuple[int, int]]) -> bytes:
    """Four bytes an entry.

    >>> unpacked(packed([(20_000, 3)]))
    [(20000, 3)]
    """
    numbers = [max(day, 0) << _BITS | place for day, place in entries]
    return struct.pack(f"<{len(numbers)}I", *numbers)


def unpacked(entries: bytes) -> list[tuple[int, int]]:
    """What `packed` packed."""
    numbers = struct.unpack(f"<{len(entries) // 4}I", entries)
    return [(number >> _BITS, number & (1 << _BITS) - 1) for number in numbers]
