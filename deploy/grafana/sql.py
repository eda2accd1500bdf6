"""Pieces of the boards' SQL: what the variables leave, periods, names, zones.

Totals are read FINAL and summed over pieces. Periods are of whole hours: an hour counts where it
begins. Text that came in is never asked for: no excerpt, preview, note or body.
"""

from textwrap import dedent
from typing import Final

# Of the duty rooms; another one: change it here and run `make boards`.
ZONE: Final = "Asia/Shanghai"

_CITY: Final = "left(code, 4) IN (${city:singlequote})"


def picked(column: str = "county") -> str:
    """The condition on a county's column that the variables city and county ask for."""
    return (
        f"$__conditionalAll({column} IN (SELECT code FROM counties WHERE {_CITY}), $city)"
        f" AND $__conditionalAll({column} IN (${{county:singlequote}}), $county)"
    )


def of_category(column: str = "category") -> str:
    """The condition on a category's column that the variable category asks for."""
    return f"$__conditionalAll({column} IN (${{category:singlequote}}), $category)"


PICKED: Final = picked()
OF_CATEGORY: Final = of_category()
BOTH: Final = f"{PICKED}\n  AND {OF_CATEGORY}"
# Length of the time range, in seconds; and what is as long before it.
SPAN_S: Final = "($__toTime - $__fromTime)"
BEFORE: Final = f"($__fromTime - {SPAN_S})"

PLACES: Final = "(SELECT code, name, latitude, longitude, population_2020 FROM counties FINAL)"
KINDS: Final = "(SELECT code, concat(code, ' ', name) AS kind FROM categories FINAL)"
LOCAL_DAY: Final = f"toDate($__toTime, '{ZONE}')"
FIRST_LOCAL_DAY: Final = f"toDate($__fromTime, '{ZONE}')"
DAYS: Final = f"day >= {FIRST_LOCAL_DAY} AND day <= {LOCAL_DAY}"


def midnight(day: str = "day") -> str:
    """A local day as a moment, for an axis of time."""
    return f"toDateTime({day}, '{ZONE}')"


def level_name(column: str = "level") -> str:
    """Level of an alert in words."""
    return f"transform({column}, [1, 2, 3, 4], ['1 红 red', '2 橙 orange', '3 黄 yellow', '4 蓝 blue'], '')"


def sql(text: str) -> str:
    """A statement as it is written among Python, without its margin."""
    return dedent(text).strip()
