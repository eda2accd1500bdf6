"""The taxonomy: 32 leaves and S99, outside it.

D01–D18 are the official eighteen kinds of civil dispute; S01–S14 are public
services, ours to refine. No leaf is political, religious or ethnic.
"""

import csv
from importlib.resources import files
from typing import NamedTuple, NewType

CategoryCode = NewType("CategoryCode", str)

OUTSIDE = CategoryCode("S99")


class Category(NamedTuple):
    """One leaf: its code, Chinese name and English gloss."""

    code: CategoryCode
    name: str
    english: str


def _load() -> dict[str, Category]:
    with (files("streams") / "data" / "categories.csv").open(encoding="utf-8") as lines:
        return {
            CategoryCode(row["code"]): Category(
                CategoryCode(row["code"]), row["name"], row["english"]
            )
            for row in csv.DictReader(lines)
        }


CATEGORIES = _load()
