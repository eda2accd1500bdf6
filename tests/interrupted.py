"""Commands that write to Kafka, ended after so many records as `kill -9` would end them."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from cli.broker import Broker
from streams.errors import Fatal
from tests.brokers import apart
from tests.waiting import eventually_sync


class Killed(BaseException):
    """Nothing more is written."""


def killed_after(
    monkeypatch: pytest.MonkeyPatch, records: int, work: Callable[[], Coroutine[Any, Any, Any]]
) -> None:
    """Do the work until it wants to write one more; it may first wait for workers to be gone."""
    left, send = records, Broker.send

    async def some(at: Broker, *given: Any) -> int:
        nonlocal left
        if not left:
            raise Killed
        left -= 1
        return await send(at, *given)

    def is_killed() -> bool:
        try:
            apart(work())
        except Killed:
            return True
        except Fatal as error:
            if "stop every worker" not in str(error):
                raise
        return False

    with monkeypatch.context() as patched:
        patched.setattr(Broker, "send", some)
        eventually_sync(is_killed, within_s=60, every_s=1, what="killed")
