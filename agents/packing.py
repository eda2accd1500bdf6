"""Sorts accepted events into packs, one per partition of `reports` until they are cut to size."""

from collections.abc import Callable
from typing import Final

from msgspec import UnsetType

from agents.locate import county_of
from streams.contracts import Event
from streams.packs import FORMAT, Pack

# The pack an event goes into, its county, and the index of its origin in the pack.
Place = tuple[Pack, str, int]

EVENTS_PER_PACK: Final = 1_000  # keeps a pack well under a broker's 1 MB


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
        self._packs: dict[int, Pack] = {}
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
        county = county_of(event.data)
        partition = self._partition_of(county)
        pack = self._packs.get(partition)
        if pack is None:
            pack = self._packs[partition] = Pack(FORMAT, self._at_ms, self._stream, [])
        origin = (self._redact_label(event.source), event.runid or "")
        if origin not in pack.origins:
            pack.origins.append(origin)
        return pack, county, pack.origins.index(origin)

    def packs(self) -> list[tuple[int, Pack]]:
        """(partition, pack), none with more than EVENTS_PER_PACK of a kind."""
        cut = []
        for partition, pack in self._packs.items():
            longest = max(len(pack.reports), len(pack.cases), len(pack.actions))
            for start in range(0, longest, EVENTS_PER_PACK):
                part = slice(start, start + EVENTS_PER_PACK)
                cut.append(
                    (
                        partition,
                        Pack(
                            FORMAT,
                            self._at_ms,
                            self._stream,
                            pack.origins,
                            pack.reports[part],
                            pack.cases[part],
                            pack.actions[part],
                            self._input_partition,
                        ),
                    )
                )
        return cut
