"""A unit test that opens a network socket fails, and is told what to do instead."""

import socket
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_WATCHED = ("connect", "connect_ex", "listen", "sendto")


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse connect, listen and sendto; the socket pairs of event loops stay allowed."""
    attempts: list[str] = []

    def refuse(attempt: str) -> NoReturn:
        attempts.append(attempt)
        pytest.fail(_advice(attempt))

    for name in _WATCHED:
        monkeypatch.setattr(socket.socket, name, _guarded(name, refuse))
    yield
    if attempts:
        pytest.fail(_advice(attempts[0]))


def _guarded(name: str, refuse: Callable[[str], NoReturn]) -> Callable[..., Any]:
    original = getattr(socket.socket, name)

    def method(self: socket.socket, *args: Any) -> Any:
        if self.family in _INTERNET:
            refuse(f"{name}{args}")
        return original(self, *args)

    return method


def _advice(attempt: str) -> str:
    return (
        f"this unit test opened a network socket: {attempt}. Unit tests run without services: "
        "hand the code its input directly, or move the test to tests/integration and use the "
        "`broker` fixture"
    )
