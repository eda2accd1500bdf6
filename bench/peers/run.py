"""Runs one peer as a process of its own, and holds what it counted against the input.

python -m bench.peers.run BOOTSTRAP TOPIC EVENTS [NAME …]     prints a row for each
"""

import asyncio
import json
import sys
import tempfile
from functools import cache
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.peers import PEERS, light
from bench.rows import Row
from tests.processes import run_command

ROOT = Path(__file__).parents[2]
OWN = Path(sys.executable)
THEIRS = ROOT / ".venv-bench" / "bin" / "python"
WITHIN_S = 1_800

# Python, module and options of each.
COMMANDS: dict[str, tuple[Path, str, tuple[str, ...]]] = {
    "stock_faust": (OWN, "stock_faust", ()),
    "stock_faust_light": (OWN, "stock_faust", ("--light",)),
    "kafka_streams_eos": (OWN, "kafka_streams", ("--guarantee", "exactly_once_v2")),
    "kafka_streams_alos": (OWN, "kafka_streams", ("--guarantee", "at_least_once")),
    "bytewax": (THEIRS, "bytewax", ()),
    "quix": (THEIRS, "quix", ()),
}
ENV = {"PYTHONPATH": str(ROOT)}


def command(name: str, bootstrap: str, topic: str, events: int, folder: Path) -> list[str]:
    """What starts a peer. Raises FileNotFoundError when its environment is not there."""
    python, module, options = COMMANDS[name]
    if not python.exists():
        raise FileNotFoundError(f"{python} is not there; install it with: make peers")
    argv = [str(python), "-m", f"bench.peers.{module}", bootstrap, topic, str(events)]
    return [*argv, str(folder), *options]


def measure(name: str, bootstrap: str, topic: str, events: int, folder: Path) -> Row:
    """One run of one peer; see bench.peers.

    Raises AssertionError when it fails, or did not count each identity once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    argv = command(name, bootstrap, topic, events, folder)
    with run_command(*argv, folder=folder, env=ENV, name=name) as child:
        code = child.wait(WITHIN_S)
    assert code == 0, f"{name} ended with {code}\n{child.tail()}"
    row = row_of(child.text())
    right = distinct(bootstrap, topic, events)
    assert row["counted"] == row["identities"] == right, f"{name}: {row}, {right} were sent"
    return row


def row_of(output: str) -> Row:
    """The JSON object that a peer printed last."""
    lines = [line for line in output.splitlines() if line.startswith('{"events_per_s"')]
    assert lines, f"no row in {output[-2_000:]!r}"
    row: Row = json.loads(lines[-1])
    return row


@cache
def distinct(bootstrap: str, topic: str, events: int) -> int:
    """How many identities the first records of a topic hold."""
    return asyncio.run(_distinct(bootstrap, topic, events))


async def _distinct(bootstrap: str, topic: str, events: int) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(4)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    seen: set[int] = set()
    read = 0
    try:
        while read < events:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                read += len(records)
                seen.update(light.identity(light.decode(record.value)) for record in records)
    finally:
        await consumer.stop()
    return len(seen)


def main() -> None:
    bootstrap, topic, events, *names = sys.argv[1:]
    for name in names or PEERS:
        with tempfile.TemporaryDirectory() as folder:
            row = PEERS[name](bootstrap, topic, int(events), Path(folder))
        print(json.dumps({name: row}), flush=True)


if __name__ == "__main__":
    main()
