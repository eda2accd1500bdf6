"""The same events in other engines, each with state that survives a crash; README.md has the findings.

`PEERS[name](bootstrap, topic, events, folder)` runs one, on one worker process,
over a topic of four partitions with that many hotline calls, and gives its row:
events_per_s, cpu_us_per_event (the peer's process alone, first event to last),
counted and identities (both checked: the distinct identities of the topic).
folder is for its state, a new one for each run. `KEEPS[name]` says what it keeps.
"""

from collections.abc import Callable
from pathlib import Path

from bench.rows import Row

Peer = Callable[[str, str, int, Path], Row]


def _peer(name: str) -> Peer:
    def measured(bootstrap: str, topic: str, events: int, folder: Path) -> Row:
        # Late: the peers' own environment imports this package too, and has less installed.
        from bench.peers.run import measure

        return measure(name, bootstrap, topic, events, folder)

    return measured


KEEPS: dict[str, str] = {
    "stock_faust": (
        "The same job: decode, check, locate, classify, redact. Identities and counts in Tables "
        "(memory, one changelog record for each change), at least once; no rules, no expiry."
    ),
    "stock_faust_light": (
        "The light job: no check, no redaction. Identities and counts in Tables as above."
    ),
    "kafka_streams_eos": (
        "The light job. Identities and counts in RocksDB with changelog topics, exactly_once_v2, "
        "a transaction every 100 ms; no expiry."
    ),
    "kafka_streams_alos": (
        "The light job. Identities and counts in RocksDB with changelog topics, at_least_once, "
        "a commit every 30 s, no cache before the counts; no expiry."
    ),
    "bytewax": (
        "The light job. Identities and counts of each county as one pickled value in a recovery "
        "store (SQLite) on local disk, anew every second; no changelog on the broker, no expiry."
    ),
    "quix": (
        "The light job. Identities and counts in RocksDB with a changelog topic, at least once, "
        "a checkpoint every 5 s; no expiry."
    ),
}

PEERS: dict[str, Peer] = {name: _peer(name) for name in KEEPS}
