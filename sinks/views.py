"""Dictionaries and views that readers use: made anew each time the schema is applied.

They hold no rows, so unlike tables they need no migrations: sinks/schema/views has them as
they are now. In their text {zone}, {database}, {login} and {counties} stand for what is set,
and {place} and {matter} for the columns of names that most of them have.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Final, NamedTuple

from sinks.statements import statements

# Views read with the rights of whoever made them: readers need no right to the tables.
_OWN_RIGHTS: Final = "DEFINER = CURRENT_USER SQL SECURITY DEFINER"

_PLACE_COLUMNS: Final = """\
county LowCardinality(String) COMMENT 'GB/T 2260 county code',
    county_name String COMMENT 'name of the county',
    city String COMMENT 'code of its city: four digits and 00',
    city_name String COMMENT 'name of its city; of the municipality or province where it is in none'"""
_PLACE: Final = """\
county,
    dictGet('{database}.county', 'name', county) AS county_name,
    dictGet('{database}.county', 'city', county) AS city,
    dictGet('{database}.county', 'city_name', county) AS city_name"""
_MATTER_COLUMNS: Final = """\
category LowCardinality(String) COMMENT 'taxonomy leaf; S99 is outside the taxonomy',
    category_name String COMMENT 'its Chinese name',
    family String COMMENT 'D: civil disputes, the official eighteen kinds; S: public services; empty outside both'"""
_MATTER: Final = """\
category,
    dictGet('{database}.category', 'name', category) AS category_name,
    dictGet('{database}.category', 'family', category) AS family"""


class Made(NamedTuple):
    """For whom the views are made.

    zone: of days. user, password: with which dictionaries read their tables; without
    a user, as nobody in particular. counties: codes or prefixes of those that must
    report; empty: those that did in the 7 days before.
    """

    zone: str = "Asia/Shanghai"
    database: str = "default"
    user: str = ""
    password: str = ""
    counties: str = ""


def shipped() -> list[tuple[str, str]]:
    """(file name, text) of the views of this version, in the order in which they are made."""
    found = [
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in (files("sinks") / "schema" / "views").iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found)


def made(by: Made) -> Iterator[str]:
    """Every statement, as it is run.

    >>> first = next(made(Made(database="huishang", user="me", password="it's")))
    >>> first.splitlines()[0]
    'CREATE OR REPLACE DICTIONARY huishang.county'
    >>> "USER 'me' PASSWORD 'it\\\\'s' QUERY" in first
    True
    """
    for _, text in shipped():
        for statement in statements(text):
            yield filled(statement, by)


def filled(statement: str, by: Made) -> str:
    """A statement with what stands for something replaced by it."""
    prefixes = [prefix for prefix in by.counties.split(",") if prefix]
    for name, text in (
        ("{place columns}", _PLACE_COLUMNS),
        ("{matter columns}", _MATTER_COLUMNS),
        ("{place}", _PLACE),
        ("{matter}", _MATTER),
        ("{own rights}", _OWN_RIGHTS),
        ("{login}", _login(by)),
        ("{zone}", by.zone),
        ("{database}", by.database),
        ("{counties}", "[" + ", ".join(map(quoted, prefixes)) + "]"),
    ):
        statement = statement.replace(name, text)
    return statement


def quoted(text: str) -> str:
    """As a string in SQL.

    >>> print(quoted("it's"))
    'it\\'s'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _login(by: Made) -> str:
    if not by.user:
        return ""
    return f"USER {quoted(by.user)} PASSWORD {quoted(by.password)} "
