"""The doctor's findings out of facts: what is well, what is not, and what is said to mend it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from click.testing import CliRunner

from cli.doctor import groups, machine, measures, store, topics
from cli.doctor.broker import Cluster, Partition, Topic
from cli.doctor.findings import (
    Finding,
    Group,
    Verdict,
    completed,
    exit_code,
    folded,
    ok,
    problem,
    unasked,
    warning,
)
from cli.main import main
from sinks.health import UNKNOWN, Looked
from streams.errors import Retryable
from streams.grants import rules
from streams.settings import Settings
from streams.topics import TIED, TOPICS

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(kafka="kafka:9093", partitions=4, kafka_user="huishang-tally")
ALL = {topic.name: topic.partitions or 4 for topic in TOPICS}


def partition(number: int = 0, leader: int = 1, copies: int = 3, in_step: int = 3) -> Partition:
    return Partition(number, leader, range(copies), range(in_step))


def cluster(brokers: int = 3, least: int = 2, **changed: Topic) -> Cluster:
    """All topics as they should be, but for those given by name (- as _)."""
    found = {
        topic.name: Topic(
            topic.name,
            False,
            [partition(number) for number in range(ALL[topic.name])],
            frozenset({"Read", "Write", "Describe"}),
            {**topic.config, "min.insync.replicas": str(least)},
        )
        for topic in TOPICS
    }
    return Cluster(brokers, found | {name.replace("_", "-"): one for name, one in changed.items()})


def reports(**given: Any) -> Topic:
    return cluster().topics["reports"]._replace(**given)


def looked(members: int, committed: int, end: int, state: str = "Stable") -> Looked:
    tps = [TopicPartition("reports", number) for number in range(4)]
    return Looked(state, members, dict.fromkeys(tps, committed), dict.fromkeys(tps, end))


@pytest.mark.parametrize(
    ("findings", "plain", "strict"),
    [
        ([ok("a", "")], 0, 0),
        ([ok("a", ""), unasked("b", "")], 0, 0),
        ([ok("a", ""), warning("b", "")], 0, 1),
        ([warning("a", ""), problem("b", ""), ok("c", "")], 1, 1),
    ],
)
def test_only_problems_fail_and_warnings_if_asked(
    findings: list[Finding], plain: int, strict: int
) -> None:
    found = [Group("kafka", "Kafka", findings)]
    assert (exit_code(found, strict=False), exit_code(found, strict=True)) == (plain, strict)


def test_what_was_not_asked_keeps_its_place_and_is_one_line_for_people() -> None:
    found = completed([problem("reached", "away")], ["reached", "topics", "clock"], "it is away")
    assert [one.check for one in found] == ["reached", "topics", "clock"]
    [away, rest] = folded(found)
    assert (away.verdict, rest.verdict) == (Verdict.PROBLEM, Verdict.UNASKED)
    assert rest.said == "it is away: topics, clock"


def test_a_cluster_as_it_should_be_has_nothing_to_mend() -> None:
    seen = cluster()
    found = [
        topics.brokers(SETTINGS, seen),
        topics.there(SETTINGS, seen),
        topics.partitions(SETTINGS, seen),
        topics.copies(SETTINGS, seen),
        topics.configuration(SETTINGS, seen),
        *topics.permissions(SETTINGS, rules("sink"), seen, {}),
    ]
    assert [(one.verdict, one.todo) for one in found] == [(Verdict.OK, "")] * 6


@pytest.mark.parametrize(
    ("seen", "verdict", "says"),
    [
        (cluster(reports=reports(partitions=[partition(2, leader=-1)])), "problem", "reports-2"),
        (cluster(reports=reports(partitions=[partition(1, in_step=1)])), "problem", "nobody can wr"),
        (cluster(reports=reports(partitions=[partition(1, in_step=2)])), "warning", "reports-1"),
        (cluster(reports=reports(partitions=[partition(copies=1, in_step=1)], config={})), "warning", "one copy"),
        (cluster(least=1), "warning", "min.insync.replicas is 1"),
    ],
    ids=["no leader", "below minimum", "behind", "one copy", "one is enough"],
)  # fmt: skip
def test_copies_that_are_missing_or_too_few_are_told(
    seen: Cluster, verdict: str, says: str
) -> None:
    found = topics.copies(SETTINGS, seen)
    assert found.verdict.value == verdict
    assert says in found.said
    assert "kafka:9093" in found.todo or "HUISHANG_REPLICATION=3" in found.todo


def test_topics_that_are_hidden_are_not_called_missing() -> None:
    hidden = cluster(alerts=Topic("alerts", True, [], None, None))
    assert "does not let this user see alerts" in topics.there(SETTINGS, hidden).said
    missing = cluster(alerts=Topic("alerts", False, [], None, None))
    assert topics.there(SETTINGS, missing).todo == "huishang topics apply"


def test_other_partitions_than_set_or_than_each_other_are_told() -> None:
    tied = {name: cluster().topics[name]._replace(partitions=[partition()]) for name in TIED}
    all_of_them = {name.replace("-", "_"): one for name, one in tied.items()}
    found = topics.partitions(SETTINGS, cluster(**all_of_them))
    assert found.verdict is Verdict.PROBLEM
    assert "topic reports has 1 partitions, HUISHANG_PARTITIONS is 4; set it to 1" in found.said
    found = topics.partitions(SETTINGS, cluster(reports=tied["reports"]))
    assert found.verdict is Verdict.PROBLEM
    assert "huishang journal repartition" in found.said


def test_a_permission_that_is_missing_comes_with_the_command_that_gives_it() -> None:
    seen = cluster(counts=cluster().topics["counts"]._replace(rights=frozenset({"Describe"})))
    wanted = rules("tally")
    rights = {rule.name: frozenset(rule.operations) for rule in wanted if rule.kind == "group"}
    rights["huishang-tally"] = frozenset()
    counts, group = topics.permissions(SETTINGS, wanted, seen, rights)
    assert counts.todo == (
        "kafka-acls.sh --bootstrap-server kafka:9093 --add --allow-principal "
        "User:huishang-tally --operation Write --topic counts"
    )
    assert group.todo.endswith("--operation Read --group huishang-tally")


def test_a_broker_that_tells_no_permissions_is_not_blamed() -> None:
    seen = Cluster(1, {name: one._replace(rights=None) for name, one in cluster().topics.items()})
    [found] = topics.permissions(SETTINGS, rules("tally"), seen, {"huishang-tally": None})
    assert found.verdict is Verdict.UNASKED


@pytest.mark.parametrize(
    ("first", "later", "verdict", "says"),
    [
        (looked(2, 9, 9), None, "ok", "2 workers, 0 records behind"),
        (looked(2, 5, 9), looked(2, 6, 9), "ok", "12 records behind"),
        (looked(2, 5, 9), looked(2, 5, 9), "warning", "committed nothing within 5 s"),
        (looked(0, 5, 9), None, "warning", "no tally is at work, and 16 records wait"),
        (looked(6, 9, 9), None, "warning", "2 of them have nothing to do"),
        (looked(2, 0, 9_000), looked(2, 1, 9_000), "warning", "expected below 10,000"),
        (looked(2, 9, 9, "PreparingRebalance"), None, "warning", "being assigned"),
        (looked(0, 9, 9, UNKNOWN), None, "not asked", "does not tell"),
    ],
)
def test_a_group_by_its_members_and_what_they_have_left(
    first: Looked, later: Looked | None, verdict: str, says: str
) -> None:
    found = groups.group("tally", first, later, 5.0)
    assert found.verdict.value == verdict
    assert says in found.said


def test_a_log_that_ends_before_what_was_counted_is_lost() -> None:
    assert groups.log({0: 41, 1: -1}, {0: 42, 1: 0, 2: 7}).verdict is Verdict.OK
    found = groups.log({0: 41}, {0: 3})
    assert "partition 0 ends at 3, and 42 were counted" in found.said
    assert "huishang journal new-log" in found.todo


def test_secrets_that_everybody_may_read_are_told(tmp_path: Path) -> None:
    key, closed = tmp_path / "key.pem", tmp_path / "password"
    for path, mode in ((key, 0o644), (closed, 0o640)):
        path.write_text("secret")
        path.chmod(mode)
    settings = Settings(kafka_key=key)
    environment = {"HUISHANG_KAFKA_PASSWORD_FILE": str(closed)}
    files = machine.secret_files(settings, environment)
    assert files == [closed, key]
    [found] = machine.secrets(files)
    assert found.todo == f"chmod o-r {key}"
    key.chmod(0o600)
    assert [one.verdict for one in machine.secrets(files)] == [Verdict.OK]
    assert list(machine.secrets([])) == []


def test_files_that_a_stage_would_refuse_are_told_to_those_who_read_them(tmp_path: Path) -> None:
    wrong = tmp_path / "rules.yaml"
    wrong.write_text("nonsense: 1\n")
    settings = Settings(rules=wrong, data=tmp_path)
    told = {
        stage: [one for one in machine.machine(settings, stage, {}) if one.check == "rules"]
        for stage in ("intake", "tally")
    }
    assert told["intake"] == []
    [found] = told["tally"]
    assert found.verdict is Verdict.PROBLEM
    assert "nonsense" in found.said


@pytest.mark.parametrize(
    ("stage", "host", "told"),
    [(None, "0.0.0.0", True), ("sink", "0.0.0.0", True), ("tally", "0.0.0.0", False), (None, "127.0.0.1", False)],
)  # fmt: skip
def test_a_board_that_lets_nobody_in_is_told(
    tmp_path: Path, stage: str | None, host: str, told: bool
) -> None:
    settings = Settings(host=host, data=tmp_path)
    found = [one.said for one in machine.machine(settings, stage, {}) if one.check == "board"]
    assert bool(found) is told
    assert all("HUISHANG_BOARD_ACCESS" in said for said in found)


def test_certificates_are_told_a_month_before_they_end() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    near, far = (
        measures.certificate("certificate", "Kafka", now + timedelta(days=days), now)
        for days in (12, 90)
    )
    assert (near.verdict, far.verdict) == (Verdict.WARNING, Verdict.OK)
    assert near.todo.endswith("and give it to Kafka")
    assert near.said == "the certificate of Kafka ends on 2026-03-13, in 12 days"


def test_the_version_that_is_expected_is_the_one_that_is_deployed() -> None:
    image = re.compile(r"clickhouse/clickhouse-server:(\d+)\.(\d+)")
    for path in ("docker-compose.yml", "deploy/k8s/components/clickhouse/installation.yaml"):
        [told] = image.findall((ROOT / path).read_text(encoding="utf-8"))
        assert tuple(map(int, told)) == store.TRIED


def test_settings_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    env = {"HUISHANG_PARTITIONS": "many", "HUISHANG_DATA": str(tmp_path)}
    done = CliRunner().invoke(main, ["doctor", "--json"], env=env)
    assert done.exit_code == 1
    [found] = json.loads(done.stdout)["findings"]
    assert (found["check"], found["verdict"]) == ("settings", "problem")
    assert "HUISHANG_PARTITIONS (environment) cannot be 'many'" in found["said"]


def test_people_get_a_line_for_each_check_and_a_sum(tmp_path: Path) -> None:
    env = {"HUISHANG_PARTITIONS": "many", "HUISHANG_DATA": str(tmp_path)}
    done = CliRunner().invoke(main, ["doctor"], env=env)
    heading, line, todo, _, total = done.stdout.splitlines()
    assert heading == "This machine"
    assert line.startswith("  problem    settings  HUISHANG_PARTITIONS")
    assert todo.endswith("→ huishang settings")
    assert total == "1 problem."


def test_no_finding_shows_a_password() -> None:
    from cli.doctor.findings import sentence

    assert sentence(Retryable("http://u:geheim@db:8123\nis away")) == "http://u:***@db:8123 is away"
