"""Child processes of tests: own process group, output in a file, ended by id, none left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.waiting import eventually_sync

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_TAIL_BYTES = 4_000


class Child:
    """A process a test started, with whatever that process started in its group.

    output: file that gets stdout and stderr.
    """

    def __init__(
        self, argv: Sequence[str], *, folder: Path, env: Mapping[str, str] | None = None, name: str
    ) -> None:
        self.name = name
        self.output = folder / f"{name}.log"
        with self.output.open("ab") as sink:
            self._process = subprocess.Popen(
                argv,
                cwd=folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=_dies_with_us(),  # noqa: PLW1509  one system call, resolved before
            )
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    @property
    def running(self) -> bool:
        return self.returncode is None

    def text(self) -> str:
        """All it wrote so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def tail(self) -> str:
        """The end of what it wrote, for messages."""
        return f"--- {self.name}, end of {self.output}:\n{self.text()[-_TAIL_BYTES:]}"

    def wait(self, within_s: float = 30) -> int:
        """The exit code. Raises AssertionError when it does not end in time."""
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} (pid {self.pid}) still runs after {within_s:g} s\n{self.tail()}"
            ) from None

    def send(self, number: signal.Signals) -> None:
        """A signal to the process alone, as an operator would send it."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """`kill -9` of the whole group, on purpose: the crash a test wants."""
        self._kill_group()
        self._process.wait(10)

    def stop(self, within_s: float = 20) -> int:
        """SIGTERM, then the exit code.

        Raises AssertionError if it, or a process it started, had to be killed.
        """
        if self.running:
            self.send(signal.SIGTERM)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.name} (pid {self.pid}) did not end within {within_s:g} s of SIGTERM "
                f"and was killed\n{self.tail()}"
            ) from None
        try:
            eventually_sync(lambda: not self._members(), within_s=5)
        except AssertionError:
            left = ", ".join(f"{member.pid} {member.name()}" for member in self._members())
            self._kill_group()
            raise AssertionError(
                f"{self.name} ended but left running: {left}; killed\n{self.tail()}"
            ) from None
        code = self._process.returncode
        assert code is not None
        return code

    def _members(self) -> list[psutil.Process]:
        """Processes of the group that are more than a waiting exit code."""
        found = []
        for process in psutil.process_iter():
            try:
                if os.getpgid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
        return found

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


@contextmanager
def run_command(
    *argv: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    name: str = "",
    stop_within_s: float = 20,
) -> Iterator[Child]:
    """Run a command in `folder` for the length of a with block.

    env: added to this process's own; HUISHANG_* of the caller's shell are gone
    (tests/conftest.py). The block may end it itself (`stop`, `kill`, `wait`).
    Raises AssertionError if it had to be killed after stop_within_s, or left
    processes behind.
    """
    child = Child(argv, folder=folder, env=env, name=name or Path(argv[0]).name)
    try:
        yield child
    except BaseException:
        child.kill()
        raise
    child.stop(stop_within_s)


@contextmanager
def run_process(
    module: str,
    *args: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    name: str = "",
    stop_within_s: float = 20,
) -> Iterator[Child]:
    """`python -m module args…` for the length of a with block; see run_command."""
    argv = (sys.executable, "-m", module, *args)
    with run_command(
        *argv, folder=folder, env=env, name=name or module, stop_within_s=stop_within_s
    ) as child:
        yield child


@contextmanager
def run_huishang(
    *args: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    name: str = "",
    stop_within_s: float = 20,
) -> Iterator[Child]:
    """`huishang args…` for the length of a with block; see run_command."""
    script = str(Path(sys.executable).with_name("huishang"))
    label = name or "-".join(["huishang", *args[:2]]).replace("/", "_")
    with run_command(
        script, *args, folder=folder, env=env, name=label, stop_within_s=stop_within_s
    ) as child:
        yield child


def _dies_with_us() -> Callable[[], None] | None:
    """A hook that has Linux end the child when pytest is killed.

    Linux means the thread that started it, so this holds for the main thread only.
    """
    if _LIBC is None or threading.current_thread() is not threading.main_thread():
        return None
    return _ask_for_death_signal


def _ask_for_death_signal() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
