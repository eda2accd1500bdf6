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


def covers(scope: Sequence[str], county: str) -> bool:
    """IN_COUNTIES of a row that is at hand: whether a county or city is within these prefixes.

    What concerns the whole deployment is for those who see all.

    >>> covers(("6207",), "620702"), covers(("620702",), "620700"), covers((), "000000")
    (True, False, True)
    """
    return not scope or county.startswith(tuple(scope))
