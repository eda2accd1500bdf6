"""TCP proxies between the workers and what they need: slow, cut, silent, deaf, or just passing.

One thread with one loop carries them all. A proxy's port stays the same for its
life, so a broker can advertise it.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

_CHUNK_BYTES: Final = 64 * 1024


class Mode(StrEnum):
    """What a proxy does with what comes."""

    PASS = "pass"
    DELAY = "delay"  # every chunk is held for a while, both ways
    CUT = "cut"  # connections are reset, new ones as well
    SILENT = "silent"  # nothing passes; what is held goes through once it ends
    DEAF = "deaf"  # requests pass, answers are dropped; connections end with it


class Proxy:
    """One port of 127.0.0.1 in front of another. Use `proxies`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.target = 0
        self.held_bytes = 0  # of requests that a slow or silent way has not let through yet
        self._loop = loop
        self._mode = Mode.PASS
        self._delay_s = 0.0
        self._changed = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def lead_to(self, port: int) -> None:
        """From now on connections go to this port; those there are end."""
        self._run(self._set(self._mode, self._delay_s, port, cut=True))

    def set(self, mode: Mode, delay_s: float = 0.0) -> None:
        """Change what happens to every connection, old and new."""
        cut = mode is Mode.CUT or Mode.DEAF in (self._mode, mode)
        self._run(self._set(mode, delay_s, self.target, cut=cut))

    def start(self) -> None:
        self._run(self._listen())

    def stop(self) -> None:
        self._run(self._set(Mode.CUT, 0.0, 0, cut=True))
        if self._server:
            self._loop.call_soon_threadsafe(self._server.close)

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _set(self, mode: Mode, delay_s: float, target: int, *, cut: bool) -> None:
        self._mode, self._delay_s, self.target = mode, delay_s, target
        self._changed.set()
        self._changed = asyncio.Event()
        if cut:
            for writer in list(self._open):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode is Mode.CUT:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            await asyncio.gather(
                self._pump(reader, back, answers=False), self._pump(there, writer, answers=True)
            )
        finally:
            self._open -= {writer, back}

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        """Carry one direction until it ends; then the other ends too."""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_CHUNK_BYTES):
                if await self._through(answers, len(data)):
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort() if self._mode is Mode.CUT else writer.close()

    async def _through(self, answers: bool, size: int) -> bool:
        """Hold what came as the mode asks; False if it is to be dropped."""
        if not answers:
            self.held_bytes += size
        if self._mode is Mode.DELAY:
            await asyncio.sleep(self._delay_s)
        while self._mode is Mode.SILENT:
            await self._changed.wait()
        if not answers:
            self.held_bytes -= size
        return not (answers and self._mode is Mode.DEAF)


@contextlib.contextmanager
def proxies(*names: str) -> Iterator[dict[str, Proxy]]:
    """A listening proxy for each name; their targets are yet to be set."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxies", daemon=True)
    thread.start()
    made = {name: Proxy(loop) for name in names}
    try:
        for proxy in made.values():
            proxy.start()
        yield made
    finally:
        for proxy in made.values():
            proxy.stop()
        asyncio.run_coroutine_threadsafe(_let_end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _let_end() -> None:
    """Wait for whatever still runs on this loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
