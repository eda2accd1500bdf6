"""What a ClickHouse driver's errors mean to us: wait and offer again, or stop."""

import re
from collections.abc import Mapping
from typing import Final

from streams.errors import Fatal, HuishangError, SinkBusy

# ClickHouse's ErrorCodes.cpp: the same rows may be taken a little later.
_BUSY_CODES: Final[Mapping[int, float]] = {
    **dict.fromkeys((159, 160, 202, 203, 209, 210, 236, 279, 319, 373, 394, 439), 1.0),
    **dict.fromkeys((241, 242, 243, 252, 285, 745, 999), 5.0),  # memory, space, parts, replicas
}
_ADVICE: Final[Mapping[int, str]] = {
    **dict.fromkeys(
        (192, 193, 194, 516), "refuses the login; check user and password in HUISHANG_CLICKHOUSE"
    ),
    **dict.fromkeys((164, 497), "refuses: {}; use a user that may do this"),
    **dict.fromkeys((16, 47, 60, 81), "lacks what was asked for: {}; run `huishang schema apply`"),
}
_CODE = re.compile(r"Code: (\d+)\.")
_HTTP_STATUS = re.compile(r"HTTP status (\d{3})")


def explained(error: Exception, dsn: str) -> HuishangError:
    """What a driver's error means to us: SinkBusy to wait out, Fatal to stop at.

    dsn: masked, for the message.
    """
    message = str(error)
    code = getattr(error, "code", None) or _number(_CODE.search(message))
    wait_s = _wait_s(code, message)
    if wait_s is not None:
        return SinkBusy(f"{dsn} {_state(code, message)}", wait_s)
    return Fatal(f"{dsn} {_refusal(error, code, message)}")


def _wait_s(code: int | None, message: str) -> float | None:
    """Seconds to leave the store alone; None when waiting will not help."""
    if code is not None:
        return _BUSY_CODES.get(code)
    status = _number(_HTTP_STATUS.search(message))
    if status is not None:
        return 1.0 if status >= 500 or status == 429 else None
    return 1.0 if "executing HTTP request" in message or "Max retries" in message else None


def _state(code: int | None, message: str) -> str:
    if code is not None:
        return f"is busy: {_brief(message)}"
    status = _number(_HTTP_STATUS.search(message))
    return (
        f"answers HTTP {status}"
        if status
        else "does not answer; start it, or set HUISHANG_CLICKHOUSE"
    )


def _refusal(error: Exception, code: int | None, message: str) -> str:
    if isinstance(error, ImportError):
        return "needs chDB; install huishang[embedded]"
    if "Error initializing EmbeddedServer" in message:
        # The engine prints why to stderr, and only sometimes says it here as well.
        return (
            "cannot be opened, most likely because another process holds it; read through that "
            "process's HTTP endpoint (HUISHANG_CLICKHOUSE), or stop it first"
        )
    if message.startswith("Unrecognized column"):
        code = 16
    if message.endswith("is readonly"):  # the driver's own look at system.settings
        code = 164
    status = _number(_HTTP_STATUS.search(message))
    if code is None and status is not None:
        return f"answers HTTP {status}; expected a ClickHouse HTTP port there"
    return _ADVICE.get(code or 0, "failed: {}").format(_brief(message))


def _number(found: re.Match[str] | None) -> int | None:
    return int(found.group(1)) if found else None


def _brief(message: str) -> str:
    """The first sentence of the engine's message, without code, trace and address."""
    text = message.rsplit("DB::Exception: ", maxsplit=1)[-1]
    text = text.split("\n", 1)[0].split(" (version ", 1)[0].split(" (for url ", 1)[0]
    return text.rstrip(". ")[:300]
