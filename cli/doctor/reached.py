"""Until when the certificate is good that a server shows to whoever connects."""

import socket
import ssl
from datetime import UTC, datetime

from cli.doctor.findings import Finding, unasked
from cli.doctor.measures import certificate

_WITHIN_S = 5.0


def shown_certificate(whose: str, host: str, port: int, context: ssl.SSLContext) -> Finding:
    """Connects, and asks nothing. Blocks for five seconds at most."""
    try:
        with (
            socket.create_connection((host, port), _WITHIN_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as wrapped,
        ):
            told = str((wrapped.getpeercert() or {})["notAfter"])
    except OSError as error:
        return unasked("certificate", f"{whose} at {host}:{port} did not show it: {error}")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(told), UTC)
    return certificate("certificate", whose, ends, datetime.now(UTC))
