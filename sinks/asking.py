"""Conditions of a query, of those that were asked for."""

from collections.abc import Sequence
from typing import Any, Final

IN_COUNTIES: Final = "arrayExists(code -> startsWith(county, code), {counties:Array(String)})"


def where(conditions: Sequence[tuple[str, str, Any]]) -> tuple[str, dict[str, Any]]:
    """Conditions whose value was given, and the values that the server binds.

    conditions: (SQL, name of its parameter or "", value); none, False and empty lists are not given.

    >>> where([("n > {least:UInt32}", "least", 3), ("flagged > 0", "", False)])
    ('(n > {least:UInt32})', {'least': 3})
    >>> where([])
    ('1', {})
    """
    given = [one for one in conditions if one[2] not in (None, False, [])]
    joined = " AND ".join(f"({condition})" for condition, _, _ in given) or "1"
    return joined, {name: value for _, name, value in given if name}
