"""Looks up whether a code matches its pattern, instead of matching it in every event.

msgspec runs a pattern with Python's own engine, 0.4 µs each time, and county codes, grid codes
and runs come again and again. So an event is decoded into a looser type, and these fields of it
are looked up.
"""

import re
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType, inspect

from streams.events import Event

# Fields whose pattern is the only thing that is asked of their text.
ATTRIBUTES: Final = ("runid",)
DATA_FIELDS: Final = ("county_code", "grid_code", "township_code")

_HELD: Final = 65_536  # values; a grid code takes some 150 bytes


class Matching(dict[str | UnsetType, bool]):
    """Whether a value matches a pattern; True for a field that was not given.

    Holds at most 65,536 values and then starts anew.

    >>> codes = Matching(r"^[0-9]{6}$")
    >>> codes["620702"], codes["6207"], codes[UNSET]
    (True, False, True)
    """

    def __init__(self, pattern: str) -> None:
        super().__init__({UNSET: True})
        self._search = re.compile(pattern).search

    def __missing__(self, value: str) -> bool:
        if len(self) >= _HELD:
            self.clear()
            self[UNSET] = True
        matches = self[value] = self._search(value) is not None
        return matches


def loosened(contract: type[Event]) -> tuple[type[Event], type[Struct]]:
    """Subclasses of a contract and of its data that take any text where a pattern is looked up."""
    base = next(field.type for field in msgspec.structs.fields(contract) if field.name == "data")
    data = _with_any_text(base, DATA_FIELDS)
    return _with_any_text(contract, ATTRIBUTES, ("data", data)), data


def _with_any_text(base: type, names: tuple[str, ...], *fields: tuple[str, type]) -> type:
    anything = [(name, str | UnsetType, UNSET) for name in names]
    return msgspec.defstruct(
        base.__name__,
        [*fields, *anything],
        bases=(base,),
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,
    )


def pattern_of(struct: type[Struct], name: str) -> str:
    """The pattern of a field of a contract.

    >>> from streams.contracts import Matter
    >>> pattern_of(Matter, "county_code")
    '^[0-9]{6}$(?!\\\\n)'
    """
    kinds = {field.name: field.type for field in inspect.type_info(struct).fields}  # type: ignore[attr-defined]
    match kinds[name]:
        case (
            inspect.StrType(pattern=str(pattern))
            | inspect.Metadata(type=inspect.StrType(pattern=str(pattern)))
        ):
            return pattern
    raise TypeError(f"{struct.__name__}.{name} has no pattern")
