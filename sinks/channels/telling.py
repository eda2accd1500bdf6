"""All channels of a sink: made out of HUISHANG_CHANNELS, run beside the sink's own work."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from sinks.channels.config import load
from sinks.channels.services import Service, service_of
from sinks.channels.teller import Teller
from sinks.store import Store
from streams.clock import Clock
from streams.settings import Settings


class Telling:
    """The channels of one worker.

    Made before anything is started. Raises UserError when the file cannot be used.
    """

    def __init__(self, path: Path, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._file = load(path)
        self._services: list[Service] = [
            service_of(channel, self._file.page, settings.zone) for channel in self._file.channels
        ]
        self._tellers: list[Teller] = []

    def loops(self, store: Store) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """One loop for each channel."""
        self._tellers = [
            Teller(channel, service, store, self._settings, self._clock)
            for channel, service in zip(self._file.channels, self._services, strict=True)
        ]
        return [teller.run for teller in self._tellers]

    def states(self) -> dict[str, object]:
        """A line for each channel, for the status page."""
        return {f"channel {teller.name}": teller.state for teller in self._tellers}
