"""The sink over ClickHouse's HTTP protocol, against the endpoint as a stand-in for a server."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sinks import migrate
from tests.brokers import Broker
from tests.processes import run_huishang
from tests.stages import Stages, Truth, as_calls, calls, deployed
from tests.stores import Server
from tests.waiting import eventually_sync

COUNTIES = ("620702", "620721", "620722", "620723", "620724", "620725", "620602", "620621")


@pytest.fixture
def server(embedded_only: Broker) -> Iterator[Server]:
    with ExitStack() as children:
        served = Server(embedded_only.data, children)
        served.start()
        yield served


@contextmanager
def sinking(broker: Broker, server: Server) -> Iterator[Stages]:
    """All stages, the sink writing to the server; what the store says is asked of the server."""
    with deployed(broker, "intake", "tally", "sink", clickhouse=server.dsn) as stages:
        stages.ask_at(server.port)
        yield stages


def schema(broker: Broker, server: Server, *command: str) -> tuple[int, str]:
    env = broker.env(clickhouse=server.dsn)
    with run_huishang("schema", *command, "--json", folder=broker.data, env=env) as child:
        return child.wait(60), child.text()


def test_schema_and_rows_go_over_the_wire(embedded_only: Broker, server: Server) -> None:
    assert schema(embedded_only, server, "show")[0] == 1
    code, said = schema(embedded_only, server, "apply")
    assert code == 0, said
    assert [one["number"] for one in json.loads(said)] == [one.number for one in migrate.shipped()]
    assert schema(embedded_only, server, "show")[0] == 0
    events = calls(range(600))
    truth = Truth()
    with sinking(embedded_only, server) as stages:
        for _ in range(2):
            stages.publish(as_calls(events))
            truth.take("hotline-calls", events)
            truth.holds(stages)
        places = {
            row["code"]: row["name"] for row in stages.rows("SELECT code, name FROM counties")
        }
        assert places["620702"] == "甘州区"


def test_a_server_that_is_away_is_waited_for(embedded_only: Broker, server: Server) -> None:
    """When the sink starts, and while events flow: said on /health/ready, and nothing is lost."""
    code, said = schema(embedded_only, server, "apply")
    assert code == 0, said
    events = calls(range(1_150), COUNTIES)
    truth = Truth()
    truth.take("hotline-calls", events)

    def says_so() -> bool:
        answer = stages.health("sink")
        assert answer.status == 503
        assert str(server.port) in answer.body["reason"]
        return True

    server.kill()
    with deployed(embedded_only, "intake", "tally", clickhouse=server.dsn) as stages:
        sink = stages.start("sink")
        stages.ask_at(server.port)
        eventually_sync(lambda: "trying again" in sink.text(), what="the sink trying")
        server.start()
        stages.ready("sink")
        with stages.publishing(as_calls(events), rate=200):
            eventually_sync(lambda: stages.counted() >= 200, what="200 counted")
            server.kill()
            eventually_sync(says_so, what="the problem on /health/ready")
            server.start()
            eventually_sync(lambda: stages.health("sink").status == 200, what="ready again")
        truth.holds(stages)
