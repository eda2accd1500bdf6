"""One Huishang owns a data folder at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streams.errors import UserError
from streams.settings import PREFIX, RUN_FILE

_LOCK_FILE: Final = "lock"
_LOCK_WAIT_S: Final = 15.0
_POLL_S: Final = 0.1


@contextmanager
def locked(data: Path) -> Iterator[int]:
    """Own a data folder; yields the lock's file descriptor.

    Processes given the descriptor hold the lock too: after a kill -9 the folder
    is free only when the last of them is gone.
    Raises UserError when the folder cannot be used or another process owns it.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = os.open(data / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UserError(
            f"the data folder {data} cannot be used: {error.strerror}; set {PREFIX}DATA to another"
        ) from None
    try:
        _acquire(lock, data)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        (data / RUN_FILE).unlink(missing_ok=True)  # of a run that was killed
        yield lock
    finally:
        os.close(lock)


def _acquire(lock: int, data: Path) -> None:
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 20, 0).decode("ascii", errors="replace").strip() or "?"
            if _is_running(owner) or time.monotonic() > deadline:
                raise UserError(
                    f"the data folder {data} is in use by the Huishang with process id {owner}; "
                    f"stop that one, or set {PREFIX}DATA to another folder"
                ) from None
            time.sleep(_POLL_S)  # its processes are being ended by the kernel


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (ValueError, OSError):
        return False
    return True
