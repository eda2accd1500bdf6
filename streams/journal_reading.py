"""Reads one partition's journal: which of its records count, and the state that they come to."""

from streams.errors import Fatal
from streams.formats import JOURNAL
from streams.journal import Claim, Part, Position, Record, Recovered, Snapshot


class Reading:
    """Folds the records of one partition, in the log's order, from wherever `position` is."""

    def __init__(self, position: Position, partitions: int = 0, *, leaving: bool = False) -> None:
        """partitions: of `reports`; 0: whatever claims say. leaving: to bring the state to another number."""
        self.position = position
        self._partitions = partitions
        self._leaving = leaving
        # Whose state is up to date needs no snapshot: it would be one of its own.
        self._knows = position.epoch > 0
        self._mover = ""
        self._claimed_for = 0
        self.other_number = 0  # what the latest claim that was passed over says
        self._other_moved = False  # whether it was that of a move
        self.snapshot: Snapshot | None = None
        self.entries: list[bytes] = []
        self.entry_bytes = 0
        self._parts: dict[str, bytes] = {}
        self._formats: set[int] = set()

    @property
    def counted_for(self) -> int | None:
        """Partitions of `reports` for which something was counted, 0 if not said.

        None if there is no state, or nothing was added to the one that a move brought.
        """
        moved = self.snapshot is None or self.snapshot.owner == self._mover
        return None if moved and not self.entries else self._claimed_for

    def take(self, record: Record) -> None:
        if isinstance(record, Part):
            self._parts[record.key] = record.body
        elif isinstance(record, Claim):
            self._take_claim(record)
        elif isinstance(record, Snapshot):
            if not self._knows and self.position.advance(record):
                self._begin(record)
        elif self.position.advance(record):
            self._formats.add(record.format)
            self.entries.append(record.body)
            self.entry_bytes += len(record.body)

    def _take_claim(self, claim: Claim) -> None:
        if self._partitions and claim.partitions not in (0, self._partitions):
            self.other_number, self._other_moved = claim.partitions, claim.moved
            return
        self.position.advance(claim)
        self._claimed_for = claim.partitions
        if claim.moved and not self._knows:
            self._mover = claim.owner
            self._begin(None)

    def _begin(self, snapshot: Snapshot | None) -> None:
        """All that was before does not count any more."""
        self.snapshot = snapshot
        self._formats = {snapshot.format} if snapshot else set()
        self.other_number = 0
        self.entries.clear()
        self.entry_bytes = 0

    @property
    def _may_leave(self) -> bool:
        """Whether there is a state to bring elsewhere, or none for any number but a move's."""
        has_state = self.snapshot is not None or bool(self.entries)
        return self._leaving and (has_state or self._other_moved)

    def drop(self, key: str) -> None:
        """The log says that this part is gone."""
        self._parts.pop(key, None)

    def recovered(self, where: str) -> Recovered:
        """Everything that counts.

        Raises Fatal if the log is of another number of partitions, lost what its last snapshot
        names, if what was to take its state's place has not come whole, or if some of it has a
        format that this version does not read.
        """
        for found in self._formats:
            JOURNAL.check(found)
        if self.other_number and not self._may_leave:
            raise Fatal(
                f"{where} is written for {self.other_number} partitions, not {self._partitions}: "
                "counties would move and be counted anew. Set HUISHANG_PARTITIONS to "
                f"{self.other_number}, or, where the topics were made to grow, run `huishang journal "
                f"repartition {self._partitions} --from {self.other_number}`"
            )
        if self.snapshot is None:
            if self._mover:
                raise Fatal(
                    f"{where} waits for a state: a `huishang journal restore` or `repartition` was "
                    "begun and not finished; stop intake and tally, and run the same command again"
                )
            return Recovered([], [], self.entries)
        chunks = [chunk.key for chunk in self.snapshot.chunks]
        parts = self.snapshot.parts
        missing = [key for key in (*chunks, *parts) if key not in self._parts]
        if missing:
            raise Fatal(
                f"{where} lacks {len(missing)} of the {len(chunks) + len(parts)} parts of its "
                f"last snapshot (first: {missing[0]}); check the topic's retention and cleanup "
                "policy, or put back a copy"
            )
        return Recovered(
            [self._parts[key] for key in chunks], [self._parts[key] for key in parts], self.entries
        )
