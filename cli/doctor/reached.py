"""What a server shows to whoever connects: until when its certificate is good."""

import asyncio
import ssl
from datetime import UTC, datetime


async def certificate_ends(host: str, port: int, context: ssl.SSLContext) -> datetime:
    """When the certificate ends that a server shows. Raises OSError."""
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    try:
        shown = writer.get_extra_info("peercert")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    finally:
        writer.transport.abort()
