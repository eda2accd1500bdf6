"""The stream of events that a page listens to: server-sent events over one open answer."""

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
            while True:
                told = await listener.next(_SAYS_SOMETHING_EVERY_S)
                if told:
                    await answer.write(_written(feed, told))
                elif listener.closed or not still_there():
                    break
                else:
                    await answer.write(b": still here\n\n")
        except ConnectionResetError:
            pass  # the listener went; it comes back by itself
        finally:
            self._open -= 1
            feed.listeners.discard(listener)
        return answer


def _written(feed: Feed, told: Told) -> bytes:
    number = b"id: %s\n" % feed.cursor_of(told.number).encode() if told.number else b""
    return b"%sevent: %s\ndata: %s\n\n" % (number, told.name.encode(), told.data)
