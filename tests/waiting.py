"""Waiting for a condition with a deadline, which is what tests do instead of sleeping."""

import asyncio
import random
import socket
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Any, TypeVar, overload

T = TypeVar("T")

_LOWEST_PORT = 20_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class _Deadline:
    """Collects why a condition does not hold yet, and says so when time is up."""

    def __init__(self, within_s: float, what: str) -> None:
        self._within_s = within_s
        self._what = what
        self._ends = time.monotonic() + within_s
        self._last: object = "it was never asked"
        self._cause: AssertionError | None = None

    def not_yet(self, last: object) -> None:
        """Note what the condition gave; raises AssertionError when time is up."""
        self._last = last
        self._cause = last if isinstance(last, AssertionError) else None
        if time.monotonic() >= self._ends:
            what = self._what or "the condition"
            raise AssertionError(
                f"{what} did not hold within {self._within_s:g} s; last: {self._last!r}"
            ) from self._cause


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]],
    *,
    within_s: float = ...,
    every_s: float = ...,
    what: str = ...,
) -> T: ...
@overload
async def eventually(
    condition: Callable[[], T],
    *,
    within_s: float = ...,
    every_s: float = ...,
    what: str = ...,
) -> T: ...
async def eventually(
    condition: Callable[[], Any],
    *,
    within_s: float = 30,
    every_s: float = 0.1,
    what: str = "",
) -> Any:
    """Ask until the condition gives something true, and return that.

    An AssertionError raised by the condition means "not yet"; anything else is
    raised at once. Raises AssertionError after within_s with the last answer.
    """
    deadline = _Deadline(within_s, what)
    while True:
        try:
            answer = condition()
            value = await answer if isawaitable(answer) else answer
        except AssertionError as error:
            deadline.not_yet(error)
        else:
            if value:
                return value
            deadline.not_yet(value)
        await asyncio.sleep(every_s)


def eventually_sync(
    condition: Callable[[], T], *, within_s: float = 30, every_s: float = 0.05, what: str = ""
) -> T:
    """`eventually` where no event loop runs."""
    deadline = _Deadline(within_s, what)
    while True:
        try:
            value = condition()
        except AssertionError as error:
            deadline.not_yet(error)
        else:
            if value:
                return value
            deadline.not_yet(value)
        time.sleep(every_s)


def free_port() -> int:
    """A port on 127.0.0.1 nobody listens on, below those given to outgoing connections.

    So it stays free while a server that had it is down for a restart. Whoever
    takes it still has to be ready to find it taken, and ask for another.
    """
    try:
        highest = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):
        highest = 32_768
    if highest <= _LOWEST_PORT:
        highest = 32_768
    for port in random.sample(range(_LOWEST_PORT, highest), 200):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port from {_LOWEST_PORT} to {highest} on 127.0.0.1")


def listening(port: int) -> bool:
    """Whether somebody accepts connections on this port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
