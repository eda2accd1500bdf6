"""The status page: right figures, everything escaped, nothing that could run."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sinks import migrate
from sinks.rows import row_of_alert, row_of_dead_letter, row_of_digest, rows_of_totals
from sinks.status import routes
from sinks.store import Store, embedded_dsn
from streams.clock import ManualClock
from streams.totals import CountRow, LedgerRow
from tests.stores import DAY, HOUR, NOW, alert, dead_letter, digest, totals

HOSTILE = "<script>alert(1)</script>\"'&$style"
Page = TestClient[web.Request, web.Application]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("data") / "store")) as store:
        migrate.apply(store, NOW)
        rows = rows_of_totals(
            totals(
                1,
                CountRow("620702", "D01", "phone", HOUR, 0, 5),
                CountRow("620702", "D02", "web", HOUR - 3, 0, 10),
                CountRow("620721", "D02", "web", HOUR - 30, 0, 20),
                LedgerRow("620702", "hotline-calls", "mailbox", "", DAY, 1_500, 2),
                LedgerRow("620721", "hotline-calls", "mailbox", "", DAY, 20, 0),
            )
        )
        for table, filled in rows.items():
            store.insert(table, filled)
        store.insert("dead_letters", [row_of_dead_letter(dead_letter(1, county_code=""))])
        store.insert(
            "alerts",
            [
                row_of_alert(alert("00000000000000a1", title=HOSTILE, reason=HOSTILE)),
                row_of_alert(
                    alert("00000000000000a2", title="较晚", raised_at=NOW + timedelta(minutes=1))
                ),
            ],
        )
        store.insert(
            "digests", [row_of_digest(digest(title=HOSTILE, body=f"# 日报\n{HOSTILE}"), 1)]
        )
        yield store


async def served(store: Store, health: dict[str, object]) -> Page:
    app = web.Application()
    app.add_routes(routes(store, lambda: health, clock=ManualClock(NOW)))
    client = TestClient(TestServer(app, host="127.0.0.1"))
    await client.start_server()
    return client


@pytest.fixture
async def page(store: Store) -> AsyncIterator[Page]:
    client = await served(store, {"intake": HOSTILE, "lag": {"reports": 0}})
    yield client
    await client.close()


class Seen(HTMLParser):
    """Tags that are open, those there were, and attributes that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.live += [
            name for name, _ in attrs if name.startswith("on") or name in ("src", "style")
        ]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_figures_per_county_add_up(page: Page) -> None:
    found = await (await page.get("/status.json")).json()
    figures = {row["code"]: row for row in found["counties"]}
    assert figures["620702"] == {
        "code": "620702",
        "name": "甘州区",
        "counted": 1_500,
        "duplicates": 2,
        "dead_letters": 0,
        "n_1h": 5,
        "n_24h": 15,
        "n_7d": 15,
        "alerts": 2,
    }
    assert (figures["620721"]["n_1h"], figures["620721"]["n_7d"]) == (0, 20)
    assert figures[""]["dead_letters"] == 1
    assert found["totals"]["counted"] == 1_520
    assert [row["title"] for row in found["alerts"]] == ["较晚", HOSTILE]
    assert found["health"] == {"intake": HOSTILE, "lag": {"reports": 0}}


async def test_people_see_names_and_separated_thousands(page: Page) -> None:
    text = await (await page.get("/status")).text()
    for shown in (
        "甘州区",
        "民乐县" if "620722" in text else "肃南裕固族自治县",
        "1,500",
        "婚姻家庭",
    ):
        assert shown in text
    assert "未知区县" in text
    assert "2026-03-01 16:31:00" in text  # 08:31 UTC, in Shanghai
    assert '<meta http-equiv="refresh" content="5">' in text


@pytest.mark.parametrize("path", ["/status", "/digests/00000000000000dd"])
async def test_every_value_is_escaped_and_nothing_runs(page: Page, path: str) -> None:
    reply = await page.get(path)
    text = await reply.text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    seen = Seen()
    seen.feed(text.removeprefix("<!doctype html>"))
    assert seen.open == []
    assert seen.live == []
    assert seen.tags.isdisjoint({"script", "iframe", "img", "form", "link", "object"})
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_a_digest_reads_whole_and_stands_still(page: Page) -> None:
    reply = await page.get("/digests/00000000000000dd")
    text = await reply.text()
    assert "<h1>日报</h1>" in text
    assert "签发岗位" in text
    assert "http-equiv" not in text
    assert (await page.get("/digests/ffff")).status == 404


async def test_json_is_json_and_not_kept(page: Page) -> None:
    reply = await page.get("/status.json")
    assert reply.content_type == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    json.loads(await reply.text())


async def test_many_viewers_at_once(page: Page) -> None:
    replies = await asyncio.gather(*(page.get("/status") for _ in range(12)))
    assert {reply.status for reply in replies} == {200}


async def test_a_store_that_is_away_is_said_and_health_stays(store: Store) -> None:
    closed = Store.open(store.dsn)
    closed.close()
    client = await served(closed, {"tally": "running"})
    try:
        reply = await client.get("/status")
        text = await reply.text()
        assert reply.status == 503
        assert "数据库暂时不可用" in text
        assert re.search("tally.*running", text)
        found = await client.get("/status.json")
        assert found.status == 503
        assert (await found.json())["health"] == {"tally": "running"}
    finally:
        await client.close()


async def test_an_empty_store_says_none_yet(store: Store) -> None:
    tables = ("counts", "ledger", "alerts", "digests", "dead_letters")
    for table in tables:
        store.command(f"CREATE TABLE kept_{table} AS {table}")
        store.command(f"INSERT INTO kept_{table} SELECT * FROM {table}")
        store.command(f"TRUNCATE TABLE {table}")
    client = await served(store, {})
    try:
        text = await (await client.get("/status")).text()
        assert text.count("暂无 none yet") == 4
    finally:
        await client.close()
        for table in tables:
            store.command(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            store.command(f"DROP TABLE kept_{table}")
