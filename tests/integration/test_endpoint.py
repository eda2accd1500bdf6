"""The read-only endpoint, as clickhouse-connect, curl and an attacker see it."""

import gzip
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.httputil import get_pool_manager

from sinks import migrate
from sinks.endpoint import application
from sinks.rows import rows_of_totals
from sinks.store import Store, embedded_dsn
from streams.errors import Fatal
from streams.totals import CountRow
from tests.stores import HOUR, NOW, serving, totals


class Served(NamedTuple):
    """A store with 7 reports in one hour, and the endpoint over it."""

    store: Store
    port: int


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("data")
    with Store.open(embedded_dsn(folder / "store")) as store:
        migrate.apply(store, NOW)
        rows = rows_of_totals(totals(1, CountRow("620702", "D01", "phone", HOUR, 0, 7)))
        store.insert("counts", rows["counts"])
        with serving(lambda: application(store)) as port:
            yield Served(store, port)


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=served.port, pool_mgr=get_pool_manager()
    )
    yield client
    client.close()


def ask(
    served: Served, path: str = "/", *, data: bytes | None = None, accept: str = "", **given: str
) -> Reply:
    query = f"?{urllib.parse.urlencode(given)}" if given else ""
    request = urllib.request.Request(f"http://127.0.0.1:{served.port}{path}{query}", data)
    if accept:
        request.add_header("Accept-Encoding", accept)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as reply:
            return Reply(reply.status, reply.read(), dict(reply.headers))
    except urllib.error.HTTPError as refused:
        with refused:
            return Reply(refused.code, refused.read(), dict(refused.headers))


def run_curl(*arguments: str) -> str:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    ran = subprocess.run(
        [curl, "--silent", "--show-error", "--noproxy", "*", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ran.stdout


def test_the_driver_reads_rows_with_types(client: Client) -> None:
    found = client.query("SELECT county, hour, n, [n] AS history FROM counts FINAL")
    assert found.column_names == ("county", "hour", "n", "history")
    hour = datetime.fromtimestamp(HOUR * 3_600, UTC).replace(tzinfo=None)
    assert found.result_rows == [("620702", hour, 7, [7])]
    assert found.summary["read_rows"] == "1"


def test_the_driver_binds_parameters_on_the_server(client: Client) -> None:
    found = client.query(
        "SELECT name FROM counties FINAL WHERE code IN {codes:Array(String)} OR name = {name:String}"
        " ORDER BY code",
        parameters={"codes": ["620702"], "name": "山丹县"},
    )
    assert found.result_rows == [("甘州区",), ("山丹县",)]
    injected = client.query("SELECT {a:String} AS a", parameters={"a": "'; DROP TABLE counts; --"})
    assert injected.result_rows == [("'; DROP TABLE counts; --",)]


def test_the_driver_streams_frames_and_commands(client: Client) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(200000)") as blocks:
        assert sum(len(block) for block in blocks) == 200_000
    assert client.command("SELECT sum(n) FROM counts FINAL") == 7
    assert client.command("EXISTS TABLE counts") == 1
    assert "counts" in client.command("SHOW TABLES")
    assert client.query("DESCRIBE TABLE counts").first_row[0] == "county"
    assert client.query("SELECT code FROM counties LIMIT 0").column_names == ("code",)
    assert client.raw_query("SELECT 1 AS a", fmt="CSVWithNames") == b'"a"\n1\n'
    assert client.ping()


def test_the_driver_cannot_write(client: Client) -> None:
    with pytest.raises(DatabaseError, match="got INSERT"):
        client.insert("categories", [["X", "x", "x", 1]])
    for sql in ("DROP TABLE counts", "CREATE TABLE x (a Int8) ENGINE = Memory", "SET readonly = 0"):
        with pytest.raises(DatabaseError, match="READONLY") as caught:
            client.command(sql)
        assert caught.value.code == 164
    assert client.command("SELECT sum(n) FROM counts FINAL") == 7


def test_drivers_in_threads_do_not_wait_for_each_other_s_session(served: Served) -> None:
    def work(place: int) -> int:
        client = clickhouse_connect.get_client(
            host="127.0.0.1", port=served.port, pool_mgr=get_pool_manager()
        )
        try:
            return int(client.command(f"SELECT {place} + sum(n) FROM counts FINAL"))
        finally:
            client.close()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == [place + 7 for place in range(8)]


def test_the_sink_s_own_store_reads_over_it(served: Served) -> None:
    with Store.open(f"http://127.0.0.1:{served.port}/default") as store:
        assert store.query("SELECT sum(n) AS n FROM counts FINAL") == [{"n": 7}]
        with pytest.raises(Fatal, match="refuses"):
            store.insert("categories", [("X", "x", "x", 1)])


def test_curl_asks_in_the_address_the_body_or_both(served: Served) -> None:
    address = f"http://127.0.0.1:{served.port}/"
    assert run_curl(f"{address}?query=SELECT+1") == "1\n"
    assert run_curl(address, "--data-binary", "SELECT n FROM counts FINAL") == "7\n"
    assert run_curl(f"{address}?query=SELECT+n+FROM", "--data-binary", "counts FINAL") == "7\n"
    assert run_curl(address, "-F", "query=SELECT {a:UInt8} + 1", "-F", "param_a=4") == "5\n"
    assert run_curl("--compressed", f"{address}?query=SELECT+1&enable_http_compression=1") == "1\n"
    assert json.loads(run_curl(f"{address}?query=SELECT+1+AS+a+FORMAT+JSON"))["data"] == [{"a": 1}]
    assert run_curl(f"{address}ping") == "Ok.\n"
    assert run_curl(address) == "Ok.\n"


def test_headers_say_what_a_server_s_say(served: Served) -> None:
    reply = ask(served, query="SELECT 1 AS a", default_format="JSONEachRow", query_id="q-1")
    assert (reply.status, reply.body) == (200, b'{"a":1}\n')
    assert reply.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert reply.headers["X-ClickHouse-Query-Id"] == "q-1"
    assert reply.headers["X-ClickHouse-Timezone"] == "UTC"
    assert json.loads(reply.headers["X-ClickHouse-Summary"])["read_rows"] == "1"


def test_compression_only_when_asked_for(served: Served) -> None:
    plain = ask(served, query="SELECT 1", accept="gzip")
    assert "Content-Encoding" not in plain.headers
    packed = ask(served, query="SELECT 1", accept="lz4, gzip", enable_http_compression="1")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == b"1\n"
    other = ask(served, query="SELECT 1", accept="lz4", enable_http_compression="1")
    assert "Content-Encoding" not in other.headers
    assert ask(served, query="SELECT 1", compress="1").status == 500


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELECT * FROM nowhere", 404, "60"),
        ("SELECT nothing FROM counts", 404, "47"),
        ("SELECT 1 1", 400, "62"),
        ("SELECT {a:UInt8}", 400, "456"),
        ("SELECT throwIf(1)", 500, "395"),
        ("DROP TABLE counts", 403, "164"),
    ],
)
def test_errors_carry_code_and_name(served: Served, sql: str, status: int, code: str) -> None:
    reply = ask(served, query=sql)
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (status, code)
    assert reply.body.startswith(f"Code: {code}. DB::Exception: ".encode())


def test_settings_pass_when_harmless_and_are_refused_otherwise(served: Served) -> None:
    assert ask(served, query="SELECT 1", max_threads="1", final="1", session_id="s").body == b"1\n"
    for name in ("readonly_", "allow_ddl", "format_schema", "max_memory_usage", "a b"):
        reply = ask(served, query="SELECT 1", **{name: "0"})
        assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "164")
    assert ask(served, query="SELECT getSetting('readonly')", readonly="0").body == b"1\n"
    assert ask(served, query="SELECT 1 SETTINGS max_threads = 1").status == 403


def test_time_and_size_are_limited(served: Served) -> None:
    slow = ask(served, query="SELECT count() FROM numbers(1e13)", max_execution_time="1")
    assert (slow.status, slow.headers["X-ClickHouse-Exception-Code"]) == (408, "159")
    longest = "SELECT getSetting('max_execution_time')"
    for asked in ("0", "99999", "-1", "x"):
        assert ask(served, query=longest, max_execution_time=asked).body == b"30\n"
    large = ask(served, query="SELECT number FROM numbers(3e6)")
    assert large.headers["X-ClickHouse-Exception-Code"] == "396"
    assert ask(served, data=b"SELECT '" + b"a" * 2 * 1024 * 1024 + b"'").status == 413


ATTACKS = [
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM `file`/**/('/etc/passwd', 'LineAsString')",
    "SELECT file('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT count() FROM default.`/etc/passwd`",
    "SELECT * FROM counts, `/etc/passwd`",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
    "SELECT * FROM executable('id', 'CSV', 'a String')",
    "SELECT 1 INTO OUTFILE '{out}'",
    "SELECT 1 INTO/**/OUTFILE '{out}' FORMAT CSV",
    "INSERT INTO FUNCTION file('{out}') SELECT 1",
    "SELECT 1; DROP TABLE counts",
    "SELECT 1 /*';*/ ; DROP TABLE counts -- '",
    "SELECT 'a' -- '\n; DROP TABLE counts",
    "WITH x AS (SELECT 1) INSERT INTO counts (n) SELECT 1",
    "EXPLAIN PIPELINE INSERT INTO counts (n) SELECT 1",
    "SELECT 1 PARALLEL WITH DROP TABLE counts",
    "SELECT * FROM system.users",
    "SELECT * FROM system.processes",
    "SHOW GRANTS",
    "CREATE TEMPORARY TABLE x (a Int8) ENGINE = Memory",
    "SET readonly = 0",
    "DETACH TABLE counts",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 FORMAT Native SETTINGS readonly = 0",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_attacks_get_an_error_and_change_nothing(
    served: Served, sql: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.getbasetemp() / "written-by-an-attack"
    for reply in (
        ask(served, query=sql.format(out=out)),
        ask(served, data=sql.format(out=out).encode()),
        ask(served, query=sql.format(out=out), database="default", readonly="0"),
    ):
        assert reply.status >= 400
        assert b"root:" not in reply.body
    assert not out.exists()
    assert ask(served, query="SELECT sum(n) FROM counts FINAL").body == b"7\n"


def test_the_engine_refuses_writes_even_if_the_check_were_fooled(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.engine.checked", lambda sql, _: sql)
    for sql in ("DROP TABLE counts", "INSERT INTO counts (n) VALUES (1)", "SET readonly = 0"):
        assert ask(served, query=sql).headers["X-ClickHouse-Exception-Code"] == "164"
    assert ask(served, query="SELECT count() FROM `/etc/passwd`").status == 403
    assert ask(served, query="SELECT sum(n) FROM counts FINAL").body == b"7\n"


def test_the_engine_s_own_tables_are_not_a_database_to_choose(served: Served) -> None:
    for database in ("system", "SYSTEM", "x`; DROP TABLE counts", "../x"):
        assert ask(served, query="SELECT * FROM users", database=database).status == 404


def test_an_endpoint_needs_an_embedded_store(served: Served) -> None:
    with (
        Store.open(f"http://127.0.0.1:{served.port}/default") as remote,
        pytest.raises(Fatal, match="HTTP endpoint of its own"),
    ):
        application(remote)


def test_get_writes_nothing_even_where_writing_is_allowed(served: Served) -> None:
    with serving(lambda: application(served.store, writable=True)) as port:
        writable = Served(served.store, port)
        assert ask(writable, query="CREATE TABLE x (a Int8) ENGINE = Memory").status == 403
        made = ask(writable, data=b"CREATE TABLE x (a Int8) ENGINE = Memory")
        filled = ask(writable, query="INSERT INTO x FORMAT CSV", data=b"1\n2\n")
        assert (made.status, filled.status) == (200, 200)
        assert ask(writable, query="SELECT sum(a) FROM x").body == b"3\n"
        assert ask(writable, data=b"DROP TABLE x").status == 200
