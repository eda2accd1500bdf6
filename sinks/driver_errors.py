"""What a ClickHouse driver's errors mean to us: wait and offer again, or stop."""

import re
import ssl
from collections.abc import Mapping
from typing import Final

from urllib3.exceptions import MaxRetryError, ProtocolError
from urllib3.exceptions import SSLError as SSLErrorOfPool

from streams.errors import AccessRefused, Fatal, HuishangError, SinkBusy
from streams.masking import masked
from streams.tls import untrusted

# ClickHouse's ErrorCodes.cpp: the same rows may be taken a little later.
_BUSY_CODES: Final[Mapping[int, float]] = {
    **dict.fromkeys((159, 160, 202, 203, 209, 210, 236, 279, 319, 373, 394, 439), 1.0),
    **dict.fromkeys((241, 242, 243, 252, 285, 745, 999), 5.0),  # memory, space, parts, replicas
}
_REFUSED: Final[Mapping[int, str]] = {
    **dict.fromkeys(
        (192, 193, 194, 516),
        "refuses the login: wrong password or unknown user; check user and password in "
        "HUISHANG_CLICKHOUSE, or HUISHANG_CLICKHOUSE_USER and HUISHANG_CLICKHOUSE_PASSWORD",
    ),
    **dict.fromkeys((164, 497), "refuses: {}; use a user that may do this"),
}
_ADVICE: Final[Mapping[int, str]] = {
    **dict.fromkeys((16, 47, 60, 81), "lacks what was asked for: {}; run `huishang schema apply`"),
}
_CODE = re.compile(r"Code: (\d+)\.")
_HTTP_STATUS = re.compile(r"HTTP status (\d{3})")


def explained(error: Exception, dsn: str) -> HuishangError:
    """What a driver's error means to us: SinkBusy to wait out, AccessRefused or Fatal to stop at.

    dsn: masked, for the message.
    """
    if refused := refusal_of_tls(_of_pool(error), dsn):
        return refused
    message = str(error)
    code = getattr(error, "code", None) or _number(_CODE.search(message))
    wait_s = _wait_s(code, message)
    if wait_s is not None:
        return SinkBusy(f"{dsn} {_state(code, message)}", wait_s)
    if message.endswith("is readonly"):  # the driver's own look at system.settings
        code = 164
    if refusal := _REFUSED.get(code or 0):
        return AccessRefused(f"{dsn} {refusal.format(_brief(message))}")
    return Fatal(f"{dsn} {_trouble(error, code, message)}")


def hung_up(error: Exception) -> bool:
    """Whether someone took the connection and gave no answer that HTTP knows."""
    cut_off = isinstance(_of_pool(error), ssl.SSLEOFError)
    return cut_off or isinstance(_beneath(error), ProtocolError)


def refusal_of_tls(said: object, dsn: str) -> AccessRefused | None:
    """The sentence where both sides do not agree; None for all else, and a handshake cut off."""
    match said:
        case ssl.SSLCertVerificationError():
            return untrusted("CLICKHOUSE", dsn, said)
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return None
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST"):
            return AccessRefused(
                f"{dsn} does not speak TLS; write http:// in HUISHANG_CLICKHOUSE, or its port for "
                "TLS, 8443 as a rule"
            )
        case ssl.SSLError():
            return AccessRefused(
                f"{dsn} and we do not agree on TLS: {said.reason}; check "
                "HUISHANG_CLICKHOUSE_CERTIFICATE and HUISHANG_CLICKHOUSE_KEY"
            )
    return None


def _beneath(error: Exception) -> object:
    """What went wrong on the connection, in urllib3's words."""
    cause = error.__cause__
    return cause.reason if isinstance(cause, MaxRetryError) else cause


def _of_pool(error: Exception) -> object:
    """The error of the ssl module, if there is one beneath."""
    beneath = _beneath(error)
    return beneath.args[0] if isinstance(beneath, SSLErrorOfPool) and beneath.args else None


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


def _trouble(error: Exception, code: int | None, message: str) -> str:
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
    return masked(text.rstrip(". "))[:300]
