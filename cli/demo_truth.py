"""What must come of the demo's day, and which day it is."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_WINDOW_END: Final = time(16, 0)
_CYCLE_DONE: Final = time(18, 0)
_DAY: Final = timedelta(days=1)


class Truth:
    """What must come of the day, by county.

    dead_letters: SHA-256 of a bad record's value → (county, reason).
    counts: (county, category, channel, hours since 1970 UTC) → reports.
    presence: (county, ISO date of the window's end) → [grid reports, zero reports],
    of the windows that end after `presence_after`: tally follows who spoke for some days only.
    cases: (county, case_id) → (version, status). alerts: (rule, county, category) → how many.
    digests: (kind, county). window: reports within the day's report window.
    """

    def __init__(self, presence_after: date) -> None:
        self.presence_after = presence_after
        self.published: Counter[str] = Counter()
        self.counted: Counter[tuple[str, str]] = Counter()  # county, stream
        self.duplicates: Counter[tuple[str, str]] = Counter()
        self.dead_letters: dict[str, tuple[str, str]] = {}
        self.counts: Counter[tuple[str, str, str, int]] = Counter()
        self.presence: dict[tuple[str, str], list[int]] = {}
        self.cases: dict[tuple[str, str], tuple[int, str]] = {}
        self.alerts: Counter[tuple[str, str, str]] = Counter()
        self.digests: set[tuple[str, str]] = set()
        self.window: Counter[str] = Counter()

    def spoke(self, county: str, at: datetime, zero: bool) -> None:
        """Note a grid report or a zero report; at: local time."""
        day = at.date() + (_DAY if at.time() >= _WINDOW_END else timedelta())
        if day > self.presence_after:
            self.presence.setdefault((county, day.isoformat()), [0, 0])[zero] += 1


def last_window_end(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the latest report window whose 18:00 has passed.

    >>> zone = ZoneInfo("Asia/Shanghai")
    >>> last_window_end(datetime(2026, 3, 2, 17, 59, tzinfo=zone), zone).isoformat()
    '2026-03-01T16:00:00+08:00'
    """
    local = now.astimezone(zone)
    day = local.date() - (timedelta() if local.time() >= _CYCLE_DONE else _DAY)
    return datetime.combine(day, _WINDOW_END, tzinfo=zone)
