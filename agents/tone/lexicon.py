"""Reads and checks the two word lists of tone: sentiment.yaml and severity.yaml beside this file.

Each list says at its head how it is written. Every mistake is reported with file,
line and term.
"""

from collections.abc import Iterator
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from agents.normalise import normalise
from agents.yaml_nodes import at, compose, pairs
from streams.errors import UserError

SENTIMENT_FILE: Final = "sentiment.yaml"
SEVERITY_FILE: Final = "severity.yaml"
SHIPPED: Final = Path(str(files("agents") / "tone"))
FOLDER: Final = "tone"  # within a lexicon of one's own

WEIGHT_LIMIT: Final = 5
TERM_LIMIT: Final = 20  # characters
REACH_LIMIT: Final = 100  # characters

# What a word says of the tone of a message; `turn` of what was said before it.
KINDS: Final = ("grievance", "problem", "ask", "thanks", "praise", "solved", "turn")


_CONTEXT: Final = (
    "denied",
    "filler",
    "averted",
    "supposed",
    "imminent",
    "will",
    "settled",
    "past",
    "doubted",
)


class Word(NamedTuple):
    """One term of sentiment.yaml; weight in halves."""

    text: str
    kind: str
    weight: float
    group: str
    place: str


class Sentiments(NamedTuple):
    """degree, negation: what may stand before a term and changes it."""

    words: tuple[Word, ...]
    degree: tuple[str, ...]
    negation: tuple[str, ...]
    nothing: frozenset[str]


class Cue(NamedTuple):
    """What makes a message grave, under the name that duty staff read.

    levels: severity (1 red … 3 yellow) to terms. supposed: the severity when it is only
    feared or imagined, 0 for none. unless: words that in the same clause make it mean
    something else.
    """

    name: str
    levels: dict[int, tuple[str, ...]]
    supposed: int
    unless: tuple[str, ...]


class Pair(NamedTuple):
    """A cue of two groups of words that stand at most `within` characters apart."""

    name: str
    level: int
    first: str
    second: str
    within: int


class Severities(NamedTuple):
    """The earlier of two equally grave cues goes first.

    denied, averted, supposed, will: what
    stands before a cue that did not happen; past: before one that is long ago; settled:
    behind one that is over; doubted: behind one that is feared.
    """

    cues: tuple[Cue, ...]
    words: dict[str, tuple[str, ...]]
    pairs: tuple[Pair, ...]
    nothing: frozenset[str]
    denied: tuple[str, ...]
    filler: tuple[str, ...]
    averted: tuple[str, ...]
    supposed: tuple[str, ...]
    imminent: tuple[str, ...]
    will: tuple[str, ...]
    settled: tuple[str, ...]
    past: tuple[str, ...]
    doubted: tuple[str, ...]


def folder_of(folder: Path | None) -> Path:
    """The folder given, or the one shipped."""
    return folder if folder is not None else SHIPPED


def folder_within(lexicon: Path | None) -> Path | None:
    """The lists that belong to a lexicon: its sub-folder `tone`, None where it has none."""
    folder = None if lexicon is None else lexicon / FOLDER
    return folder if folder is not None and folder.is_dir() else None


def sentiments(folder: Path | None = None) -> Sentiments:
    """Read sentiment.yaml; UserError with file, line and term for any mistake."""
    path = folder_of(folder) / SENTIMENT_FILE
    words: dict[str, Word] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, body in pairs(path, compose(path), "kinds of words"):
        kind = str(key.value)
        if kind in {"degree", "negation", "not"}:
            lists[kind] = tuple(text for text, _ in _terms(path, body))
        elif kind in KINDS:
            for name, group in pairs(path, body, "group names"):
                for word in _group(path, kind, str(name.value), group):
                    if word.text in words:
                        raise UserError(
                            f"{word.place}: term {word.text!r} stands already at "
                            f"{words[word.text].place}; keep it in one place"
                        )
                    words[word.text] = word
        else:
            known = ", ".join((*KINDS, "degree", "negation", "not"))
            raise UserError(f"{at(path, key)}: {kind!r} is none of {known}")
    nothing = frozenset(lists.get("not", ()))
    for text in sorted(nothing & words.keys()):
        raise UserError(f"{words[text].place}: term {text!r} stands under `not` as well")
    return Sentiments(
        tuple(words.values()), lists.get("degree", ()), lists.get("negation", ()), nothing
    )


def _group(path: Path, kind: str, name: str, node: yaml.Node) -> Iterator[Word]:
    if isinstance(node, yaml.SequenceNode):
        for text, place in _terms(path, node):
            yield Word(text, kind, 1.0, name, place)
        return
    for key, terms in pairs(path, node, "weights"):
        weight = _number(key)
        if not 0 < weight <= WEIGHT_LIMIT or weight * 2 % 1:
            raise UserError(
                f"{at(path, key)}: weight {key.value!r} of {name!r}; "
                f"expected 0.5, 1, 1.5 … {WEIGHT_LIMIT}"
            )
        for text, place in _terms(path, terms):
            yield Word(text, kind, weight, name, place)


def severities(folder: Path | None = None) -> Severities:
    """Read severity.yaml; UserError with file, line and term for any mistake."""
    path = folder_of(folder) / SEVERITY_FILE
    seen: dict[str, str] = {}
    cues: list[Cue] = []
    together: list[Pair] = []
    words: dict[str, tuple[str, ...]] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for key, body in pairs(path, compose(path), "parts"):
        part = str(key.value)
        if part == "cues":
            cues += [_cue(path, name, cue, seen) for name, cue in pairs(path, body, "cues")]
        elif part == "words":
            for name, terms in pairs(path, body, "groups of words"):
                words[str(name.value)] = tuple(text for text, _ in _terms(path, terms))
        elif part == "together":
            for name, body_ in pairs(path, body, "cues"):
                several = body_.value if isinstance(body_, yaml.SequenceNode) else [body_]
                together += [_pair(path, name, pair, words) for pair in several]
        elif part in {"not", *_CONTEXT}:
            lists[part] = tuple(text for text, _ in _terms(path, body))
        else:
            raise UserError(f"{at(path, key)}: {part!r} is no part of this file")
    nothing = frozenset(lists.pop("not", ()))
    for text in sorted(nothing & seen.keys()):
        raise UserError(f"{seen[text]}: term {text!r} stands under `not` as well")
    rest = [lists.get(name, ()) for name in _CONTEXT]
    return Severities(tuple(cues), words, tuple(together), nothing, *rest)


def _cue(path: Path, name: yaml.Node, node: yaml.Node, seen: dict[str, str]) -> Cue:
    levels: dict[int, tuple[str, ...]] = {}
    supposed, unless = 3, ()  # type: int, tuple[str, ...]
    for key, body in pairs(path, node, "levels"):
        if key.value == "supposed":
            supposed = int(_number(body))
            if supposed not in {0, 1, 2, 3}:
                raise UserError(f"{at(path, body)}: supposed {body.value!r}; expected 0 to 3")
        elif key.value == "unless":
            unless = tuple(text for text, _ in _terms(path, body))
        elif key.value in {"1", "2", "3"}:
            levels[int(key.value)] = _once(path, body, seen)
        else:
            raise UserError(
                f"{at(path, key)}: {key.value!r} in {name.value}; "
                "expected 1, 2, 3, `supposed` or `unless`"
            )
    return Cue(str(name.value), levels, supposed, unless)


def _pair(path: Path, name: yaml.Node, node: yaml.Node, words: dict[str, tuple[str, ...]]) -> Pair:
    found = {str(key.value): body for key, body in pairs(path, node, "`level`, `of`, `within`")}
    if found.keys() != {"level", "of", "within"}:
        raise UserError(f"{at(path, name)}: {name.value} needs `level`, `of` and `within`")
    level, within = int(_number(found["level"])), int(_number(found["within"]))
    groups = [str(item.value) for item in _items(path, found["of"])]
    if len(groups) != 2 or not set(groups) <= words.keys():
        raise UserError(
            f"{at(path, found['of'])}: {groups} of {name.value}; expected two groups of `words`, "
            "which stand before `together`"
        )
    if level not in {1, 2, 3} or not 0 < within <= REACH_LIMIT:
        raise UserError(
            f"{at(path, name)}: {name.value}; expected level 1 to 3, within 1 to {REACH_LIMIT}"
        )
    return Pair(str(name.value), level, groups[0], groups[1], within)


def _once(path: Path, node: yaml.Node, seen: dict[str, str]) -> tuple[str, ...]:
    found = []
    for text, place in _terms(path, node):
        if text in seen:
            raise UserError(
                f"{place}: term {text!r} stands already at {seen[text]}; keep it in one place"
            )
        seen[text] = place
        found.append(text)
    return tuple(found)


def _terms(path: Path, node: yaml.Node) -> Iterator[tuple[str, str]]:
    for item in _items(path, node):
        text = item.value if isinstance(item, yaml.ScalarNode) else ""
        if not 1 <= len(text) <= TERM_LIMIT:
            raise UserError(
                f"{at(path, item)}: term {text!r}; expected 1 to {TERM_LIMIT} characters"
            )
        if normalise(text) != text:
            raise UserError(
                f"{at(path, item)}: term {text!r} would never match; write {normalise(text)!r}"
            )
        yield text, at(path, item)


def _number(node: yaml.Node) -> float:
    try:
        value = float(node.value)
    except (TypeError, ValueError):
        return -1.0
    return value if isfinite(value) else -1.0


def _items(path: Path, node: yaml.Node) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise UserError(f"{at(path, node)}: expected a list of terms in [ ]")
    return list(node.value)
