"""quixstreams with changelog topics: the light job, identities and counts in its RocksDB state.

python -m bench.peers.quix BOOTSTRAP TOPIC EVENTS FOLDER     in the peers' environment
"""

from pathlib import Path
from typing import Any

from quixstreams import Application, State
from quixstreams.context import message_context
from rocksdict import AccessType, Options, Rdict

from bench.peers import light
from bench.peers.meter import Meter, asked, group_of

# Keys of the state say what they are for by how they begin.
IDENTITY, CELL = "i", "n"


def run(bootstrap: str, topic: str, events: int, folder: Path) -> None:
    app = Application(
        broker_address=bootstrap,
        consumer_group=group_of(topic, folder),
        auto_offset_reset="earliest",
        state_dir=folder / "state",
        loglevel="WARNING",
    )
    cells, meter = light.Cells(), Meter(events)

    def count(value: bytes, state: State[str, Any]) -> None:
        meter.begin()
        call = light.decode(value)
        key = f"{IDENTITY}{light.identity(call):x}"
        if not state.exists(key):
            state.set(key, 1)
            cell = CELL + cells.of(call)
            state.set(cell, state.get(cell, 0) + 1)
        context = message_context()
        if meter.read(context.partition, context.offset):
            app.stop()

    source = app.topic(topic, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(source).update(count, stateful=True)
    app.run()
    meter.end()  # the last checkpoint is in
    counted, identities = held(folder / "state")
    meter.report(counted=counted, identities=identities)


def held(state: Path) -> tuple[int, int]:
    """(events counted, identities) in the RocksDB of every partition, as it is on disk."""
    counted = identities = 0
    for current in state.rglob("CURRENT"):
        store = Rdict(
            str(current.parent), Options(raw_mode=True), access_type=AccessType.read_only()
        )
        key: Any  # bytes in raw mode
        value: Any
        for key, value in store.items():
            name = key.partition(b"|")[2].strip(b'"').decode()
            identities += name.startswith(IDENTITY)
            counted += int(value) if name.startswith(CELL) else 0
        store.close()
    return counted, identities


if __name__ == "__main__":
    given = asked(__doc__).parse_args()
    run(given.bootstrap, given.topic, given.events, given.folder)
