"""The seven labels of the mailbox data against which the lexicon is measured: a leaf's label."""

from collections import defaultdict
from pathlib import Path
from typing import Any, Self

import yaml

from agents.classify import Classified
from agents.lexicon import MAILBOX7_FILE, SHIPPED, Lexicon
from streams.categories import CATEGORIES
from streams.errors import UserError


class Mailbox7:
    """Maps what the classifier found to a label: by the leaf, or by a group of its terms.

    >>> from agents.classify import Classifier
    >>> classifier = Classifier.load()
    >>> labels = Mailbox7.load(classifier.lexicon)
    >>> labels.of(classifier.classify("", "包工头拖欠工资三个月不给"))
    '劳动和社会保障'
    """

    def __init__(self, table: dict[str, Any], lexicon: Lexicon) -> None:
        self.labels: tuple[str, ...] = tuple(table["labels"])
        self._leaves: dict[str, str] = table["leaves"]
        self._terms = {(term.leaf, term.text): (term.group, term.weight) for term in lexicon.terms}
        # Leaves none of whose groups goes elsewhere: no need to look at their terms.
        self._whole = CATEGORIES.keys() - {
            name.partition("/")[0] for name in self._leaves if "/" in name
        }

    @classmethod
    def load(cls, lexicon: Lexicon, folder: Path | None = None) -> Self:
        """The table of a folder, or the one shipped where the folder has none.

        Raises UserError if a leaf has no label, or one that is none of the seven.
        """
        path = (folder or SHIPPED) / MAILBOX7_FILE
        if not path.is_file():
            path = SHIPPED / MAILBOX7_FILE
        try:
            table = yaml.safe_load(path.read_text(encoding="utf-8"))
            leaves, labels = dict(table["leaves"]), list(table["labels"])
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
            raise UserError(
                f"{path} cannot be used; expected `labels` and `leaves`: {error}"
            ) from None
        if missing := sorted(set(CATEGORIES) - set(leaves)):
            raise UserError(f"{path}: no label for {', '.join(missing)}; every leaf needs one")
        if strange := sorted({str(label) for label in leaves.values()} - set(labels)):
            raise UserError(f"{path}: {', '.join(strange)}: none of the labels {', '.join(labels)}")
        return cls({"labels": labels, "leaves": leaves}, lexicon)

    def of(self, found: Classified) -> str:
        """The label of a result: by the group whose terms found weigh most, where it is named."""
        leaf = found.category
        if leaf in self._whole:
            return self._leaves[leaf]
        weights: defaultdict[str, float] = defaultdict(float)
        for text in found.terms:
            group, weight = self._terms[leaf, text]
            weights[group] += weight
        heaviest = max(weights, key=lambda name: weights[name], default="")
        return self._leaves.get(f"{leaf}/{heaviest}", self._leaves[leaf])
