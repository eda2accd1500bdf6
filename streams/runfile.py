"""The file by which a `huishang run` that is up tells the other commands where it is."""

import json
import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

RUN_FILE: Final = "run.json"
_CLOCKS_DIFFER_S: Final = 2.0  # file systems and /proc round differently


class Run(NamedTuple):
    """A `huishang run` that is up: its process id and what it set."""

    pid: int
    settings: dict[str, Any]


def read_run(data: Path) -> Run | None:
    """The run that owns this data folder, or None when there is none alive.

    A file left by a run that was killed does not count, even when its process
    id belongs to another process by now.
    """
    path = data / RUN_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        run = Run(int(record["pid"]), dict(record["settings"]))
        written_at = path.stat().st_mtime
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return run if _alive(run.pid) and not _started_after(run.pid, written_at) else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # another user's
    except (OSError, OverflowError):
        return False
    return True


def _started_after(pid: int, moment_s: float) -> bool:
    """Whether the process is younger than the moment: its id was used again, as in containers."""
    try:
        # Field 22 of proc(5)'s stat; the name in field 2 may hold blanks.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        up_s = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False
    age_s = up_s - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - age_s > moment_s + _CLOCKS_DIFFER_S
