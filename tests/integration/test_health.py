"""The health and metrics addresses over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from streams import metrics
from streams.clock import ManualClock
from streams.errors import UserError
from streams.health import Health, Served, serve


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def health() -> Health:
    return Health("tally", stuck_after_s=60)


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="会商")


@pytest.fixture
async def served(health: Health, clock: ManualClock) -> AsyncIterator[Served]:
    served = await serve(health, "127.0.0.1", 0, routes=[web.get("/hello", hello)], clock=clock)
    yield served
    await served.close()


@pytest.fixture
async def page(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{served.port}") as session:
        yield session


async def test_ready_is_503_with_the_reason_until_the_stage_says_so(
    page: aiohttp.ClientSession, health: Health
) -> None:
    async with page.get("/health/ready") as answer:
        assert answer.status == 503
        assert await answer.json() == {
            "stage": "tally",
            "ready": False,
            "reason": "starting",
            "partitions": [],
        }
    health.ready, health.problem = True, ""
    async with page.get("/health/ready") as answer:
        assert answer.status == 200


async def test_live_is_503_once_a_partition_stands_still(
    page: aiohttp.ClientSession, health: Health, clock: ManualClock
) -> None:
    health.note("reports", 2, committed=41, lag=3, now=clock.now())
    async with page.get("/health/live") as answer:
        assert answer.status == 200
    clock.advance(timedelta(seconds=61))
    async with page.get("/health/live") as answer:
        assert answer.status == 503
        told = await answer.json()
    assert told["reason"].endswith("reports-2 at offset 41 with 3 records left")
    assert told["partitions"] == [{"topic": "reports", "partition": 2, "committed": 41, "lag": 3}]
    health.forget("reports", 2)


async def test_metrics_and_extra_routes_are_served(page: aiohttp.ClientSession) -> None:
    metrics.DUPLICATES.labels("case-updates").inc(3)
    async with page.get("/metrics") as answer:
        assert answer.headers["Content-Type"] == metrics.CONTENT_TYPE
        assert 'huishang_duplicates_total{stream="case-updates"}' in await answer.text()
    async with page.get("/hello") as answer:
        assert await answer.text() == "会商"


async def test_a_taken_port_is_a_clear_error(served: Served) -> None:
    with pytest.raises(UserError, match=f"sink cannot listen on 127.0.0.1:{served.port}"):
        await serve(Health("sink"), "127.0.0.1", served.port)


async def test_closing_does_not_wait_for_an_open_stream(health: Health) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        await stream.write(b"first")
        await asyncio.Event().wait()
        return stream

    served = await serve(health, "127.0.0.1", 0, routes=[web.get("/stream", endless)])
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{served.port}/stream") as answer,
    ):
        assert await answer.content.readexactly(5) == b"first"
        async with asyncio.timeout(20):
            await served.close()
