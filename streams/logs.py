"""One shape for all logs: JSON lines or text for a terminal, on stderr, without event text.

    configure(settings.log_format, settings.log_level, "tally")
    log = structlog.get_logger(__name__)
    log.info("recovered", partition=3, ids=1_000_000, took_s=0.8)

What Faust, mode, aiokafka and aiohttp log through `logging` gets the same shape.
A Faust worker must leave logging alone: `Worker(app, override_logging=False,
redirect_stdouts=False, loglevel=None)`.
Logged are starts, stops, assignments, problems and totals of batches; never an event.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal, TextIO

import orjson
import structlog

from streams.settings import masked

# Fields that hold what people wrote, or a key to something.
_TEXT: Final = frozenset(
    {"text", "title", "excerpt", "preview", "body", "note", "value", "payload", "record", "data"}
)
_SECRET: Final = frozenset({"password", "passwd", "secret", "token", "authorization", "api_key"})
_LONGEST: Final = 2_000  # characters of one field; a traceback may be longer
# At debug these write out the requests they send, and so the events in them.
_TALKATIVE: Final = (
    *("aiokafka", "faust", "mode", "kafka", "aiohttp", "asyncio", "urllib3"),
    # Faust services of ours, which tell every step of theirs at info.
    *("streams.batches", "streams.app"),
)


def configure(
    log_format: Literal["auto", "json", "text"],
    level: str,
    stage: str,
    stream: TextIO | None = None,
) -> None:
    """Set up logging for a process; the last call counts.

    log_format: auto is text on a terminal, else json. level: debug, info, warning
    or error; clients and frameworks never go below warning. stage: added to every line.
    stream: stderr by default, so that stdout stays a command's own.
    """
    target = stream or sys.stderr
    on_terminal = target.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Stage(stage),
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                discreet,
                _renderer(log_format, on_terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        talker = logging.getLogger(name)
        talker.handlers.clear()
        talker.propagate = True
        talker.setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def discreet(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what may hold event text or passwords.

    >>> discreet(None, "info", {"event": "sent", "text": "abc", "password": "p", "n": 3})
    {'event': 'sent', 'text': '(3 characters)', 'password': '***', 'n': 3}
    """
    return {name: _shown(name, value) for name, value in fields.items()}


def _shown(name: str, value: Any) -> Any:
    lowered = name.lower()
    if lowered in _SECRET:
        return "***"
    if lowered in _TEXT:
        return f"({len(value)} characters)" if isinstance(value, str) else "(left out)"
    match value:
        case None | bool() | int() | float():
            shown: Any = value
        case bytes() | bytearray() | memoryview():
            shown = f"({len(value)} bytes)"
        case Mapping():
            shown = {str(key): _shown(str(key), inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            shown = [_shown(name, inner) for inner in value]
        case _:
            shown = _cut(masked(value), name)
    return shown


def _cut(text: str, name: str) -> str:
    if len(text) <= _LONGEST or name == "exception":
        return text
    return f"{text[:_LONGEST]}… ({len(text)} characters)"


class _Stage:
    """Names the stage on every line."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def __call__(
        self, _: Any, __: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        fields["stage"] = self._stage
        return fields


def _renderer(log_format: str, on_terminal: bool) -> Any:
    if log_format == "text" or (log_format == "auto" and on_terminal):
        return structlog.dev.ConsoleRenderer(
            colors=on_terminal,
            # The richer formatters print local variables, and events with them.
            exception_formatter=structlog.dev.plain_traceback,
            sort_keys=False,
        )
    return structlog.processors.JSONRenderer(serializer=_dumps)


def _dumps(fields: Any, **_: Any) -> str:
    return orjson.dumps(fields, default=str).decode()
