"""Runs inside the container that stands in for ClickHouse: everybody may write, as the sink does."""

from pathlib import Path

from aiohttp import web

from sinks.endpoint import application
from sinks.store import Store, embedded_dsn

with Store.open(embedded_dsn(Path("/var/lib/clickhouse/store")), create=True) as store:
    web.run_app(application(store, writable=True), host="0.0.0.0", port=8123, access_log=None)
