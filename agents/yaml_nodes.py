"""Reads YAML of which every mistake is told by file and line."""

from pathlib import Path
from typing import Any, Final

import yaml

from streams.errors import UserError

# In C where PyYAML was built with it: five times as fast.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(path: Path) -> yaml.Node:
    """The file's nodes, which know their lines. Raises UserError if it is no YAML, or empty."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not valid YAML in UTF-8: {error}") from None
    if root is None:
        raise UserError(f"{path.name} is empty")
    return root


def pairs(path: Path, node: yaml.Node, expected: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """Keys and values of a mapping. Raises UserError saying what was expected."""
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{at(path, node)}: expected {expected}, each followed by a colon")
    return list(node.value)


def at(path: Path, node: yaml.Node) -> str:
    """Where a node stands, for people."""
    return f"{path.name} line {node.start_mark.line + 1}"
