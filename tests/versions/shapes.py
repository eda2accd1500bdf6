"""The shapes of what crosses between versions, as a listing that is kept, and what may not become of them.

The rules are docs/decisions/0022-evolution.md. A kind of record whose format went up may be
of any shape: then older ones do not read it, and say so.
"""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec import inspect

from agents.baseline.memory import RECORD
from agents.baselines import SOURCES
from agents.cases.steps import Step
from agents.change import Change
from agents.matter import REPORT, ROW
from streams import formats, journal, savepoint
from streams.answers import Alert, DeadLetter, Digest
from streams.cases import MEASURES
from streams.events import EVENTS
from streams.incidents import CHANNELS, SINGLE
from streams.packs import Pack
from streams.totals import Totals

LISTING: Final = Path(__file__).with_name("shapes.json")
_MAY_BE_MISSING: Final = "?"
_ONE_OF: Final = "one of "
_CONTRACTS: Final = 1  # the number at the end of every dataschema


class Kind(NamedTuple):
    """Records of one kind. layouts: what bytes inside them are packed as; tuples may only grow."""

    format: int
    roots: tuple[Any, ...]
    layouts: dict[str, Any]


KINDS: Final = {
    "packs": Kind(formats.PACKS.newest, (Pack,), {}),
    "totals": Kind(
        formats.TOTALS.newest,
        (Totals,),
        {"SINGLE": SINGLE.format, "CHANNELS": CHANNELS, "MEASURES": MEASURES},
    ),
    "journal": Kind(
        formats.JOURNAL.newest,
        (journal.Record, Change, Step),
        {
            "REPORT": REPORT,
            "ROW": ROW,
            "RECORD": RECORD,
            "CHANNELS": CHANNELS,
            "MEASURES": MEASURES,
            "SOURCES": SOURCES,
        },
    ),
    "savepoints": Kind(savepoint.FORMAT, (savepoint.Record,), {}),
    "events": Kind(_CONTRACTS, tuple(EVENTS.values()), {}),
    "answers": Kind(_CONTRACTS, (Alert, Digest, DeadLetter), {}),
}

Listing = dict[str, Any]


def listed() -> Listing:
    """The shapes of this version."""
    return {name: _listed(kind) for name, kind in KINDS.items()}


def kept() -> Listing:
    """The listing that is committed."""
    found: Listing = json.loads(LISTING.read_text(encoding="utf-8"))
    return found


def keep(listing: Listing) -> None:
    text = json.dumps(listing, ensure_ascii=False, indent=1)
    LISTING.write_text(text + "\n", encoding="utf-8")


def _listed(kind: Kind) -> dict[str, Any]:
    structs: dict[str, Any] = {}
    for root in kind.roots:
        _take(inspect.type_info(root), structs)
    layouts = {
        name: list(layout) if isinstance(layout, tuple) else _packed(layout)
        for name, layout in kind.layouts.items()
    }
    return {"format": kind.format, "structs": dict(sorted(structs.items())), "layouts": layouts}


def _packed(layout: Any) -> str:
    return str(layout.descr) if isinstance(layout, np.dtype) else str(layout)


def _take(found: inspect.Type, structs: dict[str, Any]) -> str:
    """How a type is written; the structs in it go to `structs`."""
    match found:
        case inspect.Metadata(type=of):
            return _take(of, structs)
        case inspect.StructType():
            return _take_struct(found, structs)
        case inspect.UnionType(types=types):
            return " | ".join(sorted(_take(one, structs) for one in types))
        case inspect.LiteralType(values=values):
            return _ONE_OF + " ".join(sorted(map(str, values)))
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"list[{_take(item, structs)}]"
        case inspect.TupleType(item_types=items):
            return f"tuple[{', '.join(_take(item, structs) for item in items)}]"
        case inspect.DictType(key_type=key, value_type=value):
            return f"dict[{_take(key, structs)}, {_take(value, structs)}]"
    return type(found).__name__.removesuffix("Type").lower()


def _take_struct(found: inspect.StructType, structs: dict[str, Any]) -> str:
    name = found.cls.__name__
    if name not in structs:
        fields: dict[str, str] = {}
        # Before its fields: a struct may hold its like.
        structs[name] = {
            "as": "array" if found.array_like else "object",
            "tag": found.tag,
            "fields": fields,
        }
        for field in found.fields:
            said = _take(field.type, structs)
            fields[field.encode_name] = said if field.required else said + _MAY_BE_MISSING
    return name


def mistakes(before: Listing, after: Listing) -> list[str]:
    """What one version may not change in what another one reads or wrote."""
    found: list[str] = []
    for name, kind in before.items():
        if name not in after:
            found.append(f"{name} are gone")
        elif after[name]["format"] == kind["format"]:
            changes = _of_structs(kind["structs"], after[name]["structs"])
            changes += _of_layouts(kind["layouts"], after[name]["layouts"])
            found += [f"{name}: {change}" for change in changes]
        elif after[name]["format"] < kind["format"]:
            found.append(f"{name}: the format went down")
    return found


def _of_structs(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = []
    for name, shape in before.items():
        if name not in after:
            found.append(f"{name} is gone")
            continue
        now = after[name]
        if (shape["as"], shape["tag"]) != (now["as"], now["tag"]):
            found.append(f"{name} is another sort of struct")
        found += [f"{name}.{each}" for each in _of_fields(shape, now["fields"])]
    return found


def _of_fields(shape: dict[str, Any], now: dict[str, str]) -> list[str]:
    was = shape["fields"]
    found = [f"{name} is gone" for name in was if name not in now]
    names = list(now)
    if shape["as"] == "array" and not found:
        moved = [name for place, name in enumerate(was) if names[place] != name]
        found += [f"{name} has moved" for name in moved]
    for name, said in now.items():
        if name not in was:
            if not said.endswith(_MAY_BE_MISSING):
                found.append(f"{name} is new and has no default")
        elif not _widened(was[name], said):
            found.append(f"{name} was {was[name]}, and is {said}")
    return found


def _widened(was: str, now: str) -> bool:
    """Whether all that was written still is read: more values, or a default where was none."""
    if was.endswith(_MAY_BE_MISSING) and not now.endswith(_MAY_BE_MISSING):
        return False
    was, now = was.removesuffix(_MAY_BE_MISSING), now.removesuffix(_MAY_BE_MISSING)
    if was.startswith(_ONE_OF) and now.startswith(_ONE_OF):
        return set(was.split()) <= set(now.split())
    return was == now


def _of_layouts(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = []
    for name, layout in before.items():
        now = after.get(name)
        grown = isinstance(layout, list) and isinstance(now, list) and now[: len(layout)] == layout
        if now != layout and not grown:
            found.append(f"{name} is packed otherwise")
    return found
