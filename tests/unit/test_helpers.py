"""The test helpers themselves: waiting, and children that are ended and counted."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.processes import Child, run_command, run_process
from tests.waiting import eventually, eventually_sync

_STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""
_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print("child", child.pid, flush=True)
"""


async def test_eventually_gives_the_first_true_answer() -> None:
    answers = iter([0, None, "", 7])
    assert await eventually(lambda: next(answers), every_s=0) == 7

    async def later() -> str:
        await asyncio.sleep(0)
        return "there"

    assert await eventually(later) == "there"


async def test_eventually_says_what_was_last_seen() -> None:
    def short() -> bool:
        assert [1, 2] == [1], "two came"
        return True

    with pytest.raises(AssertionError, match=r"one row did not hold within 0 s; last: .*two came"):
        await eventually(short, within_s=0, what="one row")
    with pytest.raises(AssertionError, match="last: 0"):
        eventually_sync(lambda: 0, within_s=0)


async def test_an_error_that_is_no_assertion_is_raised_at_once() -> None:
    def broken() -> bool:
        raise KeyError("county")

    with pytest.raises(KeyError):
        await eventually(broken)


def test_a_child_ends_with_its_block_and_its_output_stays(tmp_path: Path) -> None:
    with run_process("http.server", "--help", folder=tmp_path, name="help") as child:
        assert child.wait() == 0
    assert "usage" in (tmp_path / "help.log").read_text()
    pausing = "import signal; print('up', flush=True); signal.pause()"
    with run_command(sys.executable, "-c", pausing, folder=tmp_path, name="pausing") as child:
        eventually_sync(lambda: "up" in child.text())
    assert child.returncode == -signal.SIGTERM


def test_a_child_that_ignores_sigterm_is_killed_loudly(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", _STUBBORN], folder=tmp_path, name="stubborn")
    eventually_sync(lambda: "ready" in child.text())
    with pytest.raises(AssertionError, match="did not end within"):
        child.stop(within_s=0.2)
    assert child.returncode == -signal.SIGKILL


def test_an_orphan_is_found_and_killed(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", _PARENT], folder=tmp_path, name="parent")
    assert child.wait() == 0
    orphan = int(child.text().split()[1])
    with pytest.raises(AssertionError, match=f"left running: {orphan} "):
        child.stop()
    eventually_sync(lambda: _gone(orphan))


@pytest.mark.skipif(sys.platform != "linux", reason="a Linux call ends the child")
def test_a_child_does_not_outlive_a_killed_test_run(tmp_path: Path) -> None:
    runner = (
        "import signal, sys; from pathlib import Path; from tests.processes import Child;"
        "child = Child([sys.executable, '-c', 'import signal; signal.pause()'],"
        " folder=Path(sys.argv[1]), name='inner'); print(child.pid, flush=True); signal.pause()"
    )
    env = {"PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-c", runner, str(tmp_path)]
    outer = Child(argv, folder=tmp_path, env=env, name="outer")
    eventually_sync(lambda: outer.text().endswith("\n"))
    inner = int(outer.text())
    assert not _gone(inner)
    os.kill(outer.pid, signal.SIGKILL)
    outer.wait()
    eventually_sync(lambda: _gone(inner))


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
