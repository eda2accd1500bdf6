"""`huishang run`: one at a time, nothing left behind, and counts that survive kill -9."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from cli.producing import Record, produce
from streams.journal import Position
from streams.journal_file import FileJournal
from streams.settings import Settings, read_run

_ROOT = Path(__file__).parents[2]
_NOW = datetime.now(UTC).replace(microsecond=0)


class Up(NamedTuple):
    """A `huishang run` that said it is ready."""

    process: "subprocess.Popen[str]"
    kafka: str
    clickhouse: str
    status: str

    def everything(self) -> list[psutil.Process]:
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def query(self, sql: str) -> list[dict[str, Any]]:
        address = self.clickhouse.removesuffix("/default")
        query = urllib.parse.urlencode({"query": sql + " FORMAT JSONEachRow"})
        with urllib.request.urlopen(f"{address}/?{query}", timeout=10) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]


def environment(data: Path, **settings: str) -> dict[str, str]:
    ports = ("KAFKA", "CLICKHOUSE", "STATUS", "INTAKE", "TALLY")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HUISHANG_")}
    return (
        plain
        | {"HUISHANG_DATA": str(data), "PYTHONPATH": str(_ROOT)}
        | {f"HUISHANG_{name}_PORT": "0" for name in ports}
        | settings
    )


@contextmanager
def running(data: Path, **settings: str) -> Iterator[Up]:
    """A run in this folder; killed with all its processes if the test left it alive."""
    command = [sys.executable, "-P", "-m", "cli", "run", "--json"]
    errors = (data.parent / "errors").open("a+")
    elsewhere = data.parent / "elsewhere"  # a folder of somebody else's with our names in it
    for name in ("cli", "streams"):
        (elsewhere / name).mkdir(parents=True, exist_ok=True)
        (elsewhere / name / "__init__.py").write_text("raise ImportError('not Huishang')")
    with (
        errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(data, **settings),
            cwd=elsewhere,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            errors.seek(0)
            assert line, f"it ended before it was ready: {errors.read()}"
            ready = json.loads(line)
            assert ready["ready"] is True
            yield Up(process, ready["kafka"], ready["clickhouse"], ready["status"])
        finally:
            if process.poll() is None:
                processes = [psutil.Process(process.pid)]
                processes += processes[0].children(recursive=True)
                kill(processes)


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=20)


def until(condition: Callable[[], object], what: str, deadline_s: float = 60.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not in {deadline_s} s: {what}"
        time.sleep(0.05)


def hotline(number: int) -> Record:
    at = (_NOW - timedelta(minutes=5)).isoformat()
    event = {
        "specversion": "1.0",
        "id": f"call-{number}",
        "source": "urn:test:run",
        "type": "huishang.hotline-call.v1",
        "runid": "run-test",
        "data": {
            "county_code": ("620702", "620722", "620725")[number % 3],
            "occurred_at": at,
            "reported_at": at,
            "text": "小区停水三天了，没有人管。",
            "channel": "phone",
            "demand_type": "complaint",
            "repeat": False,
        },
    }
    value = json.dumps(event, ensure_ascii=False).encode()
    return Record("hotline-calls", event["data"]["county_code"].encode(), value)  # type: ignore[index]


def publish(up: Up, numbers: range) -> None:
    asyncio.run(produce(Settings(kafka=up.kafka), [hotline(number) for number in numbers]))


def ledger(up: Up) -> tuple[int, int]:
    """(counted, duplicates) of everything published here."""
    [row] = up.query(
        "SELECT toInt64(sum(counted)) c, toInt64(sum(duplicates)) d FROM ledger FINAL WHERE runid = 'run-test'"
    )
    return int(row["c"]), int(row["d"])


def counted(up: Up) -> Mapping[str, int]:
    rows = up.query("SELECT county, toInt64(sum(n)) n FROM counts FINAL GROUP BY county")
    return {row["county"]: int(row["n"]) for row in rows}


def journal_bytes(data: Path) -> int:
    return sum(path.stat().st_size for path in (data / "journal").iterdir())


def test_counts_and_ids_go_on_after_everything_was_killed(tmp_path: Path) -> None:
    """kill -9 of all at once, kill -9 of the supervisor alone, Ctrl-C: each time it goes on."""
    data = tmp_path / "data"
    with running(data) as up:
        publish(up, range(300))
        until(lambda: ledger(up) == (300, 0), "300 counted")
        processes = up.everything()
        kill(processes)
        assert len(processes) == 5
    with running(data) as up:
        assert counted(up) == {"620702": 100, "620722": 100, "620725": 100}
        publish(up, range(450))
        until(lambda: sum(ledger(up)) >= 750, "750 answered")
        assert ledger(up) == (450, 300)
        until(
            lambda: counted(up) == {"620702": 150, "620722": 150, "620725": 150}, "50 more in each"
        )
        processes = up.everything()
        up.process.kill()
        _, left = psutil.wait_procs(processes, timeout=20)
        assert not left
    with running(data) as up:
        publish(up, range(440, 460))
        until(lambda: sum(ledger(up)) >= 770, "770 answered")
        assert ledger(up) == (460, 310)
        processes = up.everything()
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(60) == 0
        assert not [process for process in processes if process.is_running()]
        assert read_run(data) is None


def test_what_was_on_its_way_when_everything_was_killed_is_counted_once(tmp_path: Path) -> None:
    """The broker forgets what the journal holds and the store has not got: it must come again."""
    data = tmp_path / "data"
    events = range(6_000)
    with running(data) as up:
        empty = journal_bytes(data)
        publish(up, events)
        until(lambda: journal_bytes(data) > empty, "something in the journal")
        kill(up.everything())
    with running(data) as up:
        publish(up, events)
        until(lambda: ledger(up)[0] == len(events), "all counted", deadline_s=40)
        whole = dict.fromkeys(("620702", "620722", "620725"), len(events) // 3)
        until(lambda: counted(up) == whole, "all in the counts", deadline_s=20)


def test_snapshots_in_files_are_all_that_is_needed_after_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    small = {"HUISHANG_SNAPSHOT_KB": "16"}
    with running(data, **small) as up:
        for start in range(0, 24_000, 6_000):
            publish(up, range(start, start + 6_000))
            until(lambda end=start + 6_000: ledger(up)[0] == end, "counted")
        # Only once the sink has committed what went before is a snapshot taken.
        until(lambda: asyncio.run(chunks_in(data, tmp_path)) > 0, "a snapshot")
        kill(up.everything())
    with running(data, **small) as up:
        publish(up, range(18_000, 30_000))
        until(lambda: sum(ledger(up)) == 36_000, "all answered")
        assert ledger(up) == (30_000, 6_000)
        assert counted(up) == dict.fromkeys(("620702", "620722", "620725"), 10_000)


async def chunks_in(data: Path, tmp_path: Path) -> int:
    """How many chunks of identities snapshots have written, by a copy of the journal."""
    copy = tmp_path / "copy"
    shutil.copytree(data / "journal", copy)
    try:
        recovered = [await FileJournal(copy, 1).recover(n, Position()) for n in range(4)]
        return sum(len(one.chunks) for one in recovered)
    finally:
        shutil.rmtree(copy)


def unwell(data: Path) -> Mapping[str, str]:
    """What `huishang doctor` finds that is not as it should be; how full the disk is, apart."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", "doctor", "--json"],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return {
        one["check"]: one["said"]
        for one in json.loads(done.stdout)["findings"]
        if one["verdict"] in ("warning", "problem") and one["check"] != "disk"
    }


def test_a_folder_has_one_run_which_ends_as_a_whole(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as up:
        found = read_run(data)
        assert found is not None
        assert found.pid == up.process.pid
        assert found.settings["kafka"] == up.kafka
        assert found.settings["clickhouse"] == up.clickhouse
        assert found.settings["partitions"] == 4
        with urllib.request.urlopen(up.status, timeout=10) as page:
            assert page.status == 200
        assert unwell(data) == {}
        second = subprocess.run(
            [sys.executable, "-m", "cli", "run"],
            env=environment(data),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 2
        assert f"process id {up.process.pid}" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        assert read_run(data) == found
        processes = up.everything()
        tally = next(process for process in processes if "tally" in process.cmdline())
        tally.kill()
        assert up.process.wait(60) == 65
        assert not [process for process in processes if process.is_running()]
    assert "tally ended by itself (killed by SIGKILL)" in (tmp_path / "errors").read_text()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = subprocess.run(
            [sys.executable, "-m", "cli", "run"],
            env=environment(tmp_path, HUISHANG_STATUS_PORT=str(port)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert refused.returncode == 2
    assert "HUISHANG_STATUS_PORT" in refused.stderr
    assert str(port) in refused.stderr
