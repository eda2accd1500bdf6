"""`huishang publish`: every row arrives or is refused, once, whatever interrupts it."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from cli.main import main
from cli.resuming import Progress
from streams.events import HotlineCallEvent
from streams.topics import full_name
from tests.brokers import Broker, apart, make_topics
from tests.processes import run_process
from tests.waiting import eventually, eventually_sync, free_port

_STREAM = "hotline-calls"
_COMPLAINTS = Path(__file__).parents[3] / "shared" / "data" / "complaints_dev.csv"


class Done(NamedTuple):
    """How a command ended."""

    code: int
    summary: dict[str, Any]
    said: str


def arguments(file: str, *more: str) -> list[str]:
    return [
        *("publish", "--stream", _STREAM, "--csv", file, "--county", "620702"),
        *("--map", "text=text,reported_at=time", "--source", "mailbox", *more),
    ]


def publish(broker: Broker, file: Path | str, *more: str, stdin: bytes = b"") -> Done:
    """Run it to its end. The summary is empty without --json."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments(str(file), *more)],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=broker.data,
        env={**os.environ, **broker.env(), "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=120,
    )
    lines = done.stdout.decode().splitlines()
    summary = json.loads(lines[-1]) if "--json" in more and lines else {}
    return Done(done.returncode, summary, done.stderr.decode())


def mailbox(folder: Path, rows: int, name: str = "mailbox.csv") -> Path:
    """A file whose rows repeat now and then; every tenth has no time."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "text"])
        for row in range(rows):
            time = "" if row % 10 == 0 else f"2026/3/{1 + row % 28} {row % 24}:05"
            writer.writerow([time, f"{row % 97}号路灯不亮，\n已经{row % 5}天了"])
    return path


def records(broker: Broker, expected: int) -> list[ConsumerRecord]:
    """Everything on the stream's topic, once at least so much is there."""
    return apart(_records(full_name(broker.settings(), _STREAM), broker.bootstrap, expected))


async def _records(topic: str, bootstrap: str, expected: int) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    found: list[ConsumerRecord] = []

    async def all_there() -> bool:
        for batch in (await consumer.getmany(timeout_ms=300)).values():
            found.extend(batch)
        return len(found) >= expected

    try:
        await eventually(all_there, within_s=20, every_s=0, what=f"{expected} records on {topic}")
        await all_there()  # and what should not be there
    finally:
        await consumer.stop()
    return found


def events(found: Sequence[ConsumerRecord]) -> list[HotlineCallEvent]:
    return [msgspec.json.decode(record.value, type=HotlineCallEvent) for record in found]


@pytest.fixture
def topics(broker: Broker) -> Broker:
    """The broker, with its topics made."""
    apart(make_topics(broker.settings()))
    return broker


@pytest.fixture
def embedded_topics(embedded_only: Broker) -> Broker:
    apart(make_topics(embedded_only.settings()))
    return embedded_only


def test_every_row_arrives_once_and_the_same_the_next_time(topics: Broker) -> None:
    path = mailbox(topics.data, 700)
    first = publish(topics, path, "--time", "2026-03-01", "--json")
    assert first.code == 0, first.said
    assert first.summary == {
        "rows": 700,
        "published": 700,
        "refused": 0,
        "counted": None,
        "duplicates": None,
        "dead_letters": None,
        "source": "mailbox",
        "runid": first.summary["runid"],
        "without_time": 70,
        "cut": 0,
    }
    found = records(topics, 700)
    assert {record.key for record in found} == {b"620702"}
    assert {record.headers for record in found} == {
        (("content-type", b"application/cloudevents+json"),)
    }
    once = events(found)
    assert {event.runid for event in once} == {first.summary["runid"]}
    ids = [event.id for event in once]
    assert len(set(ids)) == 700

    second = publish(topics, path, "--time", "2026-03-01", "--json")
    assert second.summary["published"] == 700
    assert second.summary["runid"] != first.summary["runid"]
    twice = events(records(topics, 1400))
    assert sorted(event.id for event in twice) == sorted(ids * 2)


def test_after_kill_9_it_goes_on_where_it_was(topics: Broker) -> None:
    path = mailbox(topics.data, 3_000)
    with run_process(
        "cli", *arguments(str(path), "--rate", "800"), folder=topics.data, env=topics.env()
    ) as child:
        eventually_sync(lambda: _kept(topics) > 200, what="progress kept")
        child.kill()
    kept = _kept(topics)
    sent_before = len(records(topics, kept))
    rest = publish(topics, path, "--json")
    assert rest.code == 0, rest.said
    assert f"going on after row {kept:,}" in rest.said
    assert (rest.summary["rows"], rest.summary["published"]) == (3_000, 3_000)
    # What was sent after progress was last kept is sent again; what was kept is not.
    found = events(records(topics, sent_before + 3_000 - kept))
    assert len(found) == sent_before + 3_000 - kept
    assert len({event.id for event in found}) == 3_000
    assert {event.runid for event in found} == {rest.summary["runid"]}


def test_after_ctrl_c_nothing_is_sent_twice(embedded_topics: Broker) -> None:
    broker = embedded_topics
    path = mailbox(broker.data, 2_000)
    with run_process(
        "cli", *arguments(str(path), "--rate", "500"), folder=broker.data, env=broker.env()
    ) as child:
        eventually_sync(lambda: _kept(broker) > 100, what="progress kept")
        child.send(signal.SIGINT)
        assert child.wait() == 130, child.tail()
        assert "the same command goes on from there" in child.text()
    assert publish(broker, path).code == 0
    found = events(records(broker, 2_000))
    assert len(found) == len({event.id for event in found}) == 2_000
    moments = {event.data.reported_at for event in found if event.data.reported_at.minute != 5}
    assert len(moments) <= 1  # rows without a time share the first start's moment


def _kept(broker: Broker) -> int:
    """Rows done by the only publication in the folder, as kept on disk."""
    found = list((broker.data / "publish").glob("*.json"))
    if not found:
        return 0
    return msgspec.json.decode(found[0].read_bytes(), type=Progress).point.rows


def interrupted(broker: Broker, path: Path) -> None:
    """Leave a publication of this file as if it had been killed after the last row but one."""
    publish(broker, path)
    [kept] = (broker.data / "publish").glob("*.json")
    kept.write_bytes(kept.read_bytes().replace(b'"finished":true', b'"finished":false'))


def test_a_file_that_changed_is_published_from_its_start(embedded_topics: Broker) -> None:
    path = mailbox(embedded_topics.data, 50)
    interrupted(embedded_topics, path)
    path.write_text(path.read_text().replace("3号路灯", "4号路灯", 1))
    again = publish(embedded_topics, path, "--json")
    assert "the file changed" in again.said
    assert again.summary["published"] == 50
    assert len(records(embedded_topics, 100)) == 100


def test_another_broker_gets_everything(embedded_topics: Broker) -> None:
    path = mailbox(embedded_topics.data, 50)
    interrupted(embedded_topics, path)
    [kept] = (embedded_topics.data / "publish").glob("*.json")
    kept.write_text(kept.read_text().replace('"broker":"', '"broker":"other '))
    again = publish(embedded_topics, path, "--json")
    assert "another one than before" in again.said
    assert len(records(embedded_topics, 100)) == 100


def test_restart_begins_with_the_first_row(embedded_topics: Broker) -> None:
    path = mailbox(embedded_topics.data, 50)
    interrupted(embedded_topics, path)
    assert publish(embedded_topics, path, "--restart").said == ""
    assert len(records(embedded_topics, 100)) == 100


def test_rows_appended_are_followed_until_ctrl_c(embedded_topics: Broker) -> None:
    broker = embedded_topics
    path = broker.data / "growing.csv"
    path.write_text("text,time\n一,2026/3/1 8:00\n")
    with run_process(
        "cli", *arguments(str(path), "--follow", "--json"), folder=broker.data, env=broker.env()
    ) as child:
        records(broker, 1)
        with path.open("a") as file:
            file.write('"二,\n')
            file.flush()
            file.write('二",2026/3/1 9:00\n一,2026/3/1 8:00\n半')
        found = events(records(broker, 3))
        child.send(signal.SIGINT)
        assert child.wait() == 0, child.tail()
    assert sorted(str(event.data.text) for event in found) == ["一", "一", "二,\n二"]
    assert len({event.id for event in found}) == 3
    assert json.loads(child.text().splitlines()[-1])["published"] == 3
    with path.open("a") as file:
        file.write("句,2026/3/2\n")
    assert publish(broker, path, "--json").summary["published"] == 4
    assert len(records(broker, 4)) == 4


def test_refused_rows_are_said_and_the_rest_arrives(embedded_topics: Broker) -> None:
    path = embedded_topics.data / "a.csv"
    bad = "".join(f"王小明 1391234567{n % 10},明天\n" for n in range(30))
    path.write_text(f"text,time\n好,2026/3/1\n{bad}坏,2026/2/30\n好,2026/3/2\n")
    done = publish(embedded_topics, path, "--json")
    assert done.code == 0
    assert (done.summary["rows"], done.summary["published"], done.summary["refused"]) == (33, 2, 31)
    assert done.said.count("refused row") == 20
    assert "refused row 2: reported_at: got a text of 2 characters, expected" in done.said
    assert "and 11 more rows refused" in done.said
    assert "王小明" not in done.said
    assert len(records(embedded_topics, 2)) == 2


def test_the_exit_code_is_1_when_every_row_was_refused(embedded_topics: Broker) -> None:
    path = embedded_topics.data / "a.csv"
    path.write_text("text,time\n坏,明天\n")
    assert publish(embedded_topics, path).code == 1


def test_a_pipe_in_gb18030_with_times_spread_or_fixed(embedded_topics: Broker) -> None:
    content = "text;time\n路灯不亮;\n漏水;\n".encode("gb18030")
    done = publish(
        embedded_topics,
        *("-", "--encoding", "gb18030", "--time", "2026/3/1 8:00", "--json"),
        stdin=content,
    )
    assert done.summary["published"] == 2
    assert publish(embedded_topics, "-", "--spread", "2026-03-01", "2026-03-02").code == 2
    path = embedded_topics.data / "a.csv"
    path.write_bytes(content)
    publish(embedded_topics, path, "--spread", "2026-03-01", "2026-03-02")
    found = sorted(
        event.data.reported_at.isoformat() for event in events(records(embedded_topics, 4))
    )
    assert found == [
        "2026-03-01T00:00:00+08:00",
        *["2026-03-01T08:00:00+08:00"] * 2,
        "2026-03-01T12:00:00+08:00",
    ]


def test_mistakes_get_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUISHANG_DATA", str(tmp_path))
    monkeypatch.setenv("HUISHANG_KAFKA", f"127.0.0.1:{free_port()}")  # never asked
    path = mailbox(tmp_path, 3)
    missing = str(tmp_path / "nowhere.csv")
    for more, sentence in (
        (("--csv", missing), "nowhere.csv: No such file"),
        (("--map", "title=headline"), "no column 'headline'; the columns are: time, text"),
        (("--county", "999999"), "no county '999999'"),
        (("--stream", "calls"), "no stream 'calls'"),
        (("--zone", "Mars/Base"), "no time zone 'Mars/Base'"),
        (("--time", "tomorrow"), "--time and --spread take a time with the year first"),
        (("--encoding", "klingon"), "no encoding 'klingon'"),
        (("--jsonl", str(path)), "give one of --csv FILE and --jsonl FILE"),
        (("--set", "channel=fax"), "--set channel: got a text of 3 characters, expected one of"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments(str(path), *more))
        said = capsys.readouterr().err
        assert ended.value.code == 2, said
        assert sentence in said
        assert len(said.splitlines()) == 1


def test_a_broker_that_is_away_is_named(tmp_path: Path) -> None:
    path = mailbox(tmp_path, 3)
    port = free_port()
    env = {"HUISHANG_KAFKA": f"127.0.0.1:{port}", "HUISHANG_DATA": str(tmp_path)}
    with run_process("cli", *arguments(str(path)), folder=tmp_path, env=env) as child:
        assert child.wait() == 69
    [sentence] = child.text().splitlines()
    assert f"127.0.0.1:{port}" in sentence
    assert "huishang run" in sentence


def test_a_missing_topic_is_named(kafka_only: Broker) -> None:
    done = publish(kafka_only, mailbox(kafka_only.data, 3))
    assert done.code == 2
    assert f"no topic '{kafka_only.topic_prefix}{_STREAM}'" in done.said
    assert "huishang topics apply" in done.said


def test_wait_returns_when_every_event_is_counted_or_answered(tmp_path: Path) -> None:
    path = mailbox(tmp_path, 60)
    with path.open("a", encoding="utf-8") as file:
        file.write("1999/1/1 8:00,很久以前\n")
    ports = ("KAFKA", "CLICKHOUSE", "STATUS", "INTAKE", "TALLY")
    env = {f"HUISHANG_{name}_PORT": "0" for name in ports} | {"HUISHANG_DATA": str(tmp_path)}
    asked = arguments(str(path), "--wait", "--json", "--timeout", "60")
    with run_process("cli", "run", "--json", folder=tmp_path, env=env, name="run") as run:
        eventually_sync(
            lambda: not run.running or '"ready"' in run.text(), within_s=120, what="ready"
        )
        assert run.running, run.tail()
        summaries = []
        for name in ("first", "second"):
            with run_process("cli", *asked, folder=tmp_path, env=env, name=name) as child:
                assert child.wait(90) == 0, child.tail()
            summaries.append(json.loads(child.text().splitlines()[-1]))
    names = ("rows", "published", "counted", "duplicates", "dead_letters")
    assert [[summary[name] for name in names] for summary in summaries] == [
        [61, 61, 60, 0, 1],
        [61, 61, 0, 60, 1],
    ]


@pytest.mark.skipif(not _COMPLAINTS.exists(), reason="the complaints are not here")
def test_six_thousand_complaints_arrive(embedded_topics: Broker) -> None:
    done = publish(embedded_topics, _COMPLAINTS, "--spread", "2026-03-01", "2026-03-08", "--json")
    assert (done.summary["rows"], done.summary["published"]) == (6_024, 6_024)
    assert len({event.id for event in events(records(embedded_topics, 6_024))}) == 6_024
