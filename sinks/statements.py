"""Splits a file of SQL into its statements."""

import re


def statements(text: str) -> list[str]:
    """Each ends with a semicolon at the end of a line.

    Comment lines go; a semicolon inside a line is left alone.

    >>> statements("-- why\\nCREATE TABLE a;\\n\\nSELECT ';' AS b\\nFROM a;\\n")
    ['CREATE TABLE a', "SELECT ';' AS b\\nFROM a"]
    """
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    parts = re.split(r";[ \t]*(?:\n|$)", "\n".join(lines))
    return [part.strip() for part in parts if part.strip()]
