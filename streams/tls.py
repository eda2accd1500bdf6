"""Encryption as a client of ours wants it: whom it trusts, what it shows of itself, why it is refused."""

import ssl
from pathlib import Path
from typing import Final

from streams.errors import AccessRefused, SettingsError
from streams.sources import PREFIX

_EXPIRED: Final = 10
_OF_ANOTHER_NAME: Final = frozenset({62, 63, 64})  # X509_V_ERR_HOSTNAME_MISMATCH and the next two


def context_of(
    service: str, ca: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """What a connection is made with.

    service: KAFKA or CLICKHOUSE, as its settings begin. ca: who signed the server's
    certificate; None: the system's authorities. certificate: ours, with its key in the same
    file when key is None. Raises SettingsError for files that cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise _unusable(f"{service}_CA", ca, error) from None
    if certificate:
        try:
            # With a password of its own a key would be asked for at the terminal.
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ssl.SSLError) as error:
            raise _unusable(f"{service}_CERTIFICATE", certificate, error) from None
    return context


def untrusted(service: str, who: str, error: ssl.SSLCertVerificationError) -> AccessRefused:
    """The sentence for a server whose certificate does not hold. who: `Kafka at kafka:9093`."""
    if error.verify_code in _OF_ANOTHER_NAME:
        todo = f"set {PREFIX}{service} to a name that stands in it"
    elif error.verify_code == _EXPIRED:
        todo = "have it renewed"
    else:
        todo = f"set {PREFIX}{service}_CA to the file of the authority that signed it"
    said = error.verify_message.rstrip(".")
    return AccessRefused(f"the certificate of {who} cannot be trusted: {said}; {todo}")


def _unusable(name: str, path: object, error: OSError) -> SettingsError:
    why = error.strerror or str(error)
    return SettingsError(f"{PREFIX}{name} names {path}, which cannot be used: {why}")
