"""What is served where: the board's application, into which the health routes are put too."""

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from sinks import status
from sinks.board import pages
from sinks.board.acting import Acting
from sinks.board.api import Api
from sinks.board.audit import Audit
from sinks.board.doors import Doors
from sinks.board.guard import LOGIN, SEAT, STATIC, guard
from sinks.board.live import Live
from sinks.board.publishing import Publisher
from sinks.store import Store
from streams.clock import Clock

API: Final = "/api/v1"
_BODY_LIMIT_BYTES: Final = 16 * 1024


def application(
    store: Store,
    live: Live,
    doors: Doors,
    publisher: Publisher,
    pipeline: Callable[[], Mapping[str, object]],
    clock: Clock,
) -> web.Application:
    """The board, its API, the status page. pipeline: rows of the status page."""
    audit = Audit(store)
    api = Api(store, live, doors, clock)
    acting = Acting(api, publisher.publish, clock)
    signing_in = pages.SigningIn(doors)
    app = web.Application(
        middlewares=[guard(doors, audit, clock)], client_max_size=_BODY_LIMIT_BYTES
    )
    app.add_routes(
        [
            web.get("/", pages.index),
            web.get(STATIC + "{name:.+}", pages.static),
            web.get(LOGIN, signing_in.page),
            web.post(LOGIN, signing_in.enter),
            web.post("/logout", signing_in.leave),
            web.get(f"{API}/me", api.me),
            web.get(f"{API}/board", api.board),
            web.get(f"{API}/events", api.events),
            web.get(f"{API}/alerts/{{id}}", api.alert),
            web.post(f"{API}/alerts/{{id}}/actions", acting.on_alert),
            web.get(f"{API}/digests/{{id}}.{{ending:csv|html|md|json}}", api.download),
            web.get(f"{API}/digests/{{id}}", api.digest),
            web.get(f"{API}/handover", api.handover),
            web.get(f"{API}/definitions", api.definitions),
            web.post(f"{API}/duty-log", acting.on_duty_log),
            web.get(f"{API}/audit", api.audit),
            *status.routes(
                store,
                pipeline,
                clock=clock,
                zone=live.setup.zone,
                scope=lambda request: request[SEAT].counties,
            ),
        ]
    )

    async def close(_: web.Application) -> None:
        await live.close()
        await publisher.close()
        await audit.close()

    app.on_shutdown.append(close)
    return app
