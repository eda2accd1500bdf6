"""Runs a stage: its Faust app, its pages, its own loops, until told to stop."""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final

from streams import metrics
from streams.app import App, end_process, lags
from streams.health import Health

STOP_WITHIN_S: Final = 15.0
WATCH_EVERY_S: Final = 2.0

log = logging.getLogger(__name__)


async def run_stage(app: App, loops: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Run the app beside these loops until SIGINT or SIGTERM.

    A loop that raises, or an app that crashes, ends the process with a non-zero
    status. After a signal, the app hands its partitions over and stops.
    """
    _spare_the_collector()
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, stop.set)
    app.in_worker = True
    tasks = [asyncio.create_task(_guarded(loop)) for loop in loops]
    starting = asyncio.create_task(_guarded(app.start))
    crashed = asyncio.create_task(_crash_of(app))
    await stop.wait()
    log.info("stopping")
    for task in (*tasks, crashed):
        task.cancel()
    starting.cancel()
    _leave_in_time()
    await app.stop()


def _leave_in_time() -> None:
    """End the process even if closing what is open takes too long: a TLS peer may not answer.

    What was not done is read again by the next owner: nothing is lost by leaving.
    """

    def leave() -> None:
        log.warning("not stopped within %s s; leaving", STOP_WITHIN_S)
        os._exit(0)

    timer = threading.Timer(STOP_WITHIN_S, leave)
    timer.daemon = True
    timer.start()


def _spare_the_collector() -> None:
    """Look for reference cycles seldom, and not among what was loaded at the start.

    State is millions of small containers without cycles; going through them again and
    again took half of tally's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def give_memory_back() -> None:
    """After much was read and let go of: glibc keeps it otherwise, for good."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


async def watch(app: App, health: Health, topic_prefix: str, now: Callable[[], Any]) -> None:
    """Loop: note lag and committed offsets, so that health and metrics can tell them."""
    noted: dict[tuple[str, int], int] = {}
    while True:
        await asyncio.sleep(WATCH_EVERY_S)
        found = {
            (tp.topic.removeprefix(topic_prefix), tp.partition): marks
            for tp, marks in (await lags(app)).items()
        }
        for (topic, partition), (lag, committed) in found.items():
            health.note(topic, partition, committed, lag, now())
            if committed != noted.get((topic, partition), committed):
                metrics.committed(health.stage, now())
        for gone in noted.keys() - found.keys():
            health.forget(*gone)
        noted = {key: committed for key, (_, committed) in found.items()}


def ready_when_assigned(app: App, health: Health) -> None:
    """Ready once partitions are assigned and what was to be done for that is; not while they move."""

    async def moving(*_: Any, **__: Any) -> None:
        health.problem = "partitions are being assigned"

    async def settled() -> None:
        health.ready, health.problem = True, ""

    app.on_partitions_revoked.connect(moving, weak=False)
    app.when_assigned.append(settled)


async def _crash_of(app: App) -> None:
    while not app.crashed:  # noqa: ASYNC110  # mode offers no awaitable that survives restarts
        await asyncio.sleep(0.2)
    end_process(getattr(app, "crash_reason", None) or RuntimeError("the Faust app crashed"))


async def _guarded(run: Callable[[], Awaitable[Any]]) -> None:
    try:
        await run()
    except asyncio.CancelledError:
        raise
    except Exception as error:
        end_process(error)
