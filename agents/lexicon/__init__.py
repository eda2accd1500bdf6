"""The lexicon: reads and checks the YAML files beside this one.

A file holds leaves of the taxonomy that lie near each other; a leaf holds groups
of terms, a group says what its terms have in common:

    S06:
      terms:
        客运:
          3: [班车, 汽车站]          # weight: terms
        出行: [坐车]                 # weight 1
      together:                      # counts when every part is in the report, title or text
        票价:
          3: [<客车> + <收费>, <客车> + 儿童]
      against:                       # takes from the leaf's score what speaks for another
        2: [驾校, <学校> + 校车]
      not: [上车牌]                  # phrases in which the leaf's term means nothing

A part is a word, or in < > a set of words of `sets.yaml` (name: [words]), any of
which will do; so will a longer term with the word in it.
`names.yaml` lists words that are also parts of names, with what follows them in a
name: 大桥 + 镇 makes 大桥镇 a phrase that means nothing. S99 takes terms too: what
is plainly no matter of ours. `priority.yaml` lists all leaves, the one that wins a
tie first. A term stands once in the whole lexicon. Weights: 3 for what is found in
this leaf nearly always, 2 usually, 1 often, 0.5 for a hint. `sets.yaml` and
`names.yaml` may be missing. Every mistake is reported with file, line and term.
"""

from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Final

from agents.lexicon.reading import (
    Leaf,
    Lexicon,
    Rule,
    Sets,
    Term,
    read_leaves,
    read_names,
    read_priority,
    read_sets,
)
from streams.categories import OUTSIDE
from streams.errors import UserError

__all__ = [
    "DECLARED_FILE",
    "MAILBOX7_FILE",
    "PRIORITY_FILE",
    "SHIPPED",
    "Lexicon",
    "Rule",
    "Term",
    "load",
]

PRIORITY_FILE: Final = "priority.yaml"
SETS_FILE: Final = "sets.yaml"
NAMES_FILE: Final = "names.yaml"
# What upstream systems call our leaves, and evaluation against seven mailbox labels:
# not part of the lexicon.
DECLARED_FILE: Final = "declared.yaml"
MAILBOX7_FILE: Final = "mailbox7.yaml"
SHIPPED: Final = Path(str(files("agents") / "lexicon"))
_NOT_LEAVES: Final = {PRIORITY_FILE, SETS_FILE, NAMES_FILE, DECLARED_FILE, MAILBOX7_FILE}


def load(folder: Path | None = None) -> Lexicon:
    """Read the lexicon of a folder, or the one shipped.

    Raises UserError with file, line and term for anything that is not as described above.
    """
    root = folder or SHIPPED
    paths = sorted(path for path in root.glob("*.yaml") if path.name not in _NOT_LEAVES)
    if not paths:
        raise UserError(f"no lexicon in {root}: expected files like work.yaml and {PRIORITY_FILE}")
    sets = read_sets(root / SETS_FILE) if (root / SETS_FILE).exists() else {}
    leaves = _leaves(paths, sets)
    terms = {term.text: term for leaf in leaves for term in leaf.terms}
    rules = [rule for leaf in leaves for rule in leaf.rules]
    for word in sorted({word for rule in rules for part in rule.parts for word in part}):
        if word not in terms:
            terms[word] = Term(word, OUTSIDE, 0.0, "", "")
    rules = _widened(rules, [term.text for term in terms.values() if term.group != "not"])
    if (root / NAMES_FILE).exists():
        for name in read_names(root / NAMES_FILE):
            terms.setdefault(name.text, name)
    return Lexicon(tuple(terms.values()), read_priority(root / PRIORITY_FILE), tuple(rules))


def _leaves(paths: list[Path], sets: Sets) -> list[Leaf]:
    """All leaves; a leaf stands in one file, a term in one place."""
    leaves: dict[str, Leaf] = {}
    places: dict[str, str] = {}
    for leaf in (leaf for path in paths for leaf in read_leaves(path, sets)):
        if leaf.code in leaves:
            raise UserError(
                f"{leaf.place}: {leaf.code} stands already at {leaves[leaf.code].place}"
            )
        leaves[leaf.code] = leaf
        for term in leaf.terms:
            if term.text in places:
                raise UserError(
                    f"{term.place}: term {term.text!r} stands already at {places[term.text]}; "
                    "keep it in one place"
                )
            places[term.text] = term.place
    return list(leaves.values())


def _widened(rules: list[Rule], terms: list[str]) -> list[Rule]:
    """The rules with parts that name every term which has one of the part's words in it."""
    parts = {part for rule in rules for part in rule.parts}
    having: dict[str, set[str]] = {word: set() for part in parts for word in part}
    for term in terms:
        for start, end in combinations(range(len(term) + 1), 2):
            if (word := term[start:end]) in having:
                having[word].add(term)
    wide = {part: tuple(sorted(set().union(*(having[word] for word in part)))) for part in parts}
    return [rule._replace(parts=tuple(wide[part] for part in rule.parts)) for rule in rules]
