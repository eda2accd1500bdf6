"""The duty board over all stages: an alert reaches open pages, an action Kafka, tally and every page."""

import http.client
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec

from cli.producing import Record
from tests.brokers import Broker
from tests.stages import NOW, Stages, deployed, event, structured
from tests.stores import alert
from tests.waiting import eventually_sync

COUNTY = "620702"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Page:
    """An open page: listens, comes back by itself, keeps what it was told."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)
        self.told: list[tuple[str, Any]] = []
        self.cursor = ""
        self.lines = 0
        self._socket: socket.socket | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="page", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._hear()
            except (OSError, http.client.HTTPException, ValueError):
                self._closed.wait(0.2)

    def _hear(self) -> None:
        line = http.client.HTTPConnection(
            str(self._address.hostname), self._address.port, timeout=30
        )
        with closing(line):
            line.request("GET", "/api/v1/events", headers={"Last-Event-ID": self.cursor})
            self._socket = line.sock
            with line.getresponse() as answer:
                self._keep(answer)

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        fields: dict[str, str] = {}
        while line := answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                said = json.loads(fields["data"])
                self.lines += fields["event"] == "hello"
                self.cursor = fields.get("id") or said.get("cursor") or self.cursor
                self.told.append((fields["event"], said))
                fields = {}

    def heard(self, name: str, **given: Any) -> dict[str, Any] | None:
        """The latest event of this name that says so."""
        for event_, said in reversed(self.told):
            if event_ == name and given.items() <= said.items():
                return dict(said)
        return None

    def close(self) -> None:
        self._closed.set()
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(40)


@contextmanager
def open_page(stages: Stages) -> Iterator[Page]:
    page = Page(stages.address_of("sink").rstrip("/"))
    try:
        eventually_sync(lambda: page.lines, what="an open page")
        yield page
    finally:
        page.close()


def asked(stages: Stages, path: str, body: Any = None) -> Any:
    """GET, or POST with the session's csrf."""
    headers = {"Content-Type": "application/json"}
    if body is not None:
        headers["X-Huishang-CSRF"] = asked(stages, "/api/v1/me")["csrf"]
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(stages.address_of("sink").rstrip("/") + path, data, headers)
    with _OPENER.open(request, timeout=30) as answer:
        return json.load(answer)


def red(number: int = 1) -> Record:
    given = event("grid-reports", f"red-{number}", COUNTY, NOW, category="S14", severity=1)
    return structured("grid-reports", given)


def test_an_action_goes_from_a_page_through_kafka_to_every_page(broker: Broker) -> None:
    with (
        deployed(broker, "intake", "tally", "sink") as stages,
        open_page(stages) as one,
        open_page(stages) as other,
    ):
        stages.publish([red()])
        told = eventually_sync(
            lambda: one.heard("alert", rule="red", status="firing"), within_s=60, what="the alert"
        )
        name = told["id"]

        wanted = {
            "action": "assign",
            "assigned_to": "住建局",
            "by": "夜班岗",
            "note": "请联系13893612345",
        }
        said = asked(stages, f"/api/v1/alerts/{name}/actions", wanted)
        changed = eventually_sync(
            lambda: other.heard("alert", id=name, status="assigned"), what="the other page"
        )
        assert (changed["by"], changed["assigned_to"]) == ("夜班岗", "住建局")
        assert "13893612345" not in json.dumps([one.told, other.told], ensure_ascii=False)
        answer = eventually_sync(
            lambda: other.heard("answer", identity=said["identity"]), what="what became of it"
        )
        assert (answer["verdict"], answer["alert_id"]) == ("done", name)
        [record] = [json.loads(value) for _, _, value in stages.log_of("alert-actions")]
        assert (record["id"], record["source"]) == (said["event"], "huishang-board")
        [row] = stages.rows("SELECT post, what, outcome, event FROM audit FINAL")
        assert (row["what"], row["outcome"], row["event"]) == ("assign", "published", said["event"])

        note = {"kind": "handover", "county_code": COUNTY, "note": "停水待反馈", "by": "夜班岗"}
        asked(stages, "/api/v1/duty-log", note)
        eventually_sync(lambda: other.heard("log", note="停水待反馈", by="夜班岗"), what="the log")


def test_what_comes_while_the_sink_is_down_is_on_the_page_afterwards(kafka_only: Broker) -> None:
    def raised(number: int) -> Record:
        made = alert(f"{number:016x}", raised_at=NOW, window_start=NOW, window_end=NOW)
        return Record("alerts", COUNTY.encode(), msgspec.json.encode(made))

    with deployed(kafka_only, "sink") as stages, open_page(stages) as page:
        stages.publish([raised(1)])
        eventually_sync(lambda: page.heard("alert", id=f"{1:016x}"), what="the first")
        stages.workers["sink"].kill()
        stages.publish([raised(2)])
        before = page.lines
        port = int(stages.address_of("sink").rstrip("/").rpartition(":")[2])
        stages.start("sink", port=port)
        stages.ready("sink")
        eventually_sync(lambda: page.lines > before, what="the page is back")
        assert page.heard("reset")
        eventually_sync(
            lambda: f"{2:016x}" in {one["id"] for one in asked(stages, "/api/v1/board")["alerts"]},
            what="the second",
        )
