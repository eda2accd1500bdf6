"""Ctrl-C and SIGTERM for commands that must end other processes first."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, Final

_ASKING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_asked(work: Coroutine[Any, Any, None]) -> bool:
    """Do the work to its end, or until a signal asks to stop; True when it was asked.

    The first signal cancels the work, whose own clean-up is waited for. A
    second one cancels the clean-up too.
    """
    task = asyncio.create_task(work)
    asked = False

    def ask() -> None:
        nonlocal asked
        asked = True
        task.cancel()

    loop = asyncio.get_running_loop()
    for signum in _ASKING:
        loop.add_signal_handler(signum, ask)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        for signum in _ASKING:
            loop.remove_signal_handler(signum)
    return asked
