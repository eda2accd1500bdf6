"""The store behaves the same in this process and over HTTP: upserts, reads, errors."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from sinks import migrate
from sinks.accounts import Account, Chosen, account, counts, reports
from sinks.endpoint import application
from sinks.rows import row_of_alert, row_of_dead_letter, row_of_digest, rows_of_totals
from sinks.store import Store, dsn_for_reading, embedded_dsn
from streams.errors import Fatal, SinkBusy
from streams.settings import load
from streams.totals import CountRow, LedgerRow
from tests.stores import DAY, HOUR, NOW, alert, dead_letter, digest, serving, totals
from tests.waiting import free_port

TABLES = ("counts", "ledger", "alerts", "digests", "dead_letters")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One engine for all tests here: a process has one at a time, and it takes a second."""
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("data") / "store")) as store:
        migrate.apply(store, NOW)
        yield store


@pytest.fixture(scope="module")
def port(embedded: Store) -> Iterator[int]:
    """A ClickHouse server, as far as the sink can tell."""
    with serving(lambda: application(embedded, writable=True)) as port:
        yield port


@pytest.fixture(params=["chdb", "http"])
def store(request: pytest.FixtureRequest, embedded: Store) -> Iterator[Store]:
    for table in TABLES:
        embedded.command(f"TRUNCATE TABLE {table}")
    if request.param == "chdb":
        yield embedded
        return
    address = f"http://huishang:secret@127.0.0.1:{request.getfixturevalue('port')}/default"
    with Store.open(address) as over_http:
        yield over_http


def put(store: Store, version: int, *rows: CountRow | LedgerRow) -> None:
    for table, filled in rows_of_totals(totals(version, *rows)).items():
        store.insert(table, filled)


def count(n: int, *, piece: int = 0, hours_ago: int = 0, county: str = "620702") -> CountRow:
    return CountRow(county, "D01", "phone", HOUR - hours_ago, piece, n)


def test_repeated_late_and_recut_batches_change_nothing(store: Store) -> None:
    put(store, 1, count(5))
    put(store, 3, count(9), count(2, hours_ago=1))
    put(store, 3, count(9))
    put(store, 2, count(7), count(1, hours_ago=1))
    assert counts(store, ["county"], load().zone) == [{"county": "620702", "count": 11}]


def test_pieces_of_history_are_summed(store: Store) -> None:
    put(store, 1, count(5), count(3, piece=17), count(4, piece=18))
    put(store, 2, count(3, piece=17))
    assert reports(store) == 12


def test_history_spans_years_in_one_insert(store: Store) -> None:
    hours_a_year = 8_766
    put(store, 1, *(count(1, piece=5, hours_ago=hours_a_year * years) for years in range(30)))
    found = counts(store, ["year"], load().zone)
    assert [row["year"] for row in found] == list(range(1997, 2027))


def test_dimensions_are_those_of_the_zone(store: Store) -> None:
    put(store, 1, count(1), count(2, hours_ago=9))
    found = counts(store, ["county", "hour", "day", "month", "year"], load().zone)
    assert [(row["hour"].isoformat(), row["day"], row["count"]) for row in found] == [
        ("2026-03-01T07:00:00+08:00", date(2026, 3, 1), 2),
        ("2026-03-01T16:00:00+08:00", date(2026, 3, 1), 1),
    ]
    assert {(row["month"], row["year"]) for row in found} == {("2026-03", 2026)}


def test_rows_are_chosen_by_county_and_time(store: Store) -> None:
    put(store, 1, count(1), count(2, hours_ago=1), count(4, hours_ago=2), count(8, county="620721"))
    start = datetime.fromtimestamp((HOUR - 1) * 3_600, UTC)
    chosen = Chosen(counties=["620702"], since=start, until=start + timedelta(hours=1))
    assert counts(store, ["county"], load().zone, chosen) == [{"county": "620702", "count": 2}]
    assert reports(store, ["6207"]) == 15


def test_the_account_adds_up_over_days_and_by_source(store: Store) -> None:
    put(
        store,
        4,
        LedgerRow("620702", "hotline-calls", "mailbox", "run-1", DAY, 5, 1),
        LedgerRow("620702", "hotline-calls", "mailbox", "run-1", DAY + 1, 3, 0),
        LedgerRow("620721", "grid-reports", "grid", "", DAY, 10, 2),
    )
    letters = [row_of_dead_letter(dead_letter(offset)) for offset in (1, 2)]
    store.insert("dead_letters", letters)
    store.insert("dead_letters", letters)
    assert account(store) == Account(counted=18, duplicates=3, dead_letters=2)
    assert account(store, Chosen(source="mailbox")).published == 11
    assert account(store, Chosen(runid="")) == Account(10, 2, 0)


def test_what_is_set_aside_of_our_own_records_was_not_published(store: Store) -> None:
    topics = ("t.hotline-calls", "t.reports", "t.counts", "t.alerts", "t.dead-letters")
    letters = [row_of_dead_letter(dead_letter(1, topic=topic)) for topic in topics]
    store.insert("dead_letters", letters)
    assert account(store).dead_letters == 1


def test_the_same_offset_of_another_log_is_another_dead_letter(store: Store) -> None:
    store.insert("dead_letters", [row_of_dead_letter(dead_letter(7, sha256="aa" * 32))])
    store.insert("dead_letters", [row_of_dead_letter(dead_letter(7, sha256="bb" * 32))])
    assert account(store).dead_letters == 2


def test_answers_come_back_as_they_were(store: Store) -> None:
    store.insert("alerts", [row_of_alert(alert(p_value=0.001, expected=1.5))])
    store.insert("alerts", [row_of_alert(alert(status="closed", version=1))])
    store.insert("digests", [row_of_digest(digest(), 1)])
    [found] = store.query("SELECT * FROM alerts FINAL")
    assert (found["status"], found["history"], found["limit"]) == ("closed", [0] * 13 + [3], 1.0)
    assert found["raised_at"] == NOW
    assert found["raised_at"].tzinfo is UTC
    assert store.query("SELECT figures, body FROM digests FINAL") == [
        {"figures": {"reports": 3}, "body": "共 3 件"}
    ]


def test_excerpts_and_previews_leave_after_thirty_days(store: Store) -> None:
    old, fresh = NOW - timedelta(days=31), datetime.now(UTC)
    for at, key in ((old, "00000000000000a1"), (fresh, "00000000000000a2")):
        store.insert("alerts", [row_of_alert(alert(key, raised_at=at))])
        store.insert("dead_letters", [row_of_dead_letter(dead_letter(int(key, 16), at=at))])
    for table in ("alerts", "dead_letters"):
        store.command(f"OPTIMIZE TABLE {table} FINAL")
    found = store.query("SELECT excerpt FROM alerts FINAL ORDER BY id")
    assert [bool(row["excerpt"]) for row in found] == [False, True]
    found = store.query("SELECT preview FROM dead_letters FINAL ORDER BY `offset`")
    assert [bool(row["preview"]) for row in found] == [False, True]


def test_rolling_sums_whole_buckets_up_to_the_current_hour(store: Store) -> None:
    now = store.query("SELECT toUnixTimestamp(now()) AS now")[0]["now"] // 3_600
    ages_h = {-1: 1, 0: 2, 1: 4, 23: 8, 24: 16, 167: 32, 168: 64}
    put(store, 1, *(count(n, hours_ago=HOUR - now + age) for age, n in ages_h.items()))
    put(store, 2, count(128, piece=9, hours_ago=HOUR - now))
    [found] = store.query("SELECT * FROM rolling")
    assert (found["n_1h"], found["n_24h"], found["n_7d"]) == (
        128 + 2,
        128 + 2 + 4 + 8,
        128 + 2 + 4 + 8 + 16 + 32,
    )


def test_many_rows_at_once_and_none(store: Store) -> None:
    store.insert("counts", [])
    put(store, 1, *(count(1, hours_ago=age) for age in range(50_000)))
    assert reports(store) == 50_000


def test_threads_share_a_store(store: Store) -> None:
    started = threading.Barrier(8)

    def work(place: int) -> int:
        started.wait(30)
        for version in range(5):
            put(store, version + 1, count(version, hours_ago=place))
        return len(store.query("SELECT number FROM numbers(1000)"))

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(8))) == {1_000}
    assert reports(store) == 8 * 4


def test_schema_again_is_harmless_and_fills_names_once(store: Store) -> None:
    assert migrate.apply(store, NOW) == []
    assert all(one.applied_at == NOW for one in migrate.show(store))
    [found] = store.query("SELECT name, version FROM counties FINAL WHERE code = '620702'")
    assert found == {"name": "甘州区", "version": 1}


def test_a_changed_migration_is_refused_by_the_store_that_has_it(store: Store) -> None:
    first, *rest = migrate.shipped()
    changed = first._replace(text=first.text + "-- one more line\n")
    with pytest.raises(Fatal, match=r"0001_totals\.sql changed"):
        migrate.apply(store, NOW, [changed, *rest])


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM nowhere", "lacks what was asked for.*nowhere.*schema apply"),
        ("SELECT nothing FROM counts", "lacks what was asked for.*nothing"),
        ("SELEC 1", "Syntax error"),
        ("CREATE DICTIONARY (USER 'me' PASSWORD 'its secret')", r"Syntax error.*PASSWORD '\*\*\*'"),
    ],
)
def test_what_waiting_will_not_mend_is_fatal(store: Store, sql: str, said: str) -> None:
    with pytest.raises(Fatal, match=said) as caught:
        store.query(sql)
    assert "secret" not in str(caught.value)
    assert store.query("SELECT 1 AS fine") == [{"fine": 1}]


def test_a_busy_store_asks_to_be_left_alone(store: Store) -> None:
    with pytest.raises(SinkBusy, match="busy") as caught:
        store.query("SELECT count() FROM numbers(1e12) SETTINGS max_memory_usage = 1")
    assert caught.value.retry_after_s == 5
    with pytest.raises(SinkBusy, match="Timeout"):
        store.query("SELECT count() FROM numbers(1e12) SETTINGS max_execution_time = 0.1")


def test_a_missing_database_is_made_when_asked(port: int) -> None:
    address = f"http://127.0.0.1:{port}/elsewhere"
    with pytest.raises(Fatal, match="elsewhere"):
        Store.open(address)
    with Store.open(address, create=True) as store:
        assert [one.number for one in migrate.apply(store, NOW)] == [
            one.number for one in migrate.shipped()
        ]
        put(store, 1, count(3))
        assert reports(store) == 3
        store.command("DROP DATABASE elsewhere")


def test_nobody_there_is_retryable() -> None:
    with pytest.raises(SinkBusy, match="does not answer") as caught:
        Store.open(f"http://huishang:secret@127.0.0.1:{free_port()}/default")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("status", "error"), [(503, SinkBusy), (429, SinkBusy), (404, Fatal)])
def test_a_gateway_in_between_is_understood(status: int, error: type[Exception]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="no")

    def gateway() -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/", answer)
        return app

    with serving(gateway) as port, pytest.raises(error, match=str(status)):
        Store.open(f"http://127.0.0.1:{port}/default")


@pytest.mark.parametrize("code", [193, 194, 516])
def test_a_refused_login_says_what_to_check(code: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        text = (
            f"Code: {code}. DB::Exception: huishang: Authentication failed. (AUTHENTICATION_FAILED)"
        )
        return web.Response(
            status=403, text=text, headers={"X-ClickHouse-Exception-Code": str(code)}
        )

    def refusing() -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/", answer)
        return app

    with serving(refusing) as port, pytest.raises(Fatal, match="check user and password") as caught:
        Store.open(f"http://huishang:secret@127.0.0.1:{port}/default")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("dsn", ["ftp://a/b", "chdb://memory", "chdb:///", "nothing", "http://"])
def test_an_address_that_is_none_says_what_was_expected(dsn: str) -> None:
    with pytest.raises(Fatal, match="expected"):
        Store.open(dsn)


def test_one_folder_per_process(embedded: Store, tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="one folder per process"):
        Store.open(embedded_dsn(tmp_path / "other"))
    assert embedded.query("SELECT 1 AS fine") == [{"fine": 1}]


def test_one_process_per_folder(embedded: Store) -> None:
    code = "import sys; from sinks.store import Store; Store.open(sys.argv[1])"
    ran = subprocess.run(
        [sys.executable, "-c", code, embedded.dsn],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "another process holds it" in ran.stderr


def test_what_was_stored_is_there_for_the_next_process(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from sinks import migrate\nfrom sinks.store import Store\nfrom tests.stores import NOW\n"
        "store = Store.open(sys.argv[1])\n"
        "migrate.apply(store, NOW)\n"
        "store.insert('ledger', [('620702', 's', 'a', '', 1, int(sys.argv[2]), 0, 1)])\n"
        "rows = store.query('SELECT sum(counted) AS n, count() AS rows FROM ledger')\n"
        "print(rows[0]['n'], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    dsn = embedded_dsn(tmp_path / "store")
    for n, seen in ((3, "3"), (4, "7")):
        ran = subprocess.run(
            [sys.executable, "-c", code, dsn, str(n)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.stdout.strip() == seen, ran.stderr


def test_commands_read_what_was_asked_for_a_running_one_or_the_folder_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dsn_for_reading(load(data=tmp_path)) == "http://127.0.0.1:8123/default"
    (tmp_path / "store").mkdir()
    assert dsn_for_reading(load(data=tmp_path)) == f"chdb://{tmp_path}/store"
    monkeypatch.setenv("HUISHANG_CLICKHOUSE", "http://elsewhere:8123/default")
    assert dsn_for_reading(load(data=tmp_path)) == "http://elsewhere:8123/default"
