"""The proxies: what passes, what is held, what is dropped, what is cut."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults.proxy import Mode, Proxy, proxies


@pytest.fixture
def way() -> Iterator[Proxy]:
    """A proxy in front of a server that answers every line with itself."""
    with socket.create_server(("127.0.0.1", 0)) as server, proxies("way") as made:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        made["way"].lead_to(server.getsockname()[1])
        yield made["way"]
        server.shutdown(socket.SHUT_RDWR)


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with closing(connection):
            while data := connection.recv(100):
                connection.sendall(data)


def connected(way: Proxy) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", way.port), timeout=10)
    found.sendall(b"one")
    return found


def test_what_comes_is_passed_both_ways(way: Proxy) -> None:
    way.set(Mode.DELAY, 0.01)
    with closing(connected(way)) as connection:
        assert connection.recv(100) == b"one"


def test_what_was_held_in_silence_goes_through_when_it_ends(way: Proxy) -> None:
    way.set(Mode.SILENT)
    with closing(connected(way)) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        way.set(Mode.PASS)
        connection.settimeout(10)
        assert connection.recv(100) == b"one"


def test_a_cut_ends_what_is_open_and_lets_nothing_in(way: Proxy) -> None:
    with closing(connected(way)) as connection:
        assert connection.recv(100) == b"one"
        way.set(Mode.CUT)
        assert nothing_comes(connection)
    with closing(socket.create_connection(("127.0.0.1", way.port), timeout=10)) as refused:
        assert nothing_comes(refused)
    way.set(Mode.PASS)
    with closing(connected(way)) as connection:
        assert connection.recv(100) == b"one"


def test_answers_that_a_deaf_way_dropped_never_come(way: Proxy) -> None:
    way.set(Mode.DEAF)
    with closing(connected(way)) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        way.set(Mode.PASS)
        connection.settimeout(10)
        assert nothing_comes(connection)


def nothing_comes(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True
