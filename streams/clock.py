"""What time it is: passed in, so that tests and demos can move it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from streams.settings import Settings


class Clock(Protocol):
    """Anything that tells the time in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Stands still until moved.

    >>> clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    >>> clock.advance(timedelta(hours=2))
    >>> clock.now().hour
    2
    """

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


class FileClock:
    """Shows the time written in a file (ISO 8601), the machine's while there is none.

    Several processes share one moved clock this way: the demo shows a day's
    16:00 report without waiting for 16:00.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        try:
            return datetime.fromisoformat(self._path.read_text(encoding="ascii")).astimezone(UTC)
        except (FileNotFoundError, ValueError):
            return datetime.now(UTC)


def clock_of(settings: Settings) -> Clock:
    """The clock of a process: the machine's, or the file's when one is set."""
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()
