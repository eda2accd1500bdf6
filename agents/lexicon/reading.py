"""Reads the single files of the lexicon, naming file, line and term of every mistake."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from agents.normalise import normalise
from agents.yaml_nodes import at, compose, pairs
from streams.categories import CATEGORIES, OUTSIDE, CategoryCode
from streams.errors import UserError

WEIGHT_LIMIT: Final = 10
TERM_LIMIT: Final = 20  # characters


class Term(NamedTuple):
    """One entry. With weight 0 it covers what lies inside it and counts nothing."""

    text: str
    leaf: CategoryCode
    weight: float
    group: str
    place: str


class Rule(NamedTuple):
    """Terms that say something together.

    parts: each a choice of terms; the rule holds when one of every part is found.
    weight: added to the leaf's score; below 0 it speaks against the leaf.
    """

    parts: tuple[tuple[str, ...], ...]
    leaf: CategoryCode
    weight: float
    group: str
    place: str


class Lexicon(NamedTuple):
    """All terms, all leaves in the order in which they win ties, and all rules."""

    terms: tuple[Term, ...]
    priority: tuple[CategoryCode, ...]
    rules: tuple[Rule, ...] = ()


class Leaf(NamedTuple):
    """What one leaf's entry in a file holds."""

    code: CategoryCode
    terms: list[Term]
    rules: list[Rule]
    place: str


Sets = dict[str, tuple[str, ...]]


def read_leaves(path: Path, sets: Sets) -> Iterator[Leaf]:
    """The leaves in a file, in its order."""
    seen: set[str] = set()
    for key, body in pairs(path, compose(path), "leaf codes"):
        leaf = Leaf(_code(path, key, seen, list(CATEGORIES)), [], [], at(path, key))
        for part, node in pairs(path, body, "`terms`, `together`, `against` and `not`"):
            _fill(leaf, path, part, node, sets)
        yield leaf


def _fill(leaf: Leaf, path: Path, part: yaml.Node, node: yaml.Node, sets: Sets) -> None:
    """Add one section to the leaf."""
    code = leaf.code
    if part.value == "terms":
        for name, weight, words in _grouped(path, code, node):
            for word, place in _words(path, f"{code} {name!r}", words):
                leaf.terms.append(Term(word, code, weight, name, place))
    elif part.value == "together":
        for name, weight, rules in _grouped(path, code, node):
            leaf.rules.extend(_rules(path, code, name, weight, rules, sets))
    elif part.value == "against":
        for weight, rules in _weighed(path, code, "against", node):
            leaf.rules.extend(_rules(path, code, "against", -weight, rules, sets))
    elif part.value == "not":
        for word, place in _words(path, f"{code} 'not'", node):
            leaf.terms.append(Term(word, code, 0.0, "not", place))
    else:
        raise UserError(
            f"{at(path, part)}: {part.value!r} is neither `terms`, `together`, `against` nor `not`"
        )


def read_sets(path: Path) -> Sets:
    """Sets of words by name."""
    sets: Sets = {}
    for name, node in pairs(path, compose(path), "names of sets"):
        if name.value in sets:
            raise UserError(f"{at(path, name)}: set {name.value!r} stands here twice")
        sets[str(name.value)] = tuple(word for word, _ in _words(path, repr(name.value), node))
    return sets


def read_names(path: Path) -> Iterator[Term]:
    """Every word of a block with every ending of it, as phrases that mean nothing."""
    root = compose(path)
    if not isinstance(root, yaml.SequenceNode):
        raise UserError(f"{at(path, root)}: expected a list of blocks of `words` and `before`")
    for block in root.value:
        lists = {
            str(key.value): _words(path, repr(key.value), node)
            for key, node in pairs(path, block, "`words` and `before`")
        }
        if set(lists) != {"words", "before"}:
            raise UserError(f"{at(path, block)}: expected `words` and `before`, got {list(lists)}")
        for word, place in lists["words"]:
            for ending, _ in lists["before"]:
                yield Term(word + ending, OUTSIDE, 0.0, "name", place)


def read_priority(path: Path) -> tuple[CategoryCode, ...]:
    """All leaves, the one that wins a tie first; S99 comes last."""
    root = compose(path)
    if not isinstance(root, yaml.SequenceNode):
        raise UserError(f"{at(path, root)}: expected a list of leaf codes")
    seen: set[str] = set()
    leaves = [code for code in CATEGORIES if code != OUTSIDE]
    order = tuple(_code(path, item, seen, leaves) for item in root.value)
    missing = sorted(set(leaves) - seen)
    if missing:
        raise UserError(f"{path.name}: {', '.join(missing)} missing; every leaf needs its rank")
    return (*order, OUTSIDE)


def read_declared(path: Path) -> dict[str, CategoryCode]:
    """Label to leaf; labels normalised by the editor, as terms are."""
    labels: dict[str, CategoryCode] = {}
    seen: set[str] = set()
    for key, node in pairs(path, compose(path), "leaf codes"):
        code = _code(path, key, seen, list(CATEGORIES))
        for label, place in _words(path, code, node):
            if label in labels:
                raise UserError(f"{place}: label {label!r} stands already under {labels[label]}")
            labels[label] = code
    return labels


def _grouped(
    path: Path, code: CategoryCode, node: yaml.Node
) -> Iterator[tuple[str, float, yaml.Node]]:
    """Groups with their weights and lists."""
    for name, group in pairs(path, node, "group names"):
        for weight, words in _weighed(path, code, str(name.value), group):
            yield str(name.value), weight, words


def _weighed(
    path: Path, code: CategoryCode, name: str, node: yaml.Node
) -> Iterator[tuple[float, yaml.Node]]:
    """Weights with their lists; a list alone has weight 1."""
    if isinstance(node, yaml.SequenceNode):
        yield 1.0, node
        return
    for key, words in pairs(path, node, "weights"):
        try:
            weight = float(key.value)
        except ValueError:
            weight = 0.0
        if not 0 < weight <= WEIGHT_LIMIT:
            raise UserError(
                f"{at(path, key)}: weight {key.value!r} of group {name!r} in {code}; "
                f"expected a number above 0, up to {WEIGHT_LIMIT}"
            )
        yield weight, words


def _rules(
    path: Path, code: CategoryCode, group: str, weight: float, node: yaml.Node, sets: Sets
) -> Iterator[Rule]:
    if not isinstance(node, yaml.SequenceNode):
        raise UserError(f"{at(path, node)}: {code} {group!r} needs a list in [ ]")
    for item in node.value:
        place = at(path, item)
        if not isinstance(item, yaml.ScalarNode):
            raise UserError(f"{place}: {code} {group!r} needs words joined by +")
        parts = []
        for piece in (piece.strip() for piece in item.value.split("+")):
            if piece.startswith("<") and piece.endswith(">"):
                if piece[1:-1] not in sets:
                    raise UserError(f"{place}: no set {piece} in sets.yaml")
                parts.append(sets[piece[1:-1]])
            else:
                _check(piece, f"{code} {group!r}", place)
                parts.append((piece,))
        yield Rule(tuple(parts), code, weight, group, place)


def _words(path: Path, where: str, node: yaml.Node) -> list[tuple[str, str]]:
    """Words of a list, each with its place."""
    if not isinstance(node, yaml.SequenceNode):
        raise UserError(f"{at(path, node)}: {where} needs a list of terms in [ ]")
    words = []
    for item in node.value:
        text = item.value if isinstance(item, yaml.ScalarNode) else ""
        _check(text, where, at(path, item))
        words.append((text, at(path, item)))
    return words


def _check(text: str, where: str, place: str) -> None:
    if not 1 <= len(text) <= TERM_LIMIT:
        raise UserError(f"{place}: term {text!r} in {where}; expected 1 to {TERM_LIMIT} characters")
    if normalise(text) != text:
        raise UserError(f"{place}: term {text!r} would never match; write {normalise(text)!r}")


def _code(path: Path, node: yaml.Node, seen: set[str], allowed: list[str]) -> CategoryCode:
    code = node.value if isinstance(node, yaml.ScalarNode) else ""
    if code not in allowed:
        last = " or S99" if OUTSIDE in allowed else ""
        raise UserError(
            f"{at(path, node)}: {code!r} is no leaf; expected D01 to D18, S01 to S14{last}"
        )
    if code in seen:
        raise UserError(f"{at(path, node)}: {code} stands here twice")
    seen.add(code)
    return CategoryCode(code)
