"""`huishang demo`: exact on the embedded broker and store, and nothing left running."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

_ROOT = Path(__file__).parents[2]
_WITHIN_S = 240


def environment(data: Path) -> dict[str, str]:
    ports = ("KAFKA", "CLICKHOUSE", "STATUS", "INTAKE", "TALLY")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HUISHANG_")}
    return (
        plain
        | {"HUISHANG_DATA": str(data), "PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"}
        | {f"HUISHANG_{name}_PORT": "0" for name in ports}
    )


def demo(*args: str) -> list[str]:
    return [sys.executable, "-m", "cli", "demo", *args]


def huishang(data: Path, *args: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "cli", *args],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def all_ended(data: Path) -> bool:
    """Every process of the demo holds its lock."""
    with (data / "demo" / "lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_a_small_day_is_exact(tmp_path: Path) -> None:
    finished = subprocess.run(
        demo("--once", "--json", "--events", "2500", "--seed", "11"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr == ""
    found = json.loads(finished.stdout.splitlines()[-1])
    assert found["differences"] == []
    assert found["exact"] is True
    assert found["published"] == 2500
    assert found["counted"] + found["duplicates"] + found["dead_letters"] == 2500
    # Which of its texts are one matter is judged, not known beforehand.
    hot = found["alerts_by_rule"].pop("hot-incident")
    assert hot > 0
    assert found["alerts_by_rule"] == {
        "burst-hour": 1,
        "large-group": 1,
        "missing-report": 1,
        "overdue-100": 1,
        "overdue-80": 1,
        "red": 1,
    }
    assert found["alerts"] == 6 + hot
    assert set(found["dead_letters_by_reason"]) == {
        "malformed",
        "identity_field",
        "unknown_county",
        "time_out_of_range",
    }
    assert found["events_per_s"] > 0
    assert found["elapsed_s"] > 0
    assert all_ended(tmp_path)
    listed = json.loads(
        huishang(tmp_path / "demo", "digests", "list", "--county", "620700", "--json")
    )
    assert {one["kind"] for one in listed} == {"daily_report", "daily_consult", "daily_dispatch"}
    page = huishang(tmp_path / "demo", "digests", "show", listed[0]["id"], "--format", "html")
    assert listed[0]["title"].split()[0] in page
    assert "签发岗位" in page


def test_it_stays_up_until_interrupted(tmp_path: Path) -> None:
    with subprocess.Popen(
        demo("--events", "600"),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Duty board: "):
                    break
            text = "".join(lines)
            assert "Every number equals the truth." in text, text
            assert "Alert in 山丹县: burst-hour" in text
            status = lines[-1].split()[-1]
            with urllib.request.urlopen(status, timeout=10) as page:
                assert page.status == 200
            assert not (tmp_path / "demo" / "clock").exists()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
            assert all_ended(tmp_path)
        finally:
            if process.poll() is None:
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                psutil.wait_procs(children, timeout=20)


def test_an_interrupt_before_the_end_leaves_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(demo("--once"), env=environment(tmp_path)) as process:
        log = tmp_path / "demo" / "logs" / "intake.log"
        deadline = time.monotonic() + 60
        while not log.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    assert all_ended(tmp_path)


def test_a_folder_with_other_files_is_not_emptied(tmp_path: Path) -> None:
    keep = tmp_path / "demo" / "precious.txt"
    keep.parent.mkdir()
    keep.write_text("mine")
    refused = subprocess.run(
        demo("--once"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "would be emptied" in refused.stderr
    assert keep.read_text() == "mine"
