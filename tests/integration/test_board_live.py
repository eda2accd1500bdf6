"""The duty board live: what is written to the store is told to whoever listens, once, and lost never."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from sinks import health, migrate
from sinks.board.view import applied
from sinks.rows import COLUMNS, row_of_alert, row_of_digest, rows_of_totals
from sinks.store import Store, embedded_dsn
from streams.duty import DutyRow
from streams.totals import CountRow
from tests.duty_board import Board, Heard, access_file, bearer, heard, serving_board
from tests.stores import HOUR, NOW, alert, digest, totals
from tests.waiting import eventually


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(embedded_dsn(tmp_path_factory.mktemp("live") / "store")) as store:
        migrate.apply(store, NOW)
        yield store


@pytest.fixture
async def board(store: Store, tmp_path: Path) -> AsyncIterator[Board]:
    async with serving_board(store, tmp_path, access_file(tmp_path)) as board:
        yield board


@asynccontextmanager
async def listening(
    board: Board, token: str = "", cursor: str = "", last_seen: str = ""
) -> AsyncIterator[ClientResponse]:
    headers = bearer(token) | ({"Last-Event-ID": last_seen} if last_seen else {})
    path = "/api/v1/events" + (f"?cursor={cursor}" if cursor else "")
    answer = await board.client.get(path, headers=headers)
    assert answer.status == 200
    try:
        yield answer
    finally:
        answer.close()


async def first(answer: ClientResponse, name: str) -> Heard:
    async for event in heard(answer):
        if event.name == name:
            return event
    raise AssertionError(f"no {name} came")


def insert_alert(store: Store, number: int, **given: Any) -> None:
    store.insert("alerts", [row_of_alert(alert(f"{number:016x}", **given))])


async def test_what_is_new_is_told_to_all_of_its_scope(board: Board, store: Store) -> None:
    async with listening(board, "duty-all") as all_, listening(board, "duty-one") as one:
        assert (await first(all_, "hello")).id == ""
        await first(one, "hello")
        insert_alert(store, 1, county_code="620721")
        insert_alert(store, 2, county_code="620702")
        # Of the county outside nothing comes before, so the first is the one inside.
        assert (await first(one, "alert")).said["id"] == f"{2:016x}"
        told = set()
        async for event in heard(all_):
            if event.name == "alert":
                told.add(event.said["county"])
            if len(told) == 2:
                break
        insert_alert(store, 2, status="acknowledged", by="值班长", version=1)
        changed = await first(one, "alert")
        assert (changed.said["status"], changed.said["by"]) == ("acknowledged", "值班长")


async def test_who_comes_back_gets_what_it_missed_and_nothing_twice(
    board: Board, store: Store
) -> None:
    async with listening(board, "duty-all") as answer:
        await first(answer, "hello")
        insert_alert(store, 1)
        seen = (await first(answer, "alert")).id
        while (last := await first(answer, "totals")).said["open_alerts"] != 1:
            pass
        seen = last.id
    async with listening(board, "duty-all") as other:
        insert_alert(store, 2)
        await first(other, "alert")
    async with listening(board, "duty-all", last_seen=seen, cursor="x.1") as answer:
        names = []
        async for event in heard(answer):
            names.append(event.name)
            if event.name == "alert":
                assert event.said["id"] == f"{2:016x}"
                break
        assert names == ["hello", "alert"]


async def test_after_a_restart_the_board_is_read_anew(store: Store, tmp_path: Path) -> None:
    async with serving_board(store, tmp_path) as board, listening(board) as answer:
        insert_alert(store, 1)
        seen = (await first(answer, "alert")).id
    insert_alert(store, 2)
    async with serving_board(store, tmp_path) as board, listening(board, last_seen=seen) as answer:
        reset = await first(answer, "reset")
        whole = await board.json("/api/v1/board")
        assert len(whole["alerts"]) == 2
        assert whole["cursor"] == reset.said["cursor"]
        insert_alert(store, 3)
        assert (await first(answer, "alert")).said["id"] == f"{3:016x}"


async def test_what_a_listener_gathers_ends_as_the_board(board: Board, store: Store) -> None:
    """However it is cut by lines that break."""
    chance = random.Random(7)
    whole = await board.json("/api/v1/board", "duty-all")
    cursor, mine = whole["cursor"], whole
    for round_ in range(6):
        insert_some(store, chance, round_)
        stop_after = chance.randrange(1, 6)
        async with listening(board, "duty-all", last_seen=cursor) as answer:
            told = 0
            async for event in heard(answer):
                assert event.name != "reset"
                if event.name == "hello":
                    continue
                mine, cursor, told = applied(mine, (event.name, event.said)), event.id, told + 1
                if told == stop_after:
                    break

    async def caught_up() -> bool:
        nonlocal mine, cursor
        now = await board.json("/api/v1/board", "duty-all")
        async with listening(board, "duty-all", last_seen=cursor) as answer:
            async for event in heard(answer):
                if event.name != "hello":
                    mine, cursor = applied(mine, (event.name, event.said)), event.id
                if cursor == now["cursor"]:
                    break
        assert gathered(mine) == gathered(now)
        return len(now["alerts"]) == ALERTS and now["totals"]["n_24h"] == COUNTED

    await eventually(caught_up)


ALERTS, COUNTED = 7, 15


def insert_some(store: Store, chance: random.Random, round_: int) -> None:
    insert_alert(store, round_ + 1, county_code=chance.choice(["620702", "620721"]))
    insert_alert(store, 0, status=chance.choice(["assigned", "escalated"]), version=round_ + 1)
    filled = totals(round_ + 1, CountRow("620702", "D01", "phone", HOUR, 0, 3 * round_))
    filled.duty.append(DutyRow("620702", "", round_ + 1, "handover", "岗", HOUR * 3600, "交班"))
    for table, rows in rows_of_totals(filled).items():
        store.insert(table, rows)
    store.insert("digests", [row_of_digest(digest(f"d{round_:015x}", edition=round_ + 1), 1)])


def gathered(board: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(said, key=str) if isinstance(said, list) else said
        for name, said in board.items()
        if name not in ("at", "cursor")
    }


async def test_the_store_is_asked_once_for_all(
    board: Board, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("sinks.board.reading.news", counting(asked))
    answers = [
        await board.client.get("/api/v1/events", headers=bearer("duty-all")) for _ in range(20)
    ]
    for answer in answers:
        await first(answer, "hello")
    before = len(asked)
    insert_alert(store, 1)
    await asyncio.gather(*(first(answer, "alert") for answer in answers))
    assert len(asked) - before < 20
    for answer in answers:
        answer.close()


def counting(asked: list[int]) -> Any:
    from sinks.board.reading import news

    def ask(*given: Any) -> Any:
        asked.append(1)
        return news(*given)

    return ask


async def test_nobody_looks_and_nothing_is_asked(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.board.live.LINGER_S", 0.0)
    await board.json("/api/v1/board", "duty-all")
    await eventually(lambda: board.live.at is None)


async def test_a_store_that_goes_away_is_said_and_the_board_stays(
    store: Store, tmp_path: Path
) -> None:
    other = Store.open(store.dsn)
    async with serving_board(other, tmp_path) as board, listening(board) as answer:
        await first(answer, "hello")
        other.close()
        told = (await first(answer, "health")).said
        assert told["state"] == "down"
        assert [banner["level"] for banner in told["banners"]] == ["bad"]
        assert (await board.get("/api/v1/board")).status == 200
    async with serving_board(other, tmp_path) as board:
        answer = await board.get("/api/v1/board")
        assert answer.status == 503
        assert "store" in (await answer.json())["error"]["got"]


async def test_a_seat_that_is_taken_away_hears_no_more(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.board.doors._LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("sinks.board.events._SAYS_SOMETHING_EVERY_S", 0.05)
    path = access_file(tmp_path)
    async with serving_board(store, tmp_path, path) as board, listening(board, "duty-one") as one:
        await first(one, "hello")
        entry = {"post": "别的岗位", "role": "reader", "sha256": "0" * 64}
        path.write_text(f"tokens: [{entry}]", "utf-8")
        async with asyncio.timeout(20):
            assert await one.content.read() is not None  # ends


async def test_since_when_nothing_arrives(store: Store) -> None:
    assert health.quiet_since(store) is None
    zero = dict.fromkeys(COLUMNS["pipeline_health"], 0) | {"stage": "intake", "state": "Stable"}
    now = datetime.now(UTC).replace(microsecond=0)  # what is older than 14 days goes
    seconds = [int(now.timestamp()) + 10 * number for number in range(4)]
    for at, end in zip(seconds, (5, 9, 9, 9), strict=True):
        row = zero | {"at": at, "end": end, "version": at * 1_000}
        store.insert("pipeline_health", [tuple(row[name] for name in COLUMNS["pipeline_health"])])
    assert health.quiet_since(store) == now


async def test_what_this_process_inserts_is_asked_for_at_once(
    board: Board, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.board.live.NEWS_EVERY_S", 600.0)
    async with listening(board, "duty-all") as answer:
        await first(answer, "hello")
        insert_alert(store, 1)
        board.live.wake()
        assert (await first(answer, "alert")).said["id"] == f"{1:016x}"
