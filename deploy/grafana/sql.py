"""Pieces of the boards' SQL: what the variables leave, days and spans.

Boards read the views of sinks/schema/views, which have names, zones and definitions. Totals are
summed before anything is divided. Spans are of whole hours: an hour counts where it begins. Text
that came in is never asked for: no excerpt, preview, note or body.
"""

from textwrap import dedent
from typing import Final

# Of the duty rooms, as HUISHANG_TIMEZONE has it; another one: change it here and run `make boards`.
ZONE: Final = "Asia/Shanghai"

# What the variables city and county, and category, leave.
PLACES: Final = (
    "$__conditionalAll(city IN (${city:singlequote}), $city)"
    " AND $__conditionalAll(county IN (${county:singlequote}), $county)"
)
KINDS: Final = "$__conditionalAll(category IN (${category:singlequote}), $category)"
# The span as long as the time range and just before it begins here.
BEFORE: Final = "($__fromTime - ($__toTime - $__fromTime))"
FIRST_DAY: Final = f"toDate($__fromTime, '{ZONE}')"
LAST_DAY: Final = f"toDate($__toTime, '{ZONE}')"
DAYS: Final = f"day >= {FIRST_DAY} AND day <= {LAST_DAY}"


def midnight(day: str = "day") -> str:
    """A local day as a moment, for an axis of time."""
    return f"toDateTime({day}, '{ZONE}')"


def place() -> str:
    """A county by city and name: there are four 鼓楼区."""
    return "concat(city_name, county_name)"


def matter() -> str:
    """A category by code and name."""
    return "concat(category, ' ', category_name)"


def sql(text: str) -> str:
    """A statement as it is written among Python, without its margin."""
    return dedent(text).strip()
