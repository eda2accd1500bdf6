"""A ClickHouse that is reached over TLS only, asks who comes, and writes down whom it let in.

    python -m tests.guarded_store FOLDER PORT

The endpoint over the embedded store stands in for the server, with a login as ClickHouse has it:
by password, or by certificate (https://clickhouse.com/docs/guides/sre/ssl-user-auth).
"""

import base64
import os
import socket
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import trustme
from aiohttp import web

from sinks.endpoint import application
from sinks.store import Store, embedded_dsn
from tests.stores import Server

USER: Final = "huishang"
_ROOT: Final = str(Path(__file__).parents[1])
_LETS_IN: Final = "let in"
_REFUSES: Final = "refuses"
_AUTHENTICATION_FAILED: Final = 516
_CERTIFICATE, _AUTHORITY, _PASSWORD = (
    f"GUARDED_{name}" for name in ("CERTIFICATE", "AUTHORITY", "PASSWORD")
)


class GuardedServer(Server):
    """Its user is USER, with this password, or with the certificate `client`."""

    def __init__(self, folder: Path, children: ExitStack, password: str) -> None:
        super().__init__(folder, children)
        authority = trustme.CA()
        self.ca = folder / "authority.pem"
        self.another_ca = folder / "another.pem"
        self.client = folder / "client.pem"
        authority.cert_pem.write_to_path(self.ca)
        trustme.CA().cert_pem.write_to_path(self.another_ca)
        issued = authority.issue_cert(f"{USER}.example", common_name=USER)
        issued.private_key_and_cert_chain_pem.write_to_path(self.client)
        self.certificate = folder / "clickhouse.pem"
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(self.certificate)
        self._program = (sys.executable, "-m", __name__)
        self._env = {
            _CERTIFICATE: str(self.certificate),
            _AUTHORITY: str(self.ca),
            _PASSWORD: password,
            "PYTHONPATH": _ROOT,
        }

    @property
    def dsn(self) -> str:
        """Without user and password."""
        return f"https://127.0.0.1:{self.port}/default"

    def refused(self) -> int:
        """How many requests it turned down."""
        return self._said(_REFUSES)

    def let_in(self) -> int:
        """How many it answered."""
        return self._said(_LETS_IN)

    def _said(self, what: str) -> int:
        assert self.process
        return self.process.text().count(f"{what}\n")


@contextmanager
def wanting_certificates(server: GuardedServer) -> Iterator[int]:
    """A port where nobody gets beyond TLS without a certificate; asyncio would not say why."""
    context = _tls(server.certificate, server.ca, ssl.CERT_REQUIRED)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with suppress(ssl.SSLError, ConnectionError):
                        context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve, name="wanting-certificates")
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(30)


@web.middleware
async def _asks_who_comes(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if _welcome(request):
        _write_down(_LETS_IN)
        return await handler(request)
    _write_down(_REFUSES)
    return web.Response(
        status=403,
        text=f"Code: {_AUTHENTICATION_FAILED}. DB::Exception: someone: Authentication failed: password "
        "is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED) (version 26.9)\n",
        headers={"X-ClickHouse-Exception-Code": str(_AUTHENTICATION_FAILED)},
    )


def _write_down(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _welcome(request: web.Request) -> bool:
    if request.headers.get("X-ClickHouse-SSL-Certificate-Auth") == "on":
        shown = request.transport and request.transport.get_extra_info("peercert")
        names = [value for part in (shown or {}).get("subject", ()) for _, value in part]
        return request.headers.get("X-ClickHouse-User") in names
    expected = base64.b64encode(f"{USER}:{os.environ[_PASSWORD]}".encode()).decode()
    return request.headers.get("Authorization") == f"Basic {expected}"


def _tls(certificate: Path, authority: Path, wanted: ssl.VerifyMode) -> ssl.SSLContext:
    """wanted: whether those who come have to show a certificate, signed by the authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.load_cert_chain(certificate)
    context.verify_mode = wanted
    return context


def _serve(folder: Path, port: int) -> None:
    certificate, authority = Path(os.environ[_CERTIFICATE]), Path(os.environ[_AUTHORITY])
    context = _tls(certificate, authority, ssl.CERT_OPTIONAL)
    with Store.open(embedded_dsn(folder), create=True) as store:
        app = application(store, writable=True)
        app.middlewares.append(_asks_who_comes)
        web.run_app(
            app, host="127.0.0.1", port=port, ssl_context=context, print=None, access_log=None
        )


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
