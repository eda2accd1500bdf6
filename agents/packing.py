"""Sorts accepted events into packs, one per partition of `reports` until they are cut to size."""

from collections.abc import Callable
from typing import Final

from msgspec import UnsetType

from agents.locate import place_of
from streams.cases import CaseStep
from streams.duty import DutyEntry
from streams.events import Event
from streams.incidents import Correction
from streams.packs import FORMAT, Action, Pack, ReportRow, Reports

EVENTS_PER_PACK: Final = 1_000  # keeps a pack well under a broker's 1 MB


class Gathered:
    """What goes to one partition, before it is cut into packs. origins: (source, runid)."""

    def __init__(self) -> None:
        self.origins: list[tuple[str, str]] = []
        self.reports: list[ReportRow] = []
        self.cases: list[CaseStep] = []
        self.actions: list[Action] = []
        self.corrections: list[Correction] = []
        self.duty: list[DutyEntry] = []


# Where an event goes, its county, and the index of its origin there.
Place = tuple[Gathered, str, int]


class Builder:
    """The packs of one batch of one input partition."""

    def __init__(
        self,
        stream: str,
        input_partition: int,
        at_ms: int,
        partition_of_county: Callable[[str], int],
        redact_label: Callable[[str], str],
    ) -> None:
        self._stream = stream
        self._input_partition = input_partition
        self._at_ms = at_ms
        self._partition_of = partition_of_county
        self._redact_label = redact_label
        self._gathered: dict[int, Gathered] = {}
        self._places: dict[tuple[str | UnsetType, ...], Place] = {}

    def place(self, event: Event) -> Place:
        """Where an event goes.

        Raises InvalidEvent (malformed, unknown_county).
        """
        data = event.data
        grid, township = data.grid_code, data.township_code
        # All that the county depends on: only six digits of the longer codes.
        key = (
            event.source,
            event.runid,
            data.county_code,
            data.county_name,
            grid and grid[:6],
            township and township[:6],
        )
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._find(event)
        return found

    def _find(self, event: Event) -> Place:
        county = place_of(event.data)
        partition = self._partition_of(county)
        gathered = self._gathered.get(partition)
        if gathered is None:
            gathered = self._gathered[partition] = Gathered()
        origin = (self._redact_label(event.source), event.runid or "")
        if origin not in gathered.origins:
            gathered.origins.append(origin)
        return gathered, county, gathered.origins.index(origin)

    def packs(self) -> list[tuple[int, Pack]]:
        """(partition, pack), none with more than EVENTS_PER_PACK of a kind."""
        cut = []
        for partition, gathered in self._gathered.items():
            longest = max(len(gathered.reports), len(gathered.cases), len(gathered.duty))
            longest = max(longest, len(gathered.actions), len(gathered.corrections))
            for start in range(0, longest, EVENTS_PER_PACK):
                part = slice(start, start + EVENTS_PER_PACK)
                pack = Pack(
                    FORMAT,
                    self._at_ms,
                    self._stream,
                    gathered.origins,
                    Reports.of(gathered.reports[part]),
                    gathered.cases[part],
                    gathered.actions[part],
                    self._input_partition,
                    gathered.corrections[part],
                    gathered.duty[part],
                )
                cut.append((partition, pack))
        return cut
