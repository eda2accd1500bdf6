"""A duty board over an embedded store, for tests: served, signed in to, listened to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import yaml
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from sinks.board.banners import Seen, health_of
from sinks.board.day import usual
from sinks.board.doors import Doors
from sinks.board.live import Live
from sinks.board.reading import Figures
from sinks.board.routes import application
from sinks.board.shapes import RuleName
from sinks.board.view import Setup
from sinks.store import Store
from streams.acting import Event
from streams.clock import Clock, ManualClock
from streams.errors import AccessRefused, Retryable
from tests.stores import NOW

ZONE: Final = ZoneInfo("Asia/Shanghai")
TOKENS: Final[dict[str, tuple[str, str, list[str]]]] = {  # token → post, role, counties
    "reader-all": ("市级大屏", "reader", []),
    "reader-one": ("甘州区大屏", "reader", ["620702"]),
    "duty-all": ("市值班室", "duty", []),
    "duty-one": ("甘州区值班室", "duty", ["620702"]),
    "admin-all": ("市管理岗", "admin", []),
    "admin-one": ("甘州区管理岗", "admin", ["620702"]),
}
Client = TestClient[web.Request, web.Application]


class Broker:
    """In place of Kafka: keeps what is published, or is away, or refuses."""

    def __init__(self) -> None:
        self.got: list[Event] = []
        self.away = False
        self.refuses = False

    async def publish(self, event: Event) -> None:
        if self.away:
            raise Retryable("the Kafka broker at 127.0.0.1:9092 does not answer (KafkaError)")
        if self.refuses:
            raise AccessRefused("Kafka at 127.0.0.1:9092 refuses user 'huishang-sink'")
        self.got.append(event)

    async def close(self) -> None:
        pass


class Board(NamedTuple):
    """A served board."""

    client: Client
    broker: Broker
    clock: ManualClock
    live: Live
    app: web.Application

    async def get(self, path: str, token: str = "") -> ClientResponse:
        return await self.client.get(path, headers=bearer(token), allow_redirects=False)

    async def json(self, path: str, token: str = "") -> Any:
        answer = await self.get(path, token)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def post(self, path: str, body: Any, token: str = "", **headers: str) -> ClientResponse:
        """With the csrf of the session, unless headers say another."""
        me = await self.get("/api/v1/me", token)
        csrf = (await me.json()).get("csrf", "")
        said = {"X-Huishang-CSRF": csrf, "Content-Type": "application/json"}
        return await self.client.post(
            path,
            data=json.dumps(body),
            headers={**bearer(token), **said, **headers},
            allow_redirects=False,
        )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def access_file(folder: Path, **more: Any) -> Path:
    """An access file with all of TOKENS."""
    entries = [
        {"post": post, "role": role, "sha256": digest_of(token), "counties": counties}
        for token, (post, role, counties) in TOKENS.items()
    ]
    path = folder / "access.yaml"
    path.write_text(yaml.safe_dump({"tokens": entries, **more}, allow_unicode=True), "utf-8")
    return path


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _health(figures: Figures, trouble: str) -> Any:
    return health_of(Seen(trouble=trouble), NOW, timedelta(hours=1))


@asynccontextmanager
async def serving_board(
    store: Store,
    folder: Path,
    access: Path | None = None,
    *,
    host: str = "127.0.0.1",
    clock: Clock | None = None,
) -> AsyncIterator[Board]:
    broker = Broker()
    clock = clock or ManualClock(NOW)
    setup = Setup(ZONE, usual, {"severity-red": RuleName("severity", "定级上报")}, "")
    live = Live(store, setup, _health, clock)
    doors = Doors(access, host, folder)
    app = application(store, live, doors, broker, dict, clock)
    client: Client = TestClient(TestServer(app, host="127.0.0.1"))
    await client.start_server()
    try:
        yield Board(client, broker, clock, live, app)
    finally:
        await client.close()


class Heard(NamedTuple):
    """One server-sent event. id: empty if it has none."""

    id: str
    name: str
    said: Any


async def heard(answer: ClientResponse, within_s: float = 20) -> AsyncIterator[Heard]:
    """Events as they come; comments and `retry` are passed over."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(within_s):
        async for line in answer.content:
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(": ")
                fields[name] = value
            else:
                if "event" in fields:
                    yield Heard(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
                fields = {}
