"""The faults, how they are drawn, and what they do to a world.

A fault begins, holds for a while, ends. Two that need the same thing take turns;
others overlap.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tests.faults.proxy import Mode
from tests.faults.store import Embedded, Endpoint, StoreKind
from tests.faults.world import STAGES, World
from tests.waiting import eventually_sync

SESSION_TIMEOUT_S: Final = 8.0  # of the workers' consumer groups
_BATCH_BYTES: Final = 1_000  # more than this in flight is no heartbeat
_EVERYTHING: Final = (*STAGES, "more-intake", "more-tally", "broker", "store")


@dataclass(frozen=True)
class Fault(ABC):
    """at_s: after publishing began. for_s: how long it holds."""

    kind: str
    at_s: float
    for_s: float
    needs: frozenset[str]

    @abstractmethod
    def begin(self, world: World) -> None: ...
    @abstractmethod
    def end(self, world: World) -> None: ...

    def __str__(self) -> str:
        return f"{self.kind} at {self.at_s:.1f} s for {self.for_s:.1f} s"


@dataclass(frozen=True)
class Kill(Fault):
    """`kill -9` of a worker."""

    stage: str

    def begin(self, world: World) -> None:
        world.kill(self.stage)

    def end(self, world: World) -> None:
        world.start(self.stage)


@dataclass(frozen=True)
class Freeze(Fault):
    """SIGSTOP until the group has given the worker up, SIGCONT.

    another: a worker that takes over meanwhile; it stays as a member.
    """

    stage: str
    another: str

    def begin(self, world: World) -> None:
        world.freeze(self.stage)
        if self.another:
            world.start(self.stage, self.another)

    def end(self, world: World) -> None:
        world.thaw(self.stage)


@dataclass(frozen=True)
class Join(Fault):
    """More workers of a stage join, then leave: told to, or by `kill -9`."""

    stage: str
    names: tuple[str, ...]
    roughly: bool

    def begin(self, world: World) -> None:
        for name in self.names:
            world.start(self.stage, name)

    def end(self, world: World) -> None:
        for name in self.names:
            (world.kill if self.roughly else world.leave)(name)


@dataclass(frozen=True)
class BrokerKill(Fault):
    """`kill -9` of the broker, and a start on the same log."""

    def begin(self, world: World) -> None:
        world.kafka.kill()

    def end(self, world: World) -> None:
        world.kafka.start()


@dataclass(frozen=True)
class BrokerNetwork(Fault):
    """The way between some stages and the broker."""

    stages: tuple[str, ...]
    mode: Mode
    delay_s: float

    def begin(self, world: World) -> None:
        for stage in self.stages:
            world.doors[stage].set(self.mode, self.delay_s)

    def end(self, world: World) -> None:
        for stage in self.stages:
            world.doors[stage].set(Mode.PASS)


@dataclass(frozen=True)
class Zombie(Fault):
    """A worker's way to the broker falls silent until another has taken over by its own way.

    It does so while the worker sends: that arrives after the other's claim, and must not count.
    """

    stage: str
    another: str

    def begin(self, world: World) -> None:
        door = world.doors[self.stage]
        door.set(Mode.DELAY, 0.5)
        with suppress(AssertionError):  # there may be nothing left to send
            eventually_sync(lambda: door.held_bytes > _BATCH_BYTES, within_s=5, every_s=0.01)
        door.set(Mode.SILENT)
        world.start(self.stage, self.another)

    def end(self, world: World) -> None:
        world.doors[self.stage].set(Mode.PASS)


def endpoint(world: World) -> Endpoint:
    """The world's store; its faults are drawn for an endpoint only."""
    assert isinstance(world.store, Endpoint)
    return world.store


@dataclass(frozen=True)
class StoreNetwork(Fault):
    """The way between the sink and the store's endpoint."""

    mode: Mode
    delay_s: float

    def begin(self, world: World) -> None:
        endpoint(world).proxy.set(self.mode, self.delay_s)

    def end(self, world: World) -> None:
        world.store.heal()


@dataclass(frozen=True)
class StoreErrors(Fault):
    """The endpoint answers 500 and 503."""

    def begin(self, world: World) -> None:
        endpoint(world).answer_errors()

    def end(self, world: World) -> None:
        world.store.heal()


@dataclass(frozen=True)
class StoreKill(Fault):
    """`kill -9` of the endpoint's server."""

    def begin(self, world: World) -> None:
        endpoint(world).server.kill()

    def end(self, world: World) -> None:
        world.store.heal()


@dataclass(frozen=True)
class DiskFull(Fault):
    """No byte is free where the embedded store writes."""

    def begin(self, world: World) -> None:
        assert isinstance(world.store, Embedded)
        assert world.store.disk
        world.store.disk.fill()

    def end(self, world: World) -> None:
        world.store.heal()


@dataclass(frozen=True)
class Restart(Fault):
    """`kill -9` of everything, then a start of everything."""

    def begin(self, world: World) -> None:
        world.kill_all()
        world.kafka.kill()
        if isinstance(world.store, Endpoint):
            world.store.server.kill()

    def end(self, world: World) -> None:
        world.heal()


# kind → (stores it can be drawn for, how long it holds, what makes it).
_Make = Callable[[random.Random, str, float, float], Fault]


def _kill(stage: str) -> _Make:
    return lambda _, kind, at, hold: Kill(kind, at, hold, frozenset({stage}), stage)


def _freeze(another: bool) -> _Make:
    def make(draw: random.Random, kind: str, at: float, hold: float) -> Fault:
        # Only one process can hold an embedded store, so no sink takes over.
        stage = draw.choice(("intake", "tally", "tally") if another else STAGES)
        return Freeze(kind, at, hold, frozenset({stage}), stage, f"{stage}-2" * another)

    return make


def _zombie(draw: random.Random, kind: str, at: float, hold: float) -> Fault:
    stage = draw.choice(("intake", "tally", "tally"))
    return Zombie(kind, at, hold, frozenset({stage, "broker"}), stage, f"{stage}-5")


def _join(draw: random.Random, kind: str, at: float, hold: float) -> Fault:
    stage = draw.choice(("intake", "tally"))
    names = tuple(f"{stage}-{number}" for number in range(3, 4 + draw.randrange(2)))
    return Join(kind, at, hold, frozenset({f"more-{stage}"}), stage, names, draw.random() < 0.3)


def _broker_way(mode: Mode) -> _Make:
    def make(draw: random.Random, kind: str, at: float, hold: float) -> Fault:
        stages = draw.choice([*((stage,) for stage in STAGES), STAGES])
        delay_s = draw.uniform(0.05, 0.4)
        return BrokerNetwork(kind, at, hold, frozenset({"broker"}), stages, mode, delay_s)

    return make


def _store_way(mode: Mode) -> _Make:
    return lambda draw, kind, at, hold: StoreNetwork(
        kind, at, hold, frozenset({"store"}), mode, draw.uniform(0.2, 2.0)
    )


def _plain(fault: Callable[..., Fault], *needs: str) -> _Make:
    return lambda _, kind, at, hold: fault(kind, at, hold, frozenset(needs))


_BOTH: Final = ("embedded", "endpoint")
KINDS: Final[dict[str, tuple[tuple[StoreKind, ...], tuple[float, float], _Make]]] = {
    "kill_intake": (_BOTH, (0.0, 3.0), _kill("intake")),
    "kill_tally": (_BOTH, (0.0, 3.0), _kill("tally")),
    "kill_sink": (_BOTH, (0.0, 3.0), _kill("sink")),
    "freeze": (_BOTH, (SESSION_TIMEOUT_S + 2, SESSION_TIMEOUT_S + 6), _freeze(False)),
    "freeze_takeover": (_BOTH, (SESSION_TIMEOUT_S + 4, SESSION_TIMEOUT_S + 10), _freeze(True)),
    "zombie": (_BOTH, (SESSION_TIMEOUT_S + 4, SESSION_TIMEOUT_S + 10), _zombie),
    "join_leave": (_BOTH, (6.0, 12.0), _join),
    "broker_kill": (_BOTH, (0.0, 6.0), _plain(BrokerKill, "broker")),
    "broker_slow": (_BOTH, (4.0, 12.0), _broker_way(Mode.DELAY)),
    "broker_cut": (_BOTH, (2.0, 15.0), _broker_way(Mode.CUT)),
    "broker_silent": (_BOTH, (2.0, 15.0), _broker_way(Mode.SILENT)),
    "broker_deaf": (_BOTH, (2.0, 12.0), _broker_way(Mode.DEAF)),
    "restart_all": (_BOTH, (0.0, 3.0), _plain(Restart, *_EVERYTHING)),
    "store_down": (("endpoint",), (1.0, 10.0), _plain(StoreKill, "store")),
    "store_errors": (("endpoint",), (2.0, 10.0), _plain(StoreErrors, "store")),
    "store_cut": (("endpoint",), (1.0, 10.0), _store_way(Mode.CUT)),
    "store_slow": (("endpoint",), (3.0, 10.0), _store_way(Mode.DELAY)),
    "store_silent": (("endpoint",), (3.0, 10.0), _store_way(Mode.SILENT)),
    "store_deaf": (("endpoint",), (2.0, 8.0), _store_way(Mode.DEAF)),
    "disk_full": (("embedded",), (3.0, 12.0), _plain(DiskFull, "store")),
}


def drawn(
    draw: random.Random, store: StoreKind, number: int, within_s: float, without: frozenset[str]
) -> list[Fault]:
    """`number` faults of different kinds that begin within this time, in order of beginning."""
    kinds = [
        kind for kind, (stores, _, _) in KINDS.items() if store in stores and kind not in without
    ]
    found = []
    for kind in draw.sample(kinds, min(number, len(kinds))):
        _, holds, make = KINDS[kind]
        found.append(make(draw, kind, draw.uniform(1.0, within_s), draw.uniform(*holds)))
    return sorted(found, key=lambda fault: fault.at_s)
