"""A ClickHouse that is reached over HTTP: its address, encryption, and who we say we are."""

import re
import socket
import ssl
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.httputil import check_env_proxy, get_pool_manager

from sinks.driver_errors import explained, hung_up, refusal_of_tls
from streams.errors import AccessRefused, Fatal
from streams.masking import masked
from streams.settings import Settings
from streams.tls import context_of

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS: Final = {"http": 8123, "https": 8443}
_CONNECTS_WITHIN_S: Final = 5
_HANGS_UP_WITHIN_S: Final = 2
_CLIENTS_AT_ONCE: Final = 32  # as many as asyncio has threads at most


class Server:
    """Makes clients of one server. settings: what the DSN does not say of the login, and files."""

    def __init__(self, dsn: str, settings: Settings | None) -> None:
        """Raises SettingsError for files that cannot be used."""
        parts = urlsplit(dsn)
        self._parts = parts
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self.dsn = masked(dsn)
        # Who it is to the server: dictionaries read their tables as the same.
        self.login = (unquote(parts.username or ""), unquote(parts.password or ""))
        if settings and "@" not in parts.netloc:
            self.login = (settings.clickhouse_user, settings.clickhouse_password.get_secret_value())
        self._certificate = settings.clickhouse_certificate if settings else None
        options: dict[str, Any] = {"maxsize": _CLIENTS_AT_ONCE}
        self._tls = tls_context(settings) if parts.scheme == "https" else None
        if self._tls:
            options["ssl_context"] = self._tls
        # A proxy from the environment has no way to this machine.
        if self._host not in _LOOPBACK:
            options[f"{parts.scheme}_proxy"] = check_env_proxy(parts.scheme, self._host, self._port)
        self._pool = get_pool_manager(**options)

    def client(self, database: str | None = None) -> Client:
        """A client that the server has let in.

        database: instead of the one in the DSN. Raises AccessRefused where it wants
        TLS or a certificate of us, and the driver's errors.
        """
        user, password = self.login
        try:
            return clickhouse_connect.get_client(
                dsn=self._parts._replace(netloc=self._parts.netloc.rpartition("@")[2]).geturl(),
                interface=self._parts.scheme,
                username=user or None,
                password=password,
                database=database,
                tz_mode="aware",
                connect_timeout=_CONNECTS_WITHIN_S,
                send_receive_timeout=60,
                # Without a session, clients do not wait for each other on the server.
                autogenerate_session_id=False,
                pool_mgr=self._pool,
                client_cert=str(self._certificate) if self._certificate else None,
                tls_mode="strict" if password else "mutual",
            )
        except ClickHouseError as error:
            if hung_up(error) and (refused := self._wanted_of_us()):
                raise refused from None
            raise

    def make_database(self) -> None:
        """Make the DSN's database where it is missing. Raises SinkBusy or Fatal."""
        name = unquote(self._parts.path.strip("/")) or "default"
        if not re.fullmatch(r"\w+", name):
            raise Fatal(f"{self.dsn} names the database {name!r}; expected letters, digits and _")
        try:
            client = self.client(database="default")
            client.command(f"CREATE DATABASE IF NOT EXISTS `{name}`")
            client.close()
        except ClickHouseError as error:
            raise explained(error, self.dsn) from None

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _wanted_of_us(self) -> AccessRefused | None:
        """What a server wants that hangs up on us: TLS, or a certificate; None if neither."""
        context = self._tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not self._tls:  # nothing is told to whoever is there
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            with (
                socket.create_connection((self._host, self._port), _CONNECTS_WITHIN_S) as plain,
                context.wrap_socket(plain, server_hostname=self._host) as wrapped,
            ):
                if not self._tls:
                    return AccessRefused(
                        f"{self.dsn} speaks TLS; write https:// in HUISHANG_CLICKHOUSE"
                    )
                wrapped.settimeout(_HANGS_UP_WITHIN_S)
                wrapped.recv(1)  # whoever wants to see nothing waits for us
        except OSError as error:
            return refusal_of_tls(error, self.dsn)
        return None


def tls_context(settings: Settings | None) -> ssl.SSLContext:
    """What a connection is encrypted with. Raises SettingsError for files that cannot be used."""
    if settings is None:
        return context_of("CLICKHOUSE", None, None, None)
    return context_of(
        "CLICKHOUSE",
        settings.clickhouse_ca,
        settings.clickhouse_certificate,
        settings.clickhouse_key,
    )
