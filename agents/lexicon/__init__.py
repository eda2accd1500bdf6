"""The keyword table: reads and checks the YAML files beside this one.

A file holds leaves of the taxonomy; a leaf holds groups of terms, a group says
what its terms have in common:

    D09:
      terms:
        欠薪:
          3: [拖欠工资, 讨薪]      # weight: terms
        用工: [劳务派遣]           # weight 1
      not: [工资卡]                # phrases in which the leaf's term means nothing

A term stands once in the whole lexicon. `priority.yaml` lists all leaves, the
one that wins a tie first. Every mistake is reported with file, line and term.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from agents.normalise import normalise
from streams.categories import CATEGORIES, OUTSIDE, CategoryCode
from streams.errors import UserError

PRIORITY_FILE: Final = "priority.yaml"
# Evaluation against seven mailbox labels; not part of the lexicon.
MAILBOX7_FILE: Final = "mailbox7.yaml"
SHIPPED: Final = Path(str(files("agents") / "lexicon"))
WEIGHT_LIMIT: Final = 10
TERM_LIMIT: Final = 20  # characters


class Term(NamedTuple):
    """One entry. weight 0 marks a `not` phrase: it covers what lies inside it and counts nothing."""

    text: str
    leaf: CategoryCode
    weight: float
    group: str
    place: str


class Lexicon(NamedTuple):
    """All terms, and all leaves in the order in which they win ties."""

    terms: tuple[Term, ...]
    priority: tuple[CategoryCode, ...]


def load(folder: Path | None = None) -> Lexicon:
    """Read the lexicon of a folder, or the one shipped.

    Raises UserError with file, line and term for anything that is not as described above.
    """
    root = folder or SHIPPED
    paths = sorted(
        path for path in root.glob("*.yaml") if path.name not in {PRIORITY_FILE, MAILBOX7_FILE}
    )
    if not paths:
        raise UserError(f"no lexicon in {root}: expected files like D.yaml and {PRIORITY_FILE}")
    seen: dict[str, Term] = {}
    for path in paths:
        for term in _terms(path):
            if term.text in seen:
                raise UserError(
                    f"{term.place}: term {term.text!r} stands already at {seen[term.text].place}; "
                    "keep it in one place"
                )
            seen[term.text] = term
    return Lexicon(tuple(seen.values()), _priority(root / PRIORITY_FILE))


def _terms(path: Path) -> Iterator[Term]:
    leaves_seen: set[str] = set()
    for key, leaf in _pairs(path, _compose(path), "leaf codes"):
        code = _leaf(path, key, leaves_seen)
        for part, body in _pairs(path, leaf, "`terms` and `not`"):
            if part.value == "terms":
                for name, group in _pairs(path, body, "group names"):
                    yield from _group(path, code, str(name.value), group)
            elif part.value == "not":
                yield from _list(path, code, "not", 0.0, body)
            else:
                raise UserError(f"{_at(path, part)}: {part.value!r} is neither `terms` nor `not`")


def _group(path: Path, code: CategoryCode, name: str, node: yaml.Node) -> Iterator[Term]:
    if isinstance(node, yaml.SequenceNode):
        yield from _list(path, code, name, 1.0, node)
        return
    for key, terms in _pairs(path, node, "weights"):
        try:
            weight = float(key.value)
        except ValueError:
            weight = 0.0
        if not 0 < weight <= WEIGHT_LIMIT:
            raise UserError(
                f"{_at(path, key)}: weight {key.value!r} of group {name!r} in {code}; "
                f"expected a number above 0, up to {WEIGHT_LIMIT}"
            )
        yield from _list(path, code, name, weight, terms)


def _list(
    path: Path, code: CategoryCode, name: str, weight: float, node: yaml.Node
) -> Iterator[Term]:
    if not isinstance(node, yaml.SequenceNode):
        raise UserError(f"{_at(path, node)}: {code} {name!r} needs a list of terms in [ ]")
    for item in node.value:
        text = item.value if isinstance(item, yaml.ScalarNode) else ""
        if not 1 <= len(text) <= TERM_LIMIT:
            raise UserError(
                f"{_at(path, item)}: term {text!r} in {code} {name!r}; "
                f"expected 1 to {TERM_LIMIT} characters"
            )
        if normalise(text) != text:
            raise UserError(
                f"{_at(path, item)}: term {text!r} would never match; write {normalise(text)!r}"
            )
        yield Term(text, code, weight, name, _at(path, item))


def _priority(path: Path) -> tuple[CategoryCode, ...]:
    root = _compose(path)
    if not isinstance(root, yaml.SequenceNode):
        raise UserError(f"{_at(path, root)}: expected a list of leaf codes")
    seen: set[str] = set()
    order = tuple(_leaf(path, item, seen) for item in root.value)
    missing = sorted(set(CATEGORIES) - seen - {OUTSIDE})
    if missing:
        raise UserError(f"{path.name}: {', '.join(missing)} missing; every leaf needs its rank")
    return order


def _leaf(path: Path, node: yaml.Node, seen: set[str]) -> CategoryCode:
    code = node.value if isinstance(node, yaml.ScalarNode) else ""
    if code not in CATEGORIES or code == OUTSIDE:
        raise UserError(f"{_at(path, node)}: {code!r} is no leaf; expected D01 to D18, S01 to S14")
    if code in seen:
        raise UserError(f"{_at(path, node)}: {code} stands here twice")
    seen.add(code)
    return CategoryCode(code)


def _compose(path: Path) -> yaml.Node:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not valid YAML in UTF-8: {error}") from None
    if root is None:
        raise UserError(f"{path.name} is empty")
    return root


def _pairs(path: Path, node: yaml.Node, expected: str) -> list[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{_at(path, node)}: expected {expected}, each followed by a colon")
    return list(node.value)


def _at(path: Path, node: yaml.Node) -> str:
    return f"{path.name} line {node.start_mark.line + 1}"
