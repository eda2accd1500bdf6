"""Each stage works on Apache Kafka with the ACLs of streams/grants.py, and makes use of them all."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import msgspec
import pytest
import yaml

from cli.producing import Record
from streams.grants import GRANTS, rules
from tests.brokers import Broker, apart
from tests.duty_board import access_file, bearer
from tests.kafka.guarded import Asked, GuardedKafka, guarded_kafka
from tests.processes import Child
from tests.stages import Stages, Truth, deployed, event, structured
from tests.stores import digest
from tests.waiting import eventually_sync, free_port

PREFIX: Final = "guarded."
SHANGHAI: Final = timezone(timedelta(hours=8))
NOON: Final = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
COUNTY: Final = "620702"
MARKS: Final = {"intake": "毒甲", "tally": "毒乙", "sink": "毒丙"}
FAULTS: Final = {"intake": "classify", "tally": "decide", "sink": "digest"}
KILLED_ITSELF: Final = 70

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedKafka]:
    (tmp_path / "kafka").mkdir()
    users = {stage: f"Geheim-{stage}" for stage in GRANTS}
    with guarded_kafka(tmp_path / "kafka", users) as server:
        yield server


class Guarded:
    """The stages of the test: each logs in, and has a fault that an event with its mark brings out."""

    def __init__(self, stages: Stages, server: GuardedKafka, monkeypatch: pytest.MonkeyPatch):
        self._stages = stages
        self._server = server
        self._monkeypatch = monkeypatch

    def start(self, stage: str, number: int) -> Child:
        with self._monkeypatch.context() as patch:
            patch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "poisoned"))
            patch.setenv("FAULT", FAULTS[stage])
            patch.setenv("MARK", MARKS[stage])
            name = f"{stage}-{number}"
            return self._stages.start(stage, name, **self._server.by_password(stage))

    def dies_twice(self, *stages: str) -> None:
        """The workers that run and the next ones; the third set aside what killed them."""
        for number in (1, 2):
            for stage in stages:
                child = self._stages.workers[f"{stage}-{number}"]
                assert child.wait(120) == KILLED_ITSELF, child.tail()
                self.start(stage, number + 1)
        self._stages.ready(*(f"{stage}-3" for stage in stages))


def act(board: str, path: str, body: dict[str, str]) -> None:
    """Do something at the duty board, as its duty room."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = bearer("duty-all")
    me = urllib.request.Request(f"{board}api/v1/me", headers=headers)
    with opener.open(me, timeout=30) as answer:
        csrf = json.load(answer)["csrf"]
    headers |= {"X-Huishang-CSRF": csrf, "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{board}api/v1/{path}", json.dumps(body).encode(), headers)
    with opener.open(asked, timeout=30) as answer:
        assert answer.status == 202


def wanted() -> set[Asked]:
    """What the table says, as Kafka says it."""
    return {
        Asked(stage, True, operation.upper(), rule.kind.upper(), rule.name)
        for stage in GRANTS
        for rule in rules(stage, PREFIX)
        for operation in rule.operations
    }


def used(server: GuardedKafka) -> set[Asked]:
    """What was asked for, but to describe what may be read or written anyway."""
    asked = {
        one._replace(name=f"{PREFIX}huishang-channel-")
        if one.name.startswith(f"{PREFIX}huishang-channel-")
        else one
        for one in server.asked()
    }
    implied = {one._replace(operation="DESCRIBE") for one in asked if one.operation != "DESCRIBE"}
    return asked - implied


def test_each_stage_does_all_its_work_with_its_acls_and_no_acl_is_idle(
    guarded: GuardedKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("2026-03-02T15:50:00+08:00", encoding="ascii")
    channels = tmp_path / "channels.yaml"
    hook = {"name": "hook", "url": f"json://127.0.0.1:{free_port()}/in"}  # nobody is there
    channels.write_text(yaml.safe_dump({"channels": [hook]}), encoding="utf-8")
    broker = Broker("kafka", guarded, PREFIX, tmp_path)
    for stage in GRANTS:
        for rule in rules(stage, PREFIX):
            apart(guarded.allow(stage, rule))

    stream = "hotline-calls"
    good = [
        event(stream, number, COUNTY, NOON - timedelta(hours=number % 100), category="S01")
        for number in range(300)
    ]
    good.append(event(stream, "red", COUNTY, NOON, severity=1))
    truth = Truth()
    truth.take(stream, good)
    given = {
        "clock_file": clock,
        "counties": COUNTY,
        "channels": channels,
        "board_access": access_file(tmp_path),
    }
    with deployed(broker, **given) as stages:
        workers = Guarded(stages, guarded, monkeypatch)
        for stage in GRANTS:
            workers.start(stage, 1)
        stages.ready()
        bad = event(stream, "bad", COUNTY, NOON, title=f"{MARKS['intake']}事项")
        grave = event(stream, "grave", COUNTY, NOON, severity=1, title=f"{MARKS['tally']}事项")
        told = digest(title=f"{MARKS['sink']}日报告", issued_at=NOON)
        stages.publish([structured(stream, one) for one in [*good, bad, grave]])
        stages.publish([Record("digests", COUNTY.encode(), msgspec.json.encode(told))])
        workers.dies_twice("intake", "sink")
        workers.dies_twice("tally")
        truth.holds(stages)

        board = stages.address_of("sink-3")
        [red] = stages.rows("SELECT id FROM alerts FINAL WHERE rule = 'red'")
        act(board, f"alerts/{red['id']}/actions", {"action": "acknowledge"})
        act(board, "duty-log", {"kind": "handover", "county_code": COUNTY, "note": "交接"})
        clock.write_text("2026-03-02T16:31:00+08:00", encoding="ascii")
        kinds = "SELECT DISTINCT county FROM digests FINAL WHERE kind = 'daily_report'"
        eventually_sync(
            lambda: len(stages.rows(kinds)) == 2, within_s=60, what="county's and city's report"
        )
        poison = "SELECT DISTINCT topic FROM dead_letters FINAL WHERE reason = 'poison'"
        eventually_sync(lambda: len(stages.rows(poison)) == 2, within_s=60, what="the dead letters")
        letters = [json.loads(value) for _, _, value in stages.log_of("dead-letters")]
        assert [one["reason"] for one in letters] == ["poison"] * 3

        def every_one_is_used() -> bool:
            assert wanted() - used(guarded) == set()
            return True

        eventually_sync(every_one_is_used, within_s=30, what="every ACL used")

    assert {one for one in guarded.asked() if not one.allowed} == set()
    assert used(guarded) == wanted()
