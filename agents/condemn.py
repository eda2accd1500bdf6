"""Parts a batch that kills its stage into what can be handled and dead letters (streams/poison.py)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from msgspec.structs import replace

from agents.change import Change
from agents.preview import Redact, county_of, dead_letter, sha256_of
from streams import poison
from streams.answers import DeadLetter
from streams.batches import Batch, Record
from streams.cases import CaseStep
from streams.duty import DutyEntry
from streams.errors import InvalidEvent, Reason
from streams.incidents import Correction
from streams.packs import Action, Pack, Report, Reports, decode_pack
from streams.poison import Condemned

_INTAKE: Final = "intake"
_TALLY: Final = "tally"
_KINDS: Final = ("reports", "cases", "actions", "corrections", "duty")

Packs = Sequence[tuple[int, Pack]]  # with the offset of each


def letter_of_event(
    batch: Batch, condemned: Condemned[Record], at: datetime, redact: Redact
) -> DeadLetter:
    """Intake's dead letter of an event. What cannot be read or redacted either is left out."""
    record, error = condemned
    topic, partition = batch.tp.topic, batch.tp.partition
    try:
        return dead_letter(
            InvalidEvent(Reason.POISON, "$", poison.expected(_INTAKE, error)),
            record.value,
            key=record.key,
            headers=record.headers,
            topic=topic,
            partition=partition,
            offset=record.offset,
            at=at,
            redact=redact,
        )
    except Exception:
        return poison.letter(
            _INTAKE,
            error,
            topic=topic,
            partition=partition,
            offset=record.offset,
            at=at,
            county_code=county_of(record.key),
            size_bytes=len(record.value or b""),
            sha256=sha256_of(record.value),
        )


class _Event(NamedTuple):
    """An event of a pack. kind: the pack's field that holds it."""

    pack_offset: int
    pack: Pack
    kind: Literal["reports", "cases", "actions", "corrections", "duty"]
    event: Report | CaseStep | Action | Correction | DutyEntry


def decided_rest(
    batch: Batch, records: Sequence[Record], prefix: str, decide: Callable[[Packs], Change]
) -> Change:
    """What the packs in these records change, but for events that cannot be decided.

    A pack that cannot even be opened is condemned whole. prefix: of the topics.
    The dead letters and their alerts are part of the change. Times are the
    packs' own, so that reading them again decides the same.
    """
    opened, spoiled = poison.sift(
        records, lambda some: decide([(one.offset, _checked(one)) for one in some])
    )
    events = [event for record in opened for event in _events(record.offset, _pack(record))]
    good, condemned = poison.sift(events, lambda some: decide(_packs(some)))
    change = decide(_packs(good))
    condemning = [
        *(_letter_of_pack(batch, *one) for one in spoiled),
        *(_letter_in_pack(batch, *one, prefix) for one in condemned),
    ]
    change.dead += condemning
    change.alerts += [poison.alert(letter, _TALLY) for letter in condemning]
    return change


def _pack(record: Record) -> Pack:
    return decode_pack(record.value or b"")


def _checked(record: Record) -> Pack:
    """Its pack without events. Raises if one of these cannot be read."""
    pack = _pack(record)
    list(pack.reports)
    return replace(pack, reports=Reports(), cases=[], actions=[], corrections=[], duty=[])


def _events(offset: int, pack: Pack) -> list[_Event]:
    return [
        *(_Event(offset, pack, "reports", report) for report in pack.reports),
        *(_Event(offset, pack, "cases", step) for step in pack.cases),
        *(_Event(offset, pack, "actions", action) for action in pack.actions),
        *(_Event(offset, pack, "corrections", one) for one in pack.corrections),
        *(_Event(offset, pack, "duty", entry) for entry in pack.duty),
    ]


def _packs(events: Sequence[_Event]) -> Packs:
    """The packs again, with these events alone."""
    gathered: dict[int, tuple[Pack, dict[str, list[Any]]]] = {}
    for offset, pack, kind, event in events:
        _, kinds = gathered.setdefault(offset, (pack, {name: [] for name in _KINDS}))
        kinds[kind].append(event)
    return [
        (
            offset,
            replace(
                pack,
                reports=Reports.of(kinds["reports"]),
                cases=kinds["cases"],
                actions=kinds["actions"],
                corrections=kinds["corrections"],
                duty=kinds["duty"],
            ),
        )
        for offset, (pack, kinds) in gathered.items()
    ]


def _letter_of_pack(batch: Batch, record: Record, error: str) -> DeadLetter:
    return poison.letter(
        _TALLY,
        error,
        topic=batch.tp.topic,
        partition=batch.tp.partition,
        offset=record.offset,
        at=datetime.fromtimestamp((record.timestamp or 0) / 1000, UTC),
        size_bytes=len(record.value or b""),
        sha256=sha256_of(record.value),
    )


def _letter_in_pack(batch: Batch, condemned: _Event, error: str, prefix: str) -> DeadLetter:
    """Of an event inside a pack: it names the event's own place, where replay finds it."""
    pack, event = condemned.pack, condemned.event
    place = (prefix + pack.stream, pack.partition, event.offset)
    if min(place[1:]) < 0:  # a pack of before places were kept
        place = (batch.tp.topic, batch.tp.partition, condemned.pack_offset)
    source, runid = pack.origins[event.origin]
    topic, partition, offset = place
    return poison.letter(
        _TALLY,
        error,
        topic=topic,
        partition=partition,
        offset=offset,
        at=datetime.fromtimestamp(pack.at_ms / 1000, UTC),
        county_code=event.county,
        source=source,
        runid=runid,
    )
