"""Starts, watches and ends child processes; none outlives its parent."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from streams.errors import Fatal

T = TypeVar("T")

_LAUNCHER: Final = Path(__file__).with_name("launch.py")
_TAIL_LINES: Final = 20
_TAIL_BYTES: Final = 16 * 1024


class ChildEnded(Fatal):
    """A child ended that should have gone on.

    name: of the child. status: its exit status, negative for a signal.
    last_lines: the end of its log, for people; not part of the one-line message.
    """

    def __init__(self, name: str, status: int, log: Path) -> None:
        super().__init__(
            f"{name} ended by itself ({described(status)}), so everything was stopped; "
            f"its log is {log}"
        )
        self.name = name
        self.status = status
        self.last_lines = tail(log)


class Children:
    """Child processes by name, each in a session of its own, with a log file each.

    A terminal's Ctrl-C reaches the parent only, which then ends them in order.
    On Linux the kernel kills them when the parent dies, however it dies.
    logs: folder of <name>.log; the log of the run before is kept as <name>.log.1.
    shared_fds: kept open in every child, a lock held until the last one is gone.
    """

    def __init__(self, logs: Path, shared_fds: Sequence[int] = ()) -> None:
        self._logs = logs
        self._shared_fds = tuple(shared_fds)
        self._running: dict[str, tuple[Process, asyncio.Task[int]]] = {}

    def pid(self, name: str) -> int:
        """Process id of a child that was started."""
        return self._running[name][0].pid

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self._logs / f"{name}.log"

    async def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start one child; `env` is its whole environment."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self.log(name)
        if log.exists():
            log.replace(log.with_name(f"{name}.log.1"))
        launcher = (sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()))
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *launcher,
                *command,
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                env=dict(env),
                start_new_session=True,
                pass_fds=self._shared_fds,
            )
        self._running[name] = process, asyncio.create_task(process.wait(), name=name)

    async def while_running(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, unless a child ends first: then ChildEnded, and the work is cancelled."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait(
                {task, *(end for _, end in self._running.values())},
                return_when=asyncio.FIRST_COMPLETED,
            )
            self._raise_if_ended()
            return await task
        finally:
            task.cancel()
            await asyncio.wait({task})

    def _raise_if_ended(self) -> None:
        for name, (_, end) in self._running.items():
            if end.done():
                raise ChildEnded(name, end.result(), self.log(name))

    async def stop(self, order: Sequence[str], grace_s: float = 10.0) -> None:
        """End the children in this order, those not named last.

        Each gets SIGTERM, and SIGKILL when it is still there after grace_s.
        """
        names = [name for name in order if name in self._running]
        names += [name for name in self._running if name not in names]
        try:
            for name in names:
                await self._end(name, grace_s)
        finally:
            for name in list(self._running):  # only when cancelled on the way
                _signal_group(self.pid(name), signal.SIGKILL)

    async def _end(self, name: str, grace_s: float) -> None:
        process, end = self._running[name]
        if not end.done():
            _signal_group(process.pid, signal.SIGTERM)
            await asyncio.wait({end}, timeout=grace_s)
        _signal_group(process.pid, signal.SIGKILL)  # also what the child itself started
        await end
        del self._running[name]


def _signal_group(pid: int, signum: signal.Signals) -> None:
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:
        return


def described(status: int) -> str:
    """An exit status in words.

    >>> described(3), described(-9)
    ('exit status 3', 'killed by SIGKILL')
    """
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def tail(log: Path, lines: int = _TAIL_LINES) -> str:
    """The last lines of a log; empty when there is none."""
    try:
        with log.open("rb") as opened:
            opened.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = opened.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
