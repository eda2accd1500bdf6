"""The stream of events that a page listens to: server-sent events over one open answer."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from sinks.board.feeds import Feed, Told
from sinks.board.replies import Denied, harden

_SAYS_SOMETHING_EVERY_S: Final = 15.0
_RETRY_MS: Final = 1_000
_AT_ONCE: Final = 500  # listeners of one sink


class Streams:
    """Those that are open. still_there: asked now and then whether a seat still may listen."""

    def __init__(self) -> None:
        self._open = 0

    async def serve(
        self, request: web.Request, feed: Feed, still_there: Callable[[], bool]
    ) -> web.StreamResponse:
        """Tell events until the listener goes, loses its seat, or the feed ends."""
        if self._open >= _AT_ONCE:
            raise Denied(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self._open} open boards",
                "fewer",
                "close some, or run another sink",
                {"Retry-After": "10"},
            )
        cursor = request.headers.get("Last-Event-ID") or request.query.get("cursor", "")
        answer = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
                "X-Accel-Buffering": "no",
            }
        )
        harden(answer)
        listener = feed.listen(cursor)
        self._open += 1
        try:
            await answer.prepare(request)
            await answer.write(b"retry: %d\n\n" % _RETRY_MS)
            checked_s = time.monotonic()
            while not listener.closed:
                told = await listener.next(_SAYS_SOMETHING_EVERY_S)
                await answer.write(_written(feed, told) if told else b": still here\n\n")
                if time.monotonic() - checked_s >= _SAYS_SOMETHING_EVERY_S:
                    checked_s = time.monotonic()
                    if not still_there():
                        break
        except ConnectionResetError:
            pass  # the listener went; it comes back by itself
        finally:
            self._open -= 1
            feed.listeners.discard(listener)
        return answer


def _written(feed: Feed, told: Told) -> bytes:
    number = b"id: %s\n" % feed.cursor_of(told.number).encode() if told.number else b""
    return b"%sevent: %s\ndata: %s\n\n" % (number, told.name.encode(), told.data)
