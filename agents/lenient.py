"""Reads bytes that are not what they should be: text at any price, fields with their paths.

Used only for events that were refused, to find out why and to show as little
as possible of them. Nothing here raises on any input.
"""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# A string in either quote (an unclosed one runs to the end), a bracket, or a bare run.
# Possessive: a 1 MB run of backslashes must not be tried twice.
_PIECE: Final = re.compile(
    r""""(?:[^"\\]++|\\.)*+"?|'(?:[^'\\]++|\\.)*+'?|[{}\[\]:,]|[^\s{}\[\]:,"']++""", re.DOTALL
)
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[{]|[\]}]")
_ESCAPE: Final = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])')


class Found(NamedTuple):
    """A field as written: the keys above it, its own name, and its raw value.

    parents: names of the objects it lies in, outermost first, 16 at most; items of
        lists by their place.
    value: the piece after the colon, still quoted; "" when it is an object, a list or cut off.
    """

    parents: tuple[str | int, ...]
    name: str
    value: str


def text_of(value: bytes) -> str:
    """The most likely text: UTF-8, else UTF-16 with a mark, else GB 18030, else what is readable.

    UTF-8 with a few bad bytes stays UTF-8: read as GB 18030 it would become
    other characters, which no redactor knows and anyone can turn back.
    """
    if value.startswith((b"\xff\xfe", b"\xfe\xff")):
        return value.decode("utf-16", "replace")
    text = value.decode("utf-8-sig", "replace")
    bad = text.count("\ufffd")
    if bad and bad * 4 > sum(not character.isascii() for character in text):
        try:
            return value.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return text


def unescape(text: str) -> str:
    """JSON escapes resolved, wherever they stand; what is not one stays as it is.

    >>> unescape(r'"\\u5f20\\u4e09": \\q')
    '"张三": \\\\q'
    """
    return _ESCAPE.sub(lambda found: _resolve(found.group()), text)


def _resolve(escape: str) -> str:
    resolved: str = json.loads(f'"{escape}"')
    return "\ufffd" if "\ud800" <= resolved <= "\udfff" else resolved


def depth_of(value: bytes) -> int:
    """Levels of brackets outside strings, at most."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", value)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def fields(text: str) -> Iterator[Found]:
    """Every field of a text that looks like JSON, also when broken or cut off, in order.

    >>> [(f.parents, f.name, f.value) for f in fields('{"a": [{"b": 1}, {\\'c\\': "x')]
    [((), 'a', ''), (('a', 0), 'b', '1'), (('a', 1), 'c', '"x')]
    """
    path: list[str | int] = []  # what each open bracket is called: a name, or a place in a list
    items: list[int] = []  # the place reached in each open list; -1 for an object
    previous = name = ""
    waiting = False  # a name and its colon were read, the value comes next
    for match in _PIECE.finditer(text):
        piece = match.group()
        bracket = piece in "{["
        if waiting and piece not in "}],:":
            yield Found(tuple(path[1:17]), name, "" if bracket else piece)
        if bracket:
            path.append(name if waiting else max(items[-1], 0) if items else "")
            items.append(0 if piece == "[" else -1)
        elif piece in "}]":
            del path[-1:], items[-1:]
        elif piece == "," and items and items[-1] >= 0:
            items[-1] += 1
        waiting = piece == ":" and previous != ""
        if waiting:
            name = unescape(previous.strip("\"'"))
        previous = piece if piece not in "{}[]:," else ""
    if waiting:
        yield Found(tuple(path[1:17]), name, "")
