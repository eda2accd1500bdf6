"""docs/examples: what publishers are shown runs as it stands, is counted, and gets its answers."""

import csv
import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from agents.decode import Decoder
from streams.errors import InvalidEvent
from streams.grants import Rule
from tests.brokers import Broker, EmbeddedBroker, apart, make_topics
from tests.kafka import jars
from tests.kafka.guarded import GuardedKafka, guarded_kafka
from tests.processes import run_command
from tests.stages import NOW, Stages, deployed
from tests.waiting import eventually_sync

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
USER: Final = "hotline"
PASSWORD: Final = "Geheim-hotline-51c9"
# All that upstream systems want, as docs/publishing.md and deploy/README.md say.
ALLOWED: Final = (
    Rule("topic", "hotline-calls", False, ("Write",)),
    Rule("topic", "dead-letters", False, ("Read",)),
    Rule("group", "answers-12345", False, ("Read",)),
)
WRONG: Final = {  # number → what is sent, and the answer
    "unknown": ({"county": "999999"}, "unknown_county"),
    "ahead": ({"at": (NOW + timedelta(days=1)).isoformat()}, "time_out_of_range"),
    "short": ({"county": "62070"}, "malformed"),
}
STREAM: Final = "hotline-calls"
COUNTY: Final = "620702"

pytestmark = pytest.mark.timeout(300)
Ticket = dict[str, str]


class Ran(NamedTuple):
    """How an example ended."""

    code: int
    lines: list[str]
    said: str


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded"), {USER: PASSWORD}) as server:
        yield server


@pytest.fixture(scope="module")
def stages(guarded: GuardedKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """All three stages; of the topics' names, those that the examples have."""
    broker = Broker("kafka", guarded, "", tmp_path_factory.mktemp("stages"))
    with deployed(broker, "intake", "tally", "sink") as running:
        for rule in ALLOWED:
            apart(guarded.allow(USER, rule))
        yield running


def tickets(number: int) -> list[Ticket]:
    return [ticket(str(each)) for each in range(number)]


def ticket(number: str, **changed: str) -> Ticket:
    said = f"{number}号路灯不亮三天了"
    return {"number": number, "county": COUNTY, "at": NOW.isoformat(), "said": said, **changed}


def written(folder: Path, found: list[Ticket]) -> Path:
    """tickets.jsonl with these."""
    path = folder / "tickets.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in found), encoding="utf-8")
    return path


def run(*command: str | Path, **environment: str) -> Ran:
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.splitlines(), done.stderr)


def by_password(guarded: GuardedKafka, folder: Path) -> dict[str, str]:
    """The environment of the Python examples."""
    given = guarded.by_password(USER)
    password = folder / "password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return {
        "KAFKA": given["kafka"],
        "KAFKA_USER": USER,
        "KAFKA_PASSWORD_FILE": str(password),
        "KAFKA_CA": str(given["kafka_ca"]),
    }


def counted(stages: Stages, source: str, right: tuple[int, int]) -> None:
    """Wait until so many events of a source are counted, and so many dropped as repeats."""
    key = (COUNTY, STREAM, source)
    eventually_sync(lambda: stages.ledger().get(key) == right, within_s=60, what=str(right))


def places(ran: Ran) -> dict[str, str]:
    """Number → topic/partition/offset, as an example printed them."""
    assert ran.code == 0, ran.said
    return {number: place for place, number in (line.split("\t") for line in ran.lines)}


@pytest.mark.kafka
def test_python_publishes_in_both_modes_and_reads_its_answers(
    guarded: GuardedKafka, stages: Stages, tmp_path: Path
) -> None:
    environment = by_password(guarded, tmp_path)
    bad = [ticket(number, **changed) for number, (changed, _) in WRONG.items()]
    file = written(tmp_path, [*tickets(50), *bad])
    python = (sys.executable, EXAMPLES / "publish.py")
    first = places(run(*python, file, **environment))
    assert len(first) == 50 + len(bad)
    counted(stages, "/example/12345", (50, 0))

    command = (sys.executable, str(EXAMPLES / "answers.py"))
    with run_command(*command, folder=tmp_path, env=environment, name="answers") as answers:

        def answered(sent: dict[str, str]) -> Callable[[], bool]:
            wanted = {(sent[number], reason) for number, (_, reason) in WRONG.items()}
            return lambda: (
                wanted <= {tuple(line.split("\t")[:2]) for line in answers.text().splitlines()}
            )

        eventually_sync(answered(first), within_s=60, what="an answer for each bad ticket")
        # The same tickets in the other mode are the same events.
        again = places(run(*python, "--binary", file, **environment))
        counted(stages, "/example/12345", (50, 50))
        eventually_sync(answered(again), within_s=60, what="and once more")
    assert len(answers.text().splitlines()) == 2 * len(bad)


@pytest.mark.kafka
def test_java_publishes_with_the_properties_shown(
    guarded: GuardedKafka, stages: Stages, tmp_path: Path
) -> None:
    java = jars.java()
    if not any("jdk.compiler" in line for line in run(java, "--list-modules").lines):
        pytest.skip(f"{java} has no compiler: a JDK runs a single source file, a JRE does not")
    given = guarded.by_password(USER)
    text = (EXAMPLES / "client.properties").read_text(encoding="utf-8")
    for shown, here in (
        ("kafka-0.example:9093,kafka-1.example:9093", given["kafka"]),
        ("PASSWORD", PASSWORD),
        ("/etc/huishang/kafka-ca.pem", str(given["kafka_ca"])),
    ):
        assert shown in text
        text = text.replace(shown, here)
    properties = tmp_path / "client.properties"
    properties.write_text(text, encoding="utf-8")
    # Each is sent twice, as after a failure.
    file = written(tmp_path, [*tickets(50), *tickets(50), ticket("wrong", county="999999")])
    command = (java, "-cp", f"{jars.fetched()}/*", EXAMPLES / "Publish.java", properties, file)
    sent = places(run(*command))
    assert len(sent) == 51
    counted(stages, "/example/12345-java", (50, 50))
    letters = [json.loads(value) for _, _, value in stages.log_of("dead-letters")]
    mine = [one for one in letters if one["source"] == "/example/12345-java"]
    assert [f"{one['topic']}/{one['partition']}/{one['offset']}" for one in mine] == [sent["wrong"]]
    assert mine[0]["reason"] == "unknown_county"


@pytest.mark.kafka
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_curl_to_file_publishes_what_upstream_has_and_nothing_when_it_fails(
    stages: Stages, tmp_path: Path, form: str
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    found = [ticket(f"{form}-{number}") for number in range(30)]
    bad = [ticket(f"{form}-short", county="62070"), ticket(f"{form}-date", at="2026/2/30 12:00")]
    broker = stages.broker
    with upstream([*found, *bad]) as (address, broken):
        environment = {
            **broker.env(clickhouse=stages.address, data=tmp_path / "data"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_PROXY": "127.0.0.1",
            "UPSTREAM": address,
            "FORMAT": form,
            "SPOOL": str(tmp_path / "spool"),
        }

        def fetched() -> Ran:
            return run("sh", EXAMPLES / "fetch.sh", **environment)

        first = fetched()
        assert first.code == 0, first.said
        yesterday, today = (json.loads(line) for line in first.lines)
        assert (yesterday["rows"], yesterday["published"]) == (0, 0)
        assert [today[key] for key in ("published", "refused", "counted", "dead_letters")] == [
            *(30, 2, 30, 0)
        ]
        assert "refused row 31: county_code" in first.said
        assert "refused row 32: reported_at: got '2026/2/30 12:00'" in first.said

        again = json.loads(fetched().lines[-1])
        assert (again["counted"], again["duplicates"]) == (0, 30)

        broken.set()
        failed = fetched()
        assert (failed.code, failed.lines) == (22, [])  # curl's code for an HTTP error
        assert "503" in failed.said


@contextmanager
def upstream(found: list[Ticket]) -> Iterator[tuple[str, threading.Event]]:
    """A ticket system: today's tickets; yesterday it had none. The event, once set, breaks it."""
    broken = threading.Event()
    today = subprocess.run(["date", "+%F"], check=True, capture_output=True, text=True).stdout

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            rows = found if asked["day"] == [today.strip()] else []
            body = (_as_csv if asked["format"] == ["csv"] else _as_lines)(rows).encode()
            self.send_response(503 if broken.is_set() else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/export", broken
        finally:
            server.shutdown()
            thread.join()


def _as_csv(rows: list[Ticket]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["number", "county", "at", "said"])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _as_lines(rows: list[Ticket]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def test_the_page_allows_what_is_allowed_here() -> None:
    page = (EXAMPLES.parent / "publishing.md").read_text(encoding="utf-8")
    for rule in ALLOWED:
        (operation,) = rule.operations
        asked = [line for line in page.splitlines() if f"--operation {operation}" in line]
        assert any(f"--{rule.kind} {rule.name}" in line for line in asked), rule


def test_they_work_with_the_broker_of_huishang_run_too(tmp_path: Path) -> None:
    server = EmbeddedBroker(tmp_path)
    server.start()
    try:
        apart(make_topics(Broker("embedded", server, "", tmp_path).settings()))
        shown = EXAMPLES / "tickets.jsonl"
        for mode in ([], ["--binary"]):
            ran = run(
                *(sys.executable, EXAMPLES / "publish.py", *mode, shown),
                KAFKA=server.bootstrap,
                IDEMPOTENCE="no",
            )
            assert len(places(ran)) == len(shown.read_text(encoding="utf-8").splitlines())
    finally:
        server.stop()


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_an_event_is_as_its_contract_asks(mode: str) -> None:
    publish = runpy.run_path(str(EXAMPLES / "publish.py"))
    lines = (EXAMPLES / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    for one in map(json.loads, lines):
        event = Decoder(STREAM).decode(*publish[mode](publish["event_of"](one)))
        assert (event.source, event.id) == ("/example/12345", one["number"])
        with pytest.raises(InvalidEvent, match="six digits"):
            Decoder(STREAM).decode(*publish[mode](publish["event_of"]({**one, "county": "6207"})))
