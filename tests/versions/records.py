"""The records of one version as files, and what they must be read as.

<name>/records.bin      events, packs, the journal's topic, outputs: msgpack of bytes as they were written
<name>/tally-0.journal  the journal in a file
<name>/expected.json    what the version that wrote them knew
"""

import json
import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from agents import change as changes
from agents.change import Change
from agents.snapshot import parts_of
from agents.state import State
from sinks import rows
from streams.answers import Alert, DeadLetter, Digest
from streams.packs import Pack, decode_pack
from streams.totals import decode_totals
from tests.versions.story import Event, Known, told

JOURNAL: Final = "tally-0.journal"
_RECORDS: Final = "records.bin"
_EXPECTED: Final = "expected.json"

_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_digest = msgspec.json.Decoder(Digest).decode
_decode_letter = msgspec.json.Decoder(DeadLetter).decode


class Written(msgspec.Struct):
    """What a version wrote: see tests/versions/story.py."""

    events: list[Event]
    packs: list[bytes]
    journal: list[tuple[bytes, bytes | None]]
    outputs: dict[str, list[bytes]]


def write(folder: Path) -> None:
    """Tell the story with the version on the path; folder: made."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as journal:
        story = told(Path(journal))
        shutil.copy(Path(journal) / JOURNAL, folder / JOURNAL)
    written = Written(story.events, story.packs, story.topic.records, story.outputs)
    (folder / _RECORDS).write_bytes(msgspec.msgpack.encode(written))
    expected = {"read": read_as(written), "known": known_as(story.known)}
    text = json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / _EXPECTED).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> tuple[Written, Any]:
    """What a version wrote, and what it is to be read as."""
    written = msgspec.msgpack.decode((folder / _RECORDS).read_bytes(), type=Written)
    return written, json.loads((folder / _EXPECTED).read_text(encoding="utf-8"))


def read_as(written: Written) -> Any:
    """Packs, and the rows that the sink makes of outputs, as the version on the path reads them."""
    made: dict[str, list[Any]] = {}
    for value in written.outputs["counts"]:
        for table, found in rows.rows_of_totals(decode_totals(value)).items():
            made.setdefault(table, []).extend(found)
    of_alerts = [rows.row_of_alert(_decode_alert(one)) for one in written.outputs["alerts"]]
    digests = [rows.row_of_digest(_decode_digest(one), 1) for one in written.outputs["digests"]]
    letters = [_decode_letter(one) for one in written.outputs["dead-letters"]]
    made |= {
        "alerts": of_alerts,
        "digests": digests,
        "dead_letters": [rows.row_of_dead_letter(one) for one in letters],
    }
    return plain(
        {
            "packs": [_pack(decode_pack(value)) for value in written.packs],
            "rows": {
                table: [dict(zip(rows.COLUMNS[table], row, strict=True)) for row in found]
                for table, found in made.items()
            },
        }
    )


def known_as(known: Known) -> Any:
    """What is known after the story, by name; in an order that does not depend on how it came to be.

    Of baselines how far they have learnt: what they learnt is an estimate, which each version
    makes anew of the counts as it knows best.
    """
    state, position = known.state, known.position
    held: dict[str, list[Any]] = {}
    for body in parts_of(state):
        for name, value in _named(changes.decode(body)).items():
            if name != "matters" and isinstance(value, list):
                held.setdefault(name, []).extend(value)
    learnt = [(row.county, row.category, row.day) for row in held.pop("series")]
    return plain(
        {
            "state": {name: sorted(found, key=repr) for name, found in held.items()},
            "incidents": _incidents(state),
            "learnt": sorted(learnt, key=repr),
            "clock_ms": state.at_ms,
            "identities": len(state.seen),
            "applied": position.applied,
            "seq": position.seq,
        }
    )


def _incidents(state: State) -> list[Any]:
    owners = set(np.unique(state.incidents.rows["owner"]).tolist()) | state.incidents.linked.keys()
    found = []
    for one in sorted(owners):
        incident = state.incidents.get(one)
        assert incident
        found.append(incident.row(state.incidents.excerpt(one)))
    return found


def _named(change: Change) -> dict[str, Any]:
    return {name: getattr(change, name) for name in change.__struct_fields__}


def _pack(pack: Pack) -> dict[str, Any]:
    fields = {name: getattr(pack, name) for name in pack.__struct_fields__}
    return {**fields, "reports": [report._asdict() for report in pack.reports]}


def plain(value: Any) -> Any:
    """As JSON has it, structs by the names of their fields, bytes in hex."""
    match value:
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case bytes():
            return value.hex()
        case datetime():
            return value.isoformat()
        case dict():
            return {str(key): plain(held) for key, held in value.items()}
        case str() | int() | float() | None:
            return value
        case Iterable():
            return [plain(one) for one in value]
    raise TypeError(type(value))


def differences(wanted: Any, found: Any, at: str = "$") -> list[str]:
    """Where what was found does not say what is wanted; it may say more, by further names."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        gone = [f"{at}.{name} is gone" for name in wanted.keys() - found.keys()]
        both = wanted.keys() & found.keys()
        below = [differences(wanted[name], found[name], f"{at}.{name}") for name in sorted(both)]
        return gone + [each for some in below for each in some]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        below = [differences(one, other, f"{at}[{place}]") for place, (one, other) in pairs]
        return [each for some in below for each in some]
    return [] if wanted == found else [f"{at}: {found!r:.80}, wanted {wanted!r:.80}"]
