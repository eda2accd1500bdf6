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
_SPAN_S: Final = "($__toTime - $__fromTime)"
# From here on whole days are read instead of hours: a tenth of the rows.
LONG_DAYS: Final = 10
_IS_LONG: Final = f"{_SPAN_S} > {LONG_DAYS * 86_400}"
_NEVER_S: Final = 4_102_444_800  # 2100
# Where the time range begins, in hours or days; and the span as long as it and just before it.
START: Final = f"if({_IS_LONG}, toStartOfDay($__fromTime, '{ZONE}'), $__fromTime)"
BEFORE: Final = f"($__fromTime - {_SPAN_S})"
FIRST_DAY: Final = f"toDate($__fromTime, '{ZONE}')"
LAST_DAY: Final = f"toDate($__toTime, '{ZONE}')"
DAYS: Final = f"day >= {FIRST_DAY} AND day <= {LAST_DAY}"


def counted(since: str) -> str:
    """What the variables leave of the counts from `since` to the range's end, as a table to select from.

    By hour; of a range longer than LONG_DAYS by local day, `hour` being its midnight. The other
    half is asked for the year 2100, so that nothing of its table is read: a condition that is
    false would not reach the table through its view.
    """
    figures = "n, red, orange"
    first, last = f"toDate({since}, '{ZONE}')", LAST_DAY
    return f"""(
        SELECT county, category, hour, {figures} FROM count_hours
        WHERE hour >= if({_IS_LONG}, toDateTime({_NEVER_S}), {since})
          AND hour <= if({_IS_LONG}, toDateTime({_NEVER_S}), $__toTime)
          AND {PLACES}
          AND {KINDS}
        UNION ALL
        SELECT county, category, {midnight()} AS hour, {figures} FROM category_days
        WHERE day >= if({_IS_LONG}, {first}, toDate({_NEVER_S}))
          AND day <= if({_IS_LONG}, {last}, toDate({_NEVER_S}))
          AND {PLACES}
          AND {KINDS}
    )"""


def midnight(day: str = "day") -> str:
    """A local day as a moment, for an axis of time."""
    return f"toDateTime({day}, '{ZONE}')"


def name(code: str = "county") -> str:
    """Name of a county. Of a group's key, so it is looked up once a group and not once a row."""
    return f"dictGet('county', 'name', {code})"


def place(code: str = "county") -> str:
    """A county by city and name: there are four 鼓楼区."""
    return f"concat(dictGet('county', 'city_name', {code}), {name(code)})"


def matter(code: str = "category") -> str:
    """A category by code and name."""
    return f"concat({code}, ' ', dictGet('category', 'name', {code}))"


def sql(text: str) -> str:
    """A statement as it is written among Python, without its margin."""
    return dedent(text).strip()
