"""Child processes: started, watched, ended in order, and never left behind."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cli.children import ChildEnded, Children, tail

_ROOT = Path(__file__).parents[2]
_POLITE = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as order: order.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
while True: time.sleep(60)
"""
_STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
while True: time.sleep(60)
"""


def wait_for(condition: Callable[[], object], what: str, deadline_s: float = 20.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not in {deadline_s} s: {what}"
        time.sleep(0.01)


async def until(condition: Callable[[], object], what: str, deadline_s: float = 20.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f"not in {deadline_s} s: {what}"
        await asyncio.sleep(0.01)


async def python(children: Children, name: str, code: str, *args: str) -> int:
    await children.start(name, [sys.executable, "-c", code, *args], os.environ)
    return children.pid(name)


async def test_children_end_in_the_order_given(tmp_path: Path) -> None:
    children = Children(tmp_path / "logs")
    order = tmp_path / "order"
    pids = [
        await python(children, name, _POLITE, str(order), name) for name in ("broker", "a", "b")
    ]
    for name in ("broker", "a", "b"):
        await until(lambda name=name: tail(children.log(name)) == "up", f"{name} is up")
    await children.stop(["a", "b", "broker"])
    assert order.read_text().split() == ["a", "b", "broker"]
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_child_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    children = Children(tmp_path)
    pid = await python(children, "deaf", _STUBBORN)
    await until(lambda: tail(children.log("deaf")) == "up", "deaf is up")
    await children.stop([], grace_s=0.2)
    assert not psutil.pid_exists(pid)


async def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    children = Children(tmp_path)
    code = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {_STUBBORN!r}], stdout=subprocess.DEVNULL).pid, flush=True)
import time; time.sleep(60)
"""
    await python(children, "parent", code)
    await until(lambda: tail(children.log("parent")).isdigit(), "the grandchild is up")
    grandchild = int(tail(children.log("parent")))
    await children.stop([], grace_s=0.2)
    await until(lambda: not _alive(grandchild), "the grandchild is gone")


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_an_end_is_told_with_status_and_last_lines(tmp_path: Path) -> None:
    children = Children(tmp_path)
    await python(children, "steady", _STUBBORN)
    await python(children, "tally", "import sys\nfor i in range(99): print('line', i)\nsys.exit(3)")
    with pytest.raises(ChildEnded) as ended:
        await children.while_running(asyncio.Event().wait())
    await children.stop([], grace_s=0.2)
    assert (ended.value.name, ended.value.status) == ("tally", 3)
    assert "tally ended by itself (exit status 3)" in str(ended.value)
    assert ended.value.last_lines.splitlines() == [f"line {i}" for i in range(79, 99)]


async def test_work_goes_on_while_children_run(tmp_path: Path) -> None:
    children = Children(tmp_path)
    await python(children, "steady", _STUBBORN)
    assert await children.while_running(asyncio.sleep(0, "done")) == "done"
    await children.stop([], grace_s=0.2)


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    children = Children(tmp_path)
    await children.start("ghost", ["/no/such/program"], os.environ)
    with pytest.raises(ChildEnded) as ended:
        await children.while_running(asyncio.Event().wait())
    await children.stop([])
    assert ended.value.last_lines == "cannot start /no/such/program: No such file or directory"


async def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("first", "second"):
        children = Children(tmp_path)
        await python(children, "a", f"print({word!r})")
        with pytest.raises(ChildEnded):
            await children.while_running(asyncio.Event().wait())
        await children.stop([])
    assert tail(tmp_path / "a.log") == "second"
    assert tail(tmp_path / "a.log.1") == "first"


_PARENT = """
import asyncio, os, sys
from pathlib import Path
from cli.children import Children
lock = os.open(sys.argv[2], os.O_CREAT | os.O_RDWR)
import fcntl
fcntl.flock(lock, fcntl.LOCK_EX)
async def main():
    children = Children(Path(sys.argv[1]), [lock])
    for name in ("a", "b"):
        await children.start(name, [sys.executable, "-c", sys.argv[3]], os.environ)
    print(children.pid("a"), children.pid("b"), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is of Linux")
def test_children_die_with_a_killed_parent_and_hold_its_lock_until_then(tmp_path: Path) -> None:
    lock_path = tmp_path / "lock"
    command = [sys.executable, "-c", _PARENT, str(tmp_path), str(lock_path), _STUBBORN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        for name in ("a", "b"):
            wait_for(lambda name=name: tail(tmp_path / f"{name}.log") == "up", f"{name} is up")
        assert all(_alive(pid) for pid in pids)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    try:
        wait_for(lambda: _is_free(lock_path), "the lock is free")
        assert not any(_alive(pid) for pid in pids)
    finally:
        for pid in filter(_alive, pids):
            os.kill(pid, signal.SIGKILL)


def _is_free(lock_path: Path) -> bool:
    with lock_path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
