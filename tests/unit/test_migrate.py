"""Migrations: in order, unchanged once applied, harmless to repeat."""

import re

import pytest

from sinks import views
from sinks.migrate import Migration, due, ordered, shipped
from sinks.statements import statements
from streams.errors import Fatal

ONE = Migration(1, "0001_a.sql", "CREATE TABLE a;")
TWO = Migration(2, "0002_b.sql", "CREATE TABLE b;")


def test_what_is_applied_is_not_due() -> None:
    assert due([ONE, TWO], {}) == [ONE, TWO]
    assert due([ONE, TWO], {1: ONE.sha256}) == [TWO]
    assert due([ONE, TWO], {1: ONE.sha256, 2: TWO.sha256}) == []


def test_a_changed_migration_is_refused_by_name() -> None:
    changed = ONE._replace(text="CREATE TABLE other;")
    with pytest.raises(Fatal, match=r"0001_a\.sql changed after it was applied"):
        due([changed, TWO], {1: ONE.sha256})


def test_a_store_of_a_newer_version_is_refused() -> None:
    with pytest.raises(Fatal, match="migration 0002, which this version does not know"):
        due([ONE], {1: ONE.sha256, 2: TWO.sha256})


@pytest.mark.parametrize(
    "names",
    [("0001_a.sql", "0003_c.sql"), ("0002_b.sql",), ("0001_a.sql", "0001_b.sql")],
)
def test_numbers_without_gaps_or_twins(names: tuple[str, ...]) -> None:
    with pytest.raises(Fatal, match="without gaps"):
        ordered((name, "") for name in names)


def test_other_files_of_the_folder_are_no_migrations() -> None:
    assert ordered([("0001_a.sql", ""), ("__init__.py", ""), ("notes.sql", "")]) == [
        Migration(1, "0001_a.sql", "")
    ]


def test_semicolons_and_dashes_inside_a_line_do_not_split() -> None:
    text = "CREATE TABLE a\n(\n  b String COMMENT 'x; y -- z'\n);  \n-- over;\nCREATE TABLE c;"
    assert statements(text) == [
        "CREATE TABLE a\n(\n  b String COMMENT 'x; y -- z'\n)",
        "CREATE TABLE c",
    ]


@pytest.mark.parametrize("migration", shipped(), ids=lambda migration: migration.name)
def test_every_shipped_statement_can_be_repeated_and_defines_its_columns(
    migration: Migration,
) -> None:
    found = statements(migration.text)
    assert found
    for statement in found:
        if re.fullmatch(
            r"ALTER TABLE \w+ (COMMENT COLUMN `?\w+`? '[^']+'|MODIFY COMMENT '([^']|'')+'"
            r"|RENAME COLUMN IF EXISTS \w+ TO \w+)",
            statement,
        ):
            continue
        if statement.startswith("ALTER TABLE"):
            added = statement.split("\n")[1:]
            assert added
            assert all(
                re.match(
                    r"    ADD COLUMN IF NOT EXISTS `?\w+`? .* COMMENT '[^']+' AFTER `?\w+`?,?$",
                    line,
                )
                for line in added
            )
            continue
        assert re.match(r"CREATE (TABLE|VIEW) IF NOT EXISTS \w+\n\(", statement)
        columns = statement.split("\n(\n", 1)[1].split("\n)\n", 1)[0].splitlines()
        assert [line for line in columns if " COMMENT '" not in line] == []
        if statement.startswith("CREATE TABLE"):
            # A repeated token with other rows would lose them.
            assert "SETTINGS non_replicated_deduplication_window = 0" in statement
            assert "ReplacingMergeTree(version)" in statement


@pytest.mark.parametrize(("name", "text"), views.shipped(), ids=lambda given: given[:12])
def test_every_view_can_be_made_again_says_what_it_is_and_defines_its_columns(
    name: str, text: str
) -> None:
    assert re.match(r"\d\d_\w+\.sql$", name)
    for statement in statements(text):
        assert re.match(
            r"CREATE OR REPLACE (VIEW \w+|DICTIONARY \{database\}\.\w+)\n\(\n", statement
        )
        assert re.search(r"\nCOMMENT '[^']+'$", statement)
        if " VIEW " in statement:
            assert "\n)\n{own rights}\nAS " in statement
            columns = statement.split("\n(\n", 1)[1].split("\n)\n", 1)[0].splitlines()
            named = [line for line in columns if "{" not in line.split("COMMENT")[0]]
            assert [
                line for line in named if " COMMENT '" not in line and "'{zone}'" not in line
            ] == []
        filled = views.filled(statement, views.Made(counties="6207,620402"))
        assert "{" not in filled


def test_text_that_stays_leaves_after_thirty_days() -> None:
    text = "".join(migration.text for migration in shipped())
    kept = re.findall(r"^ +(\w+) String TTL .* \+ INTERVAL 30 DAY ", text, re.M)
    assert kept == ["excerpt", "preview", "excerpt"]
