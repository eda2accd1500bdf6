"""Kills each peer half-way (kill -9), starts it again over the same state, and says what it counted.

python -m bench.peers.crash [--events 200000] [NAME …]     prints a row for each

right: distinct identities sent. counted, identities: what the state held in the end.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import uuid
from pathlib import Path

from aiokafka.admin import NewTopic

from bench.load import hotline_calls
from bench.peers import PEERS
from bench.peers.run import ENV, WITHIN_S, command, distinct, row_of
from cli.producing import produce
from streams.settings import Settings
from tests.brokers import ApacheKafka, administered
from tests.processes import run_command
from tests.waiting import eventually_sync


async def publish(bootstrap: str, topic: str, events: int) -> None:
    async with administered(bootstrap) as admin:
        await admin.create_topics([NewTopic(topic, 4, 1)])
    await produce(Settings(kafka=bootstrap), hotline_calls(topic, events, 1, "crash"))


def crashed(name: str, bootstrap: str, topic: str, events: int, folder: Path) -> dict[str, float]:
    """The row of a peer that was killed past the half and started again."""
    folder.mkdir()
    argv = command(name, bootstrap, topic, events, folder)
    if name.startswith("kafka_streams"):
        argv += ["--warm-up", "0"]
    with run_command(*argv, folder=folder, env=ENV, name="killed") as child:
        eventually_sync(lambda: "\n50 %" in child.text(), within_s=WITHIN_S)
        child.kill()
    with run_command(*argv, folder=folder, env=ENV, name="restarted") as child:
        code = child.wait(WITHIN_S)
    assert code == 0, f"{name} ended with {code}\n{child.tail()}"
    return row_of(child.text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("names", nargs="*", default=list(PEERS))
    given = parser.parse_args()
    # Told to end, it ends what it started and takes its files away, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as temporary:
        kafka = Path(temporary) / "kafka"
        kafka.mkdir()
        server = ApacheKafka(kafka)
        server.start()
        try:
            topic = f"crash-{uuid.uuid4().hex[:8]}"
            asyncio.run(publish(server.bootstrap, topic, given.events))
            right = distinct(server.bootstrap, topic, given.events)
            for name in given.names:
                row = crashed(name, server.bootstrap, topic, given.events, Path(temporary) / name)
                held = {key: row[key] for key in ("counted", "identities")}
                again = row["events"]
                print(json.dumps({name: held | {"right": right, "read_again": again}}), flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
