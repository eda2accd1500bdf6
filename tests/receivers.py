"""Who listens where messages go: an HTTP receiver and a mail server, on 127.0.0.1, up and down at will."""

import asyncio
import email
import email.policy
import json
import threading
from collections.abc import Callable
from contextlib import ExitStack
from email.message import EmailMessage
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiohttp import web

from tests.waiting import free_port

Reply = tuple[int, dict[str, Any]]


class Got(NamedTuple):
    """One request: where to, and what it held."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


def taken(_: Got) -> Reply:
    """What all three chat services say to a message they take."""
    return 200, {"errcode": 0, "errmsg": "ok", "code": 0, "StatusCode": 0}


class Receiver:
    """An HTTP server that keeps what it took. `reply` says what it answers; `port` stays its own.

    got: requests answered with 200 and code 0; refused: the others.
    """

    def __init__(self, reply: Callable[[Got], Reply] = taken) -> None:
        self.port = free_port()
        self.reply = reply
        self.got: list[Got] = []
        self.refused: list[Got] = []
        self._running = ExitStack()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="receiver")
        thread.start()

        async def listen() -> web.AppRunner:
            application = web.Application()
            application.router.add_route("*", "/{tail:.*}", self._take)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True).start()
            return runner

        runner = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)

        def end() -> None:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(30)
            loop.close()

        self._running.callback(end)

    def stop(self) -> None:
        self._running.close()

    async def _take(self, request: web.Request) -> web.Response:
        got = Got(
            request.path,
            dict(request.query),
            dict(request.headers),
            json.loads(await request.read()),
        )
        status, body = await asyncio.to_thread(self.reply, got)
        (self.got if (status, body.get("errcode", 0)) == (200, 0) else self.refused).append(got)
        return web.json_response(body, status=status)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class MailServer:
    """SMTP as far as a sender needs it (RFC 5321). mails: (recipient, message).

    Recipients that begin with `no` are refused with 550, with `full` put off with 452.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[tuple[str, EmailMessage]] = []
        self._running = ExitStack()

    def __enter__(self) -> Self:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="mail-server")
        thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._talk, "127.0.0.1", self.port), loop
        ).result(30)

        async def close() -> None:
            server.close()
            await server.wait_closed()

        def end() -> None:
            asyncio.run_coroutine_threadsafe(close(), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(30)
            loop.close()

        self._running.callback(end)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        recipients: list[str] = []
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                reply = _of_recipient(recipient)
                if reply.startswith("250"):
                    recipients.append(recipient)
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                message = email.message_from_bytes(content[:-5], policy=email.policy.default)
                self.mails += [(recipient, message) for recipient in recipients]  # type: ignore[misc]
                reply, recipients = "250 taken", []
            else:
                reply = "221 bye" if verb == "QUIT" else "250 ok"
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()
            if verb == "QUIT":
                break
        writer.close()


def _of_recipient(recipient: str) -> str:
    if recipient.startswith("no"):
        return "550 no such user"
    return "452 mailbox full" if recipient.startswith("full") else "250 ok"
