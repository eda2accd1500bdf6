"""Reads a rules file: every mistake is told by its line, its path, what was expected and what was got."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec
import yaml

from streams.errors import UserError

_AT: Final = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?(?P<path>\$[^`]*)`)?", re.DOTALL)
_PART: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")
_GOT: Final = re.compile(r"(.*), got `\w+`")
_SHOWN: Final = 60  # characters of a value

T = TypeVar("T")


def read(text: bytes, name: str, kind: type[T]) -> T:
    """A YAML file's content as a struct. name: of the file, for people. Raises UserError."""
    try:
        root = yaml.compose(text.decode(), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{name} is not valid YAML in UTF-8: {error}") from None
    if root is None:
        raise UserError(f"{name} is empty")
    for key in _repeated(root):
        raise UserError(f"{name} line {key.start_mark.line + 1}: {key.value!r} is there twice")
    try:
        return msgspec.yaml.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise UserError(_sentence(str(error), root, name)) from None


def _repeated(root: yaml.Node) -> Iterator[yaml.Node]:
    """Keys that their mapping has had before: YAML would let the last one count, and say nothing."""
    left = [root]
    while left:
        node = left.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield key
                seen.add(key.value)
                left.append(value)
        elif isinstance(node, yaml.SequenceNode):
            left += node.value


def _sentence(said: str, root: yaml.Node, name: str) -> str:
    match = _AT.fullmatch(said)
    what, path = (match["what"], match["path"] or "$") if match else (said, "$")
    node = _at(root, path)
    if unknown := _UNKNOWN.fullmatch(what):
        node = next((key for key, _ in _pairs(node) if key.value == unknown[1]), node)
        return f"{name} line {_line(node)}: {path}: there is no field `{unknown[1]}`"
    if what.startswith("Object missing"):
        return (
            f"{name} line {_line(node)}: {path}: {what.replace('Object missing', 'it misses the')}"
        )
    expected = _GOT.sub(r"\1", what)
    return (
        f"{name} line {_line(node)}: {path}: {expected[:1].lower()}{expected[1:]}; got {_got(node)}"
    )


def _at(root: yaml.Node, path: str) -> yaml.Node:
    """The node of a path, or the last one on the way that is there."""
    node = root
    for part in _PART.finditer(path):
        if part[1] is not None:
            found = [value for key, value in _pairs(node) if key.value == part[1]]
        else:
            items = node.value if isinstance(node, yaml.SequenceNode) else []
            found = items[int(part[2]) : int(part[2]) + 1]
        if not found:
            return node
        node = found[0]
    return node


def _pairs(node: yaml.Node) -> list[tuple[Any, Any]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _got(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value[:_SHOWN])
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def ids_of(rules: msgspec.Struct) -> Counter[str]:
    """Ids of all rules, and how often each is there."""
    return Counter(rule.id for _, rule in each_rule(rules))


def each_rule(rules: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """Every rule, with the section it is in: whatever has an id."""
    for field in msgspec.structs.fields(rules):
        value = getattr(rules, field.name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, msgspec.Struct) and hasattr(one, "id"):
                yield field.encode_name, one
