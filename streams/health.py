"""Whether a stage lives and is ready, and the HTTP address where that is said.

    health = Health("tally")
    served = await serve(health, settings.host, settings.tally_port)   # port 0: a free one
    health.ready, health.problem = True, ""
    health.note("reports", partition, committed=offset, lag=left, now=clock.now())
    served.port
    await served.close()

GET /health/live, /health/ready: 200 or 503 with a small JSON object saying why.
GET /metrics: Prometheus text format.
"""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson
from aiohttp import web

from streams import metrics
from streams.clock import Clock, SystemClock
from streams.errors import UserError

STUCK_AFTER_S: Final = 120.0
LIVE: Final = "/health/live"
READY: Final = "/health/ready"
METRICS: Final = "/metrics"
_CLOSING_S: Final = 1.0  # for open pages and event streams to end


class Mark(NamedTuple):
    """How far a partition is. lag: records after the committed offset.

    moved_at: since when the committed offset stands where it is; while nothing
    is left to do it counts as moving.
    """

    committed: int
    lag: int
    moved_at: datetime


def marked(before: Mark | None, committed: int, lag: int, now: datetime) -> Mark:
    """The next mark of a partition.

    >>> from datetime import UTC
    >>> noon, later = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 13, tzinfo=UTC)
    >>> marked(marked(None, 5, 2, noon), 5, 9, later).moved_at == noon
    True
    >>> marked(marked(None, 5, 2, noon), 6, 8, later).moved_at == later
    True
    """
    if before and before.lag > 0 and before.committed == committed:
        return Mark(committed, lag, before.moved_at)
    return Mark(committed, lag, now)


def standing_still(mark: Mark, now: datetime, stuck_after_s: float) -> bool:
    """Whether a partition has work and none of it gets done (faust-streaming issues 175, 640)."""
    return mark.lag > 0 and (now - mark.moved_at).total_seconds() > stuck_after_s


class Verdict(NamedTuple):
    """An answer and its reason; the reason is empty when the answer is yes."""

    yes: bool
    reason: str


class Health:
    """What a stage says of itself.

    ready: it may be given work. problem: why not, in a sentence; a problem
    also keeps `ready` from being believed.
    note() wants the lag as the broker tells it (end offset minus committed
    offset): what the fetcher last saw stands still together with the fetcher.
    """

    def __init__(self, stage: str, stuck_after_s: float = STUCK_AFTER_S) -> None:
        self.stage = stage
        self.stuck_after_s = stuck_after_s
        self.ready = False
        self.problem = "starting"
        self._marks: dict[tuple[str, int], Mark] = {}

    def note(self, topic: str, partition: int, committed: int, lag: int, now: datetime) -> None:
        """How far a partition is; also moves its lag gauge."""
        key = (topic, partition)
        self._marks[key] = marked(self._marks.get(key), committed, lag, now)
        metrics.set_lag(self.stage, topic, partition, lag)

    def forget(self, topic: str, partition: int) -> None:
        """The partition went to another worker."""
        self._marks.pop((topic, partition), None)
        metrics.forget_lag(self.stage, topic, partition)

    def live(self, now: datetime) -> Verdict:
        """Whether the process does its work; if not, it is to be started anew."""
        stuck = [
            f"{topic}-{partition} at offset {mark.committed} with {mark.lag} records left"
            for (topic, partition), mark in sorted(self._marks.items())
            if standing_still(mark, now, self.stuck_after_s)
        ]
        if not stuck:
            return Verdict(True, "")
        return Verdict(False, f"no progress for {self.stuck_after_s:g} s: {'; '.join(stuck)}")

    def is_ready(self, now: datetime) -> Verdict:
        """Whether the stage may be given work now."""
        if self.problem or not self.ready:
            return Verdict(False, self.problem or "not ready")
        return self.live(now)

    def partitions(self) -> list[dict[str, Any]]:
        """Every partition noted, for the health pages."""
        return [
            {"topic": topic, "partition": partition, "committed": mark.committed, "lag": mark.lag}
            for (topic, partition), mark in sorted(self._marks.items())
        ]


class Served:
    """A running HTTP server. port: the one it listens on."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def close(self) -> None:
        """Stop listening and end what is open."""
        await self._runner.cleanup()


async def serve(
    health: Health,
    host: str,
    port: int,
    *,
    routes: Iterable[web.AbstractRouteDef] = (),
    app: web.Application | None = None,
    clock: Clock | None = None,
) -> Served:
    """Serve health, metrics and the extra routes until closed.

    port: 0 for a free one. app: an application of one's own to add to.
    clock: for liveness; the machine's by default, also in a demo with a moved clock.
    Raises UserError when the address cannot be listened on.
    """
    now = (clock or SystemClock()).now
    app = app if app is not None else web.Application()

    async def live(_: web.Request) -> web.Response:
        return _answer(health, "live", health.live(now()))

    async def ready(_: web.Request) -> web.Response:
        return _answer(health, "ready", health.is_ready(now()))

    async def show_metrics(_: web.Request) -> web.Response:
        metrics.READY.labels(health.stage).set(health.is_ready(now()).yes)
        return web.Response(body=metrics.render(), headers={"Content-Type": metrics.CONTENT_TYPE})

    app.add_routes(
        [
            web.get(LIVE, live),
            web.get(READY, ready),
            web.get(METRICS, show_metrics),
            *routes,
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSING_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise UserError(
            f"{health.stage} cannot listen on {host}:{port}: {error.strerror or error}; choose "
            "another port, 0 for a free one (`huishang settings` shows each stage's)"
        ) from None
    return Served(runner, int(runner.addresses[0][1]))


def _answer(health: Health, question: str, verdict: Verdict) -> web.Response:
    body = {
        "stage": health.stage,
        question: verdict.yes,
        "reason": verdict.reason,
        "partitions": health.partitions(),
    }
    return web.Response(
        body=orjson.dumps(body),
        status=HTTPStatus.OK if verdict.yes else HTTPStatus.SERVICE_UNAVAILABLE,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
