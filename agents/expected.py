"""What the contract expects at each JSON path, in words: made from the types, never from an event."""

from typing import Any, Final

import msgspec
from msgspec import inspect

_DIGITS: Final = {
    r"^[0-9]{6}$(?!\n)": "six digits, a GB/T 2260 county code",
    r"^[0-9]{9}$(?!\n)": "nine digits, a township code",
    r"^[0-9]{9,18}$(?!\n)": "nine to eighteen digits, a grid code that begins with its county's code",
    r"^[0-9a-f]{16}$(?!\n)": "sixteen hexadecimal digits",
    r"^[0-9a-z-]{1,32}$(?!\n)": "1 to 32 of the characters a-z, 0-9 and -",
}


def expectations(event: type[msgspec.Struct]) -> dict[str, str]:
    """JSON path → what the contract asks for there, for every field of an event.

    >>> from streams.events import HotlineCallEvent
    >>> expectations(HotlineCallEvent)["$.data.wait_s"]
    'an integer, 0 to 86400'
    >>> expectations(HotlineCallEvent)["$.data.deadline_class"]
    'one of "15d", "24h", "2h", "7d"'
    """
    table: dict[str, str] = {}
    _describe("$", inspect.type_info(event), table)
    return table


def _describe(path: str, kind: inspect.Type, table: dict[str, str]) -> None:
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    table[path] = in_words(kind)
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            _describe(f"{path}.{field.encode_name}", field.type, table)
    elif isinstance(kind, inspect.ListType):
        _describe(f"{path}[...]", kind.item_type, table)


def in_words(kind: inspect.Type) -> str:
    """What a field of this type asks for.

    >>> in_words(inspect.IntType(ge=1, le=4))
    'an integer, 1 to 4'
    """
    match kind:
        case inspect.StructType():
            words = "a JSON object"
        case inspect.LiteralType(values=values):
            words = ("one of " if len(values) > 1 else "") + ", ".join(f'"{v}"' for v in values)
        case inspect.BoolType():
            words = "true or false"
        case inspect.IntType(ge=low, le=high):
            words = "an integer" + _between(low, high)
        case inspect.FloatType(ge=low, le=high):
            words = "a number" + _between(low, high)
        case inspect.DateTimeType():
            words = "a time as in RFC 3339, with offset, such as 2026-03-01T08:30:00+08:00"
        case inspect.StrType(pattern=str(pattern)):
            words = _DIGITS.get(pattern, f"text that matches {pattern}")
        case inspect.StrType(min_length=low, max_length=high):
            long = f"{low} to {high}" if low else f"at most {high}"
            words = f"text of {long} characters" if low or high else "text"
        case inspect.ListType(min_length=low, max_length=high):
            words = f"a list of {low} to {high}"
        case _:
            raise TypeError(f"no words for {kind!r}: add a case to agents/expected.py")
    return words


def _between(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    return f", {low:g} to {high:g}" if high is not None else f", {low:g} or more"
