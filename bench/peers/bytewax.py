"""bytewax with recovery on: the light job, state by county, snapshots once a second.

python -m bench.peers.bytewax BOOTSTRAP TOPIC EVENTS FOLDER     in the peers' environment
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax._bytewax import cli_main, init_db_dir
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig

from bench.peers import light
from bench.peers.meter import Meter, asked

SNAPSHOT_EVERY = timedelta(seconds=1)
RECOVERY_PARTITIONS = 1  # one worker

State = tuple[frozenset[int], dict[str, int]]  # identities, counts
Totals = tuple[int, int]  # events counted, identities


class County(StatefulBatchLogic[light.Call, Totals, State]):
    """What is held for one county; gives its totals when the input has ended."""

    def __init__(self, cells: light.Cells, resumed: State | None) -> None:
        identities, counts = resumed or ((), {})
        self._cells = cells
        self._seen = set(identities)
        self._counts = Counter(counts)

    def on_batch(self, values: list[light.Call]) -> tuple[Iterable[Totals], bool]:
        for call in values:
            identity = light.identity(call)
            if identity not in self._seen:
                self._seen.add(identity)
                self._counts[self._cells.of(call)] += 1
        return (), self.RETAIN

    def on_eof(self) -> tuple[Iterable[Totals], bool]:
        return [(self._counts.total(), len(self._seen))], self.RETAIN

    def snapshot(self) -> State:
        return frozenset(self._seen), dict(self._counts)


class Sums(DynamicSink[tuple[str, Totals]], StatelessSinkPartition[tuple[str, Totals]]):
    """Adds up what the counties give."""

    def __init__(self) -> None:
        self.counted = self.identities = 0

    def build(self, *_: Any) -> "Sums":
        return self

    def write_batch(self, items: list[tuple[str, Totals]]) -> None:
        for _, (counted, identities) in items:
            self.counted += counted
            self.identities += identities


def run(bootstrap: str, topic: str, events: int, folder: Path) -> None:
    recovery = folder / "recovery"
    if not recovery.exists():
        recovery.mkdir()
        init_db_dir(recovery, RECOVERY_PARTITIONS)
    cells, sums, meter = light.Cells(), Sums(), Meter(events)

    def decode(message: KafkaSourceMessage[Any, Any]) -> tuple[str, light.Call]:
        meter.begin()
        meter.read(message.partition, message.offset)
        call = light.decode(message.value)
        return call.data.county_code, call

    flow = Dataflow("light")
    source = KafkaSource([bootstrap], [topic], tail=False, batch_size=1_000)
    calls = op.map("decode", op.input("calls", flow, source), decode)
    totals = op.stateful_batch("count", calls, lambda resumed: County(cells, resumed))
    op.output("sums", totals, sums)
    cli_main(flow, epoch_interval=SNAPSHOT_EVERY, recovery_config=RecoveryConfig(str(recovery)))
    meter.end()  # the last snapshot is in
    meter.report(counted=sums.counted, identities=sums.identities)


if __name__ == "__main__":
    given = asked(__doc__).parse_args()
    run(given.bootstrap, given.topic, given.events, given.folder)
