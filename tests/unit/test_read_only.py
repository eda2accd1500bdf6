"""What others may run on the embedded store, and every way round it we could think of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.read_only import LENGTH_LIMIT, Refused, checked, rendered, tokenized

# As chDB 26.9 lists them, as far as the tests use them.
TABLE_FUNCTIONS = frozenset(
    {"arrowstream", "cluster", "dictionary", "eval", "executable", "file", "format", "input"}
    | {"jdbc", "loop", "merge", "mysql", "null", "numbers", "odbc", "postgresql", "python"}
    | {"redis", "remote", "s3", "sqlite", "url", "values", "view", "viewexplain", "zeros"}
)

ALLOWED = [
    "SELECT 1",
    "select 1;",
    " \n select 1 ; ; ",
    "/* who asks */ SELECT 1 -- for what",
    "SELECT 1 # why",
    "SELECT county, sum(n) FROM counts FINAL WHERE county = '620702' GROUP BY county FORMAT JSON",
    "WITH 1 AS x SELECT x",
    "WITH t AS (SELECT 1 AS a) SELECT * FROM t",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT 'DROP TABLE counts; INSERT INTO x', 'file(''a'')', 'it\\'s; -- no comment'",
    "SELECT $tag$ ; DROP TABLE counts $tag$",
    'SELECT \'system.users\', "n" AS `总数`, 1 AS "a;b" FROM counts',
    "SELECT {code:String}, {codes:Array(String)}, {a: Nullable(UInt8)}",
    "SELECT a[1], t.1, t.a.b, x::String, 1.5e-3, 0xFF, -1, NOT a, b ? 1 : 2, x -> x + 1",
    "SELECT count() FROM numbers(10) AS a, zeros(3) AS b",
    "SELECT format('{} {}', 'a', 'b'), value FROM system.settings",
    "SELECT * FROM `system`.`columns` WHERE database = currentDatabase()",
    "SELECT system, users FROM (SELECT 1 AS system, 2 AS users)",
    "SELECT file, url FROM (SELECT 1 AS file, 2 AS url)",
    "SHOW TABLES",
    "SHOW TABLES FROM default LIKE '%a%'",
    "SHOW DATABASES",
    "SHOW CREATE TABLE counts",
    "SHOW FULL COLUMNS FROM counts",
    "DESCRIBE TABLE counts",
    "DESC counts",
    "DESCRIBE (SELECT 1)",
    "EXISTS TABLE counts",
    "EXISTS counts",
    "EXPLAIN SELECT 1",
    "EXPLAIN PLAN header = 1, actions = 1 SELECT 1",
    "EXPLAIN QUERY TREE WITH 1 AS a SELECT a",
    "SELECT '未完 /* 不是注释'",
    "SELECT inserted, dropped, outfiles FROM t",
]

REFUSED = {
    "": "empty",
    "  -- nothing\n": "empty",
    "/* nothing */ ;": "empty",
    "INSERT INTO counts VALUES (1)": "got INSERT",
    "insert into counts format Native \x00\x01": "got insert",
    "/**/ INSERT INTO counts VALUES (1)": "got INSERT",
    "ALTER TABLE counts DELETE WHERE 1": "got ALTER",
    "CREATE TABLE x (a Int8) ENGINE = Memory": "got CREATE",
    "CREATE FUNCTION f AS x -> x": "got CREATE",
    "ATTACH TABLE x": "got ATTACH",
    "DETACH TABLE counts": "got DETACH",
    "DROP TABLE counts": "got DROP",
    "TRUNCATE TABLE counts": "got TRUNCATE",
    "RENAME TABLE counts TO x": "got RENAME",
    "OPTIMIZE TABLE counts": "got OPTIMIZE",
    "SET readonly = 0": "got SET",
    "USE system": "got USE",
    "SYSTEM SHUTDOWN": "got SYSTEM",
    "KILL QUERY WHERE 1": "got KILL",
    "GRANT ALL ON *.* TO x": "got GRANT",
    "BACKUP TABLE counts TO Disk('a', 'b')": "got BACKUP",
    "CHECK TABLE counts": "got CHECK",
    "WATCH counts": "got WATCH",
    "VALUES (1)": "got VALUES",
    "FROM counts SELECT n": "got FROM",
    "`SELECT` 1": "got `SELECT`",
    "'SELECT' 1": "got 'SELECT'",
    "(1)": "without SELECT",
    # Several statements.
    "SELECT 1; DROP TABLE counts": "several statements",
    "SELECT 1;SELECT 2": "several statements",
    "SELECT 'a'';'; DROP TABLE counts; --'": "several statements",
    "SELECT 'a\\'; DROP TABLE counts; --'": None,  # one string: allowed, see below
    "SELECT 1 /* */ ; /* */ DROP TABLE counts": "several statements",
    "SELECT $a$ $a$; DROP TABLE counts --$a$": "several statements",
    # Files, networks, processes.
    "SELECT * FROM file('/etc/passwd', 'LineAsString')": r"got file\(",
    "SELECT * FROM FILE('/etc/passwd')": r"got FILE\(",
    "SELECT * FROM `file`('/etc/passwd')": r"got file\(",
    "SELECT * FROM \"fi\\le\"('/etc/passwd')": r"got file\(",
    "SELECT * FROM file/* */\n('/etc/passwd')": r"got file\(",
    "SELECT * FROM file -- x\n ('/etc/passwd')": r"got file\(",
    "SELECT file('/etc/passwd')": r"got file\(",
    "DESCRIBE TABLE file('/etc/passwd')": r"got file\(",
    "DESCRIBE url('http://127.0.0.1/')": r"got url\(",
    "EXPLAIN SELECT * FROM url('http://127.0.0.1/')": r"got url\(",
    "SELECT 1 WHERE 1 IN (SELECT * FROM s3('a'))": r"got s3\(",
    "WITH t AS (SELECT * FROM remote('h', 'system.users')) SELECT * FROM t": r"got remote\(",
    "SELECT * FROM view(SELECT * FROM executable('x', 'CSV', 'a String'))": r"got executable\(",
    "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')": r"got mysql\(",
    "SELECT * FROM postgresql('h', 'd', 't', 'u', 'p')": r"got postgresql\(",
    "SELECT * FROM jdbc('a', 'b', 'c')": r"got jdbc\(",
    "SELECT * FROM input('a Int8')": r"got input\(",
    "SELECT * FROM python(os)": r"got python\(",
    "SELECT * FROM Python(os)": r"got Python\(",
    "SELECT * FROM merge('system', '.*')": r"got merge\(",
    "SELECT * FROM loop(counts)": r"got loop\(",
    "SELECT catboostEvaluate('/a', 1)": "got catboostEvaluate",
    "SELECT aiGenerate('a')": "got aiGenerate",
    "SELECT showCertificate()": "got showCertificate",
    "SELECT 1 INTO OUTFILE '/tmp/x'": "OUTFILE",
    "SELECT 1 INTO /* */ OUTFILE '/tmp/x' FORMAT CSV": "OUTFILE",
    "SELECT * FROM '/etc/passwd'": "not a string",
    "SELECT * FROM `/etc/passwd`": "a table's name",
    'SELECT * FROM default."secret.csv"': "a table's name",
    "SELECT * FROM counts JOIN `../x` ON 1": "a table's name",
    "EXISTS TABLE `/etc/shadow`": "a table's name",
    "DESC `x.parquet`": "a table's name",
    # What others do or own.
    "SELECT * FROM system.users": r"got system\.users",
    "SELECT * FROM system.processes": r"got system\.processes",
    "SELECT * FROM system.query_log": r"got system\.query_log",
    "SELECT * FROM system /**/ . /**/ named_collections": r"got system\.named_collections",
    'SELECT * FROM `system`."user_directories"': r"got system\.user_directories",
    "SELECT * FROM `\\system`.server_settings": r"got system\.server_settings",
    "SELECT 1 WHERE 1 IN system.certificates": r"got system\.certificates",
    "DESCRIBE TABLE system.stack_trace": r"got system\.stack_trace",
    "SELECT * FROM {t:Identifier}": "Identifier",
    "SELECT * FROM {d : Identifier}.users": "Identifier",
    "SHOW GRANTS": "got SHOW GRANTS",
    "SHOW PROCESSLIST": "got SHOW PROCESSLIST",
    "SHOW FULL PROCESSLIST": "got SHOW FULL PROCESSLIST",
    "SHOW USERS": "got SHOW USERS",
    "SHOW ACCESS": "got SHOW ACCESS",
    "SHOW CREATE USER x": "got SHOW CREATE USER",
    "EXPLAIN DROP TABLE counts": "EXPLAIN of something else",
    "EXPLAIN AST DROP TABLE counts": "EXPLAIN of something else",
    "EXPLAIN": "EXPLAIN of something else",
    # What two lexers could read in two ways.
    "SELECT 'open": "quotes left open",
    "SELECT `open": "quotes left open",
    "SELECT $a$ open": "outside quotes",
    "SELECT 1 /* open": "left open",
    "SELECT 1 /* a /* b */ ; DROP TABLE counts": "left open",
    "SELECT “1”": "outside quotes",
    "SELECT 数量 FROM counts": "outside quotes",
    "SELECT 1 \x00": "outside quotes",
    "SELECT 1 — comment": "outside quotes",
}


@pytest.mark.parametrize("sql", ALLOWED)
def test_reading_is_allowed_and_strings_stay_as_written(sql: str) -> None:
    run = checked(sql, TABLE_FUNCTIONS)
    strings = re.findall(r"'[^']*'", re.sub(r"/\*.*?\*/", "", sql))
    assert all(string in run for string in strings)
    assert checked(run, TABLE_FUNCTIONS) == run


@pytest.mark.parametrize(("sql", "why"), [pair for pair in REFUSED.items() if pair[1]])
def test_anything_else_is_refused_with_its_reason(sql: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        checked(sql, TABLE_FUNCTIONS)


def test_a_statement_that_is_all_string_is_just_a_string() -> None:
    sql = "SELECT 'a\\'; DROP TABLE counts; --'"
    assert checked(sql, TABLE_FUNCTIONS) == sql


def test_comments_never_reach_the_engine() -> None:
    sql = "SELECT/**/1--x\n+/* /* ; */ DROP */2 # y\n, '/* stays */' #! z"
    assert checked(sql, TABLE_FUNCTIONS) == "SELECT 1 + 2 , '/* stays */'"


def test_length_is_limited() -> None:
    with pytest.raises(Refused, match="262144 at most"):
        checked("SELECT '" + "a" * LENGTH_LIMIT + "'", TABLE_FUNCTIONS)


GAP = st.lists(
    st.sampled_from([" ", "\n", "\t", "/**/", "/* ' */", '/* ; /* " */ */', "-- '\n", "# `\n"]),
    min_size=1,
    max_size=3,
).map("".join)


@given(st.data(), st.sampled_from([sql for sql, why in REFUSED.items() if why and "got" in why]))
def test_no_comment_or_space_hides_what_is_refused(data: st.DataObject, sql: str) -> None:
    try:
        tokens = tokenized(sql)
    except Refused:
        return
    hidden = "".join(data.draw(GAP) + token.text for token in tokens)
    with pytest.raises(Refused):
        checked(hidden, TABLE_FUNCTIONS)


@given(st.text(alphabet="aS'\"`\\;-/*#$ \n(){}.:1数", max_size=40))
def test_what_is_rendered_reads_as_the_same_tokens(sql: str) -> None:
    try:
        tokens = tokenized(sql)
    except Refused:
        return
    again = tokenized(rendered(tokens))
    assert [token.text for token in again] == [token.text for token in tokens]
