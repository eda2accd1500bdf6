"""The seven labels of the mailbox data against which the lexicon is measured: a leaf's label."""

from pathlib import Path
from typing import Any, Self

import yaml

from agents.classify import Classified
from agents.lexicon import MAILBOX7_FILE, SHIPPED
from streams.categories import CATEGORIES
from streams.errors import UserError


class Mailbox7:
    """Maps what the classifier found to a label: by the leaf, or by a group of its terms.

    >>> from agents.classify import Classifier
    >>> classifier = Classifier.load()
    >>> labels = Mailbox7.load()
    >>> labels.of(classifier.classify("", "包工头拖欠工资三个月不给"))
    '劳动和社会保障'
    """

    def __init__(self, table: dict[str, Any]) -> None:
        self.labels: tuple[str, ...] = tuple(table["labels"])
        self._leaves: dict[str, str] = table["leaves"]

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
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
        return cls({"labels": labels, "leaves": leaves})

    def of(self, found: Classified) -> str:
        """The label of a result: by its group, where the table names that, else by the leaf."""
        leaf = found.category
        return self._leaves.get(f"{leaf}/{found.group}", self._leaves[leaf])
