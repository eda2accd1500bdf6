"""`huishang worker`: one stage against a Kafka and a ClickHouse."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click
from aiohttp import web
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams import logs
from streams.app import App
from streams.clock import SystemClock, clock_of
from streams.errors import SinkBusy, UserError
from streams.health import Health, serve
from streams.kafka import assert_granted, assert_welcome, reaching
from streams.settings import Settings, load
from streams.stage import ready_when_assigned, run_stage, watch
from streams.topics import check_partitions, partitions_on

if TYPE_CHECKING:
    from sinks.channels.telling import Telling
    from sinks.store import Store
    from streams.clock import Clock

log = logging.getLogger(__name__)

_RETRY_S: Final = 2.0

Loop = Callable[[], Coroutine[Any, Any, None]]

_EPILOG = """\b
Examples:
  huishang worker intake
  HUISHANG_KAFKA=kafka:9092 HUISHANG_CLICKHOUSE=http://ch:8123/default huishang worker sink

Several workers of a stage share its partitions. A stage ends with status 70
after an error it does not know, and goes on exactly when it is started again.
"""


@click.command(epilog=_EPILOG)
@click.argument("stage", type=click.Choice(["intake", "tally", "sink"]))
def worker(stage: str) -> None:
    """Run one stage until SIGINT or SIGTERM.

    intake turns events into packs, tally counts them and raises alerts, sink
    writes ClickHouse and serves the duty board.
    """
    settings = load()
    logs.configure(settings.log_format, settings.log_level, stage)
    run = {"intake": _intake, "tally": _tally, "sink": _sink}[stage]
    _use_uvloop()
    asyncio.run(_checked(settings, stage, run))


async def _checked(
    settings: Settings, stage: str, run: Callable[[Settings], Coroutine[Any, Any, None]]
) -> None:
    """Run a stage once the broker answers and its topics are as the settings say.

    Told to stop before it runs, it has nothing to hand over, and ends well.
    """
    starting: Any = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, starting.cancel)
    try:
        await _broker_ready(settings, stage)
        await run(settings)  # has handlers of its own from here on
    except asyncio.CancelledError:
        log.info("stopped before it ran")


async def _broker_ready(settings: Settings, stage: str) -> None:
    while True:
        await assert_welcome(settings)
        admin = AIOKafkaAdminClient(**reaching(settings))
        try:
            await admin.start()
            there = await partitions_on(admin)
            if settings.kafka_security != "plaintext":
                await assert_granted(settings, stage, admin, there)
            check_partitions(settings, there)
            break
        except KafkaError as error:
            log.warning("Kafka at %s does not answer (%r); trying again", settings.kafka, error)
            await asyncio.sleep(_RETRY_S)
        finally:
            await admin.close()


def _use_uvloop() -> None:
    """Where there is one; also for the loops of Faust's own threads."""
    try:
        import uvloop
    except ImportError:
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


async def _intake(settings: Settings) -> None:
    from agents.intake import Intake

    stage = Intake(settings, clock_of(settings))
    health = Health("intake")
    served = await serve(health, settings.host, settings.intake_port)
    ready_when_assigned(stage.app, health)
    await run_stage(stage.app, [stage.watch_lexicon, _watching(stage.app, health, settings)])
    await served.close()


async def _tally(settings: Settings) -> None:
    from agents.reloading import Reloading
    from agents.rules import Rules
    from agents.tally import Tally

    clock = clock_of(settings)
    watched = Reloading(settings.rules, Rules.load, clock, "rules") if settings.rules else None
    stage = Tally(settings, clock, watched.loaded if watched else Rules.load())
    health = Health("tally")
    served = await serve(health, settings.host, settings.tally_port)
    ready_when_assigned(stage.app, health)
    loops: list[Loop] = [stage.tick, _watching(stage.app, health, settings)]
    if watched:
        loops.append(partial(watched.watch, stage.use))
    await run_stage(stage.app, loops)
    await served.close()


async def _sink(settings: Settings) -> None:
    from agents.reloading import Reloading
    from agents.rules import Rules
    from cli.boarding import health_at, setup_of
    from sinks import endpoint, migrate
    from sinks.board.doors import Doors
    from sinks.board.live import Live
    from sinks.board.publishing import Publisher
    from sinks.board.routes import application
    from sinks.health import Pipeline
    from sinks.sink import Sink

    clock = clock_of(settings)
    telling = _telling(settings, clock)
    doors = Doors(settings.board_access, settings.host, settings.data)
    watched = Reloading(settings.rules, Rules.load, clock, "rules") if settings.rules else None
    health = Health("sink")
    embedded = settings.clickhouse.startswith("chdb:")
    store = await _opened(settings, health)
    if embedded:
        await asyncio.to_thread(migrate.apply, store, clock.now(), None, settings)
    stage = Sink(settings, store, health, clock)
    ready_when_assigned(stage.app, health)
    setup = setup_of(settings, watched.loaded if watched else Rules.load())
    live = Live(store, setup, partial(health_at, settings, health), clock)
    stage.when_awaited_is_in = live.wake
    page = await serve(
        health,
        settings.host,
        settings.status_port,
        app=application(
            store,
            live,
            doors,
            Publisher(settings),
            lambda: {**_pipeline(health), **(telling.states() if telling else {})},
            clock,
        ),
    )
    if doors.closed:
        log.warning(doors.closed)
    reading = await _listening(endpoint.application(store), settings) if embedded else None
    loops: list[Loop] = []
    if watched:
        loops.append(partial(watched.watch, lambda rules: live.use(setup_of(settings, rules))))
    await run_stage(
        stage.app,
        [
            *loops,
            stage.flush_regularly,
            stage.cities.watch,
            stage.days.watch,
            Pipeline(settings, store, clock).watch,
            *(telling.loops(store) if telling else ()),
            _watching(stage.app, health, settings),
        ],
    )
    await page.close()
    if reading:
        await reading.cleanup()
    await asyncio.to_thread(store.close)


def _telling(settings: Settings, clock: Clock) -> Telling | None:
    """The channels; without any, what they need is not even imported."""
    if not settings.channels:
        return None
    from sinks.channels.telling import Telling

    return Telling(settings.channels, settings, clock)


async def _opened(settings: Settings, health: Health) -> Store:
    """The store, as soon as it answers: an outage is waited out."""
    from sinks.store import Store

    while True:
        try:
            return await asyncio.to_thread(Store.open, settings.clickhouse, settings)
        except SinkBusy as busy:
            log.warning("%s; trying again in %g s", busy, busy.retry_after_s)
            health.problem = str(busy)
            await asyncio.sleep(busy.retry_after_s)


async def _listening(application: web.Application, settings: Settings) -> web.AppRunner:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.clickhouse_port).start()
    except OSError as error:
        await runner.cleanup()
        raise UserError(
            f"the read-only endpoint cannot listen on {settings.host}:{settings.clickhouse_port}: "
            f"{error.strerror}; set HUISHANG_CLICKHOUSE_PORT to another port, 0 for a free one"
        ) from None
    return runner


def _watching(app: App, health: Health, settings: Settings) -> Loop:
    # Real time, also under a moved clock: progress is made or not by the wall.
    return partial(watch, app, health, settings.topic_prefix, SystemClock().now)


def _pipeline(health: Health) -> dict[str, object]:
    """Rows for the status page: the stage's own state, and what it has left to read."""
    verdict = health.is_ready(SystemClock().now())
    left = {
        f"{row['topic']}-{row['partition']}": f"lag {row['lag']}" for row in health.partitions()
    }
    return {health.stage: "ready" if verdict.yes else verdict.reason, **left}
