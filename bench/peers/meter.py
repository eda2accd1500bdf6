"""What every peer prints: its speed and CPU from the first event to the last, and what it counted."""

import argparse
import json
import sys
import time
from pathlib import Path

import xxhash


def asked(description: str | None) -> argparse.ArgumentParser:
    """The arguments that every peer takes. FOLDER given again goes on where its last run stopped."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument("events", type=int, help="all that the topic holds")
    parser.add_argument("folder", type=Path, help="for state; of this run's own")
    return parser


def group_of(topic: str, folder: Path) -> str:
    """Consumer group or application id: another one for another topic or folder."""
    return f"{topic}-{xxhash.xxh3_64_hexdigest(bytes(folder.absolute()))}"


class Meter:
    """Knows when the last of `events` records was done, by the offsets of what was read.

    So it ends where it should after a restart too, and says to stderr how far it
    has come: `10 %`, `20 %` …
    """

    def __init__(self, events: int) -> None:
        self._events = events
        self._step = max(1, events // 10)
        self._told = 0
        self._next: dict[int, int] = {}
        self._behind = 0  # records of the topic behind us, those of an earlier run too
        self._done = 0
        self._started_s = self._cpu_started_s = 0.0
        self._took_s = self._cpu_s = 0.0

    def begin(self) -> None:
        """Before the first record is worked on; more calls change nothing."""
        if not self._started_s:
            self._started_s, self._cpu_started_s = time.perf_counter(), time.process_time()

    def read(self, partition: int, offset: int) -> bool:
        """Note one record; True when it is the last."""
        self._done += 1
        self._behind += offset + 1 - self._next.get(partition, 0)
        self._next[partition] = offset + 1
        if self._behind - self._told >= self._step:
            self._told = self._behind
            print(f"{100 * self._behind // self._events} %", file=sys.stderr, flush=True)
        return self._behind >= self._events

    def end(self) -> None:
        """After the last record is worked on; of several calls the last one counts."""
        self._took_s = time.perf_counter() - self._started_s
        self._cpu_s = time.process_time() - self._cpu_started_s

    def report(self, *, counted: int, identities: int) -> None:
        """Print the row as one JSON object. counted, identities: all that the state holds."""
        row = {
            "events_per_s": self._done / self._took_s,
            "cpu_us_per_event": self._cpu_s * 1e6 / self._done,
            "events": self._done,
            "counted": counted,
            "identities": identities,
        }
        print(json.dumps(row), flush=True)
