"""The rows of bench/peers: other engines doing the same job on the same input."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.rows import Row
from bench.site import STREAM, Lab, Measure

# (bootstrap, topic, events, folder) → events_per_s, cpu_us_per_event and what else it tells
Peer = Callable[[str, str, int, Path], Row]
_PEERS: Final = "bench.peers"


def rivals() -> dict[str, Measure]:
    """Row name → how to measure it; empty in a checkout without peers."""
    if find_spec(_PEERS) is None:
        return {}
    peers: Mapping[str, Peer] = import_module(_PEERS).PEERS
    return {name: partial(_measure, peer=peer, name=name) for name, peer in peers.items()}


def _measure(lab: Lab, peer: Peer, name: str) -> Row:
    site = lab.input()
    folder = site.broker.data / name
    folder.mkdir()
    return dict(peer(site.bootstrap, site.topic(STREAM), lab.events, folder))
