"""One round: traffic of known truth, faults while it flows, and the store's answer to it."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.brokers import ApacheKafka, apart, remove_topics
from tests.faults import answers, faults, oracle, traffic
from tests.faults.answers import Difference
from tests.faults.disk import why_not
from tests.faults.faults import Fault
from tests.faults.oracle import Statements
from tests.faults.proxy import Proxy
from tests.faults.publisher import Publisher
from tests.faults.store import StoreKind
from tests.faults.world import Broken, World, deployment
from tests.waiting import eventually_sync

CATCH_UP_WITHIN_S: Final = 150.0
SETTLE_WITHIN_S: Final = 60.0
_PLAY_WITHIN_S: Final = 240.0


@dataclass(frozen=True)
class Plan:
    """What a round will be: everything that is drawn, but for the time of day.

    The same seed and number give the same plan.
    """

    seed: int
    number: int
    events: int
    publish_s: float
    faults_drawn: int
    kinds: tuple[str, ...] = ()  # only these, when given

    @property
    def store(self) -> StoreKind:
        return "embedded" if self.number % 2 else "endpoint"

    def draw(self, purpose: str) -> random.Random:
        return random.Random(f"{self.seed}/{self.number}/{purpose}")

    def faults(self) -> list[Fault]:
        without = frozenset({"disk_full"} if why_not() else ())
        if self.kinds:
            without |= faults.KINDS.keys() - set(self.kinds)
        return faults.drawn(
            self.draw("faults"), self.store, self.faults_drawn, self.publish_s, without
        )


@dataclass
class Outcome:
    """What came of a round. error: why it could not be judged, empty if it was."""

    plan: Plan
    faults: list[Fault]
    events: int = 0
    catch_up_s: float | None = None
    difference: Difference = field(default_factory=lambda: answers.difference({}, {}))
    restarts: Counter[str] = field(default_factory=Counter)
    endings: list[str] = field(default_factory=list)
    snapshots: int = 0
    error: str = ""

    @property
    def good(self) -> bool:
        return self.catch_up_s is not None and not self.difference and not self.error


def play(plan: Plan, kafka: ApacheKafka, proxies: dict[str, Proxy], folder: Path) -> Outcome:
    """Play a round in a folder of its own; its topics are removed afterwards."""
    outcome = Outcome(plan, plan.faults())
    prefix = f"f{plan.seed}-{plan.number}-{time.monotonic_ns() % 1_000_000}."
    file = folder / "published.jsonl"
    now = traffic.now()
    traffic.write(file, traffic.generate(plan.draw("traffic"), plan.events, now))
    lines = list(traffic.read(file))
    outcome.events = len(lines)
    truth = oracle.truth_of(lines, now, traffic.TEXTS)
    publisher = Publisher(kafka.bootstrap, prefix, lines, len(lines) / plan.publish_s)
    try:
        with deployment(kafka, proxies, prefix, folder, plan.store, plan.draw("errors")) as world:
            outcome.restarts, outcome.endings = world.restarts, world.endings
            publisher.start()
            healed_at = _play_faults(world, publisher, outcome.faults)
            _judge(world, truth, outcome, max(healed_at, publisher.done_at))
            outcome.snapshots = world.snapshots()
    except (AssertionError, RuntimeError, Broken) as error:
        outcome.error = f"{type(error).__name__}: {error}"
    finally:
        apart(remove_topics(kafka.bootstrap, prefix))
    return outcome


def _play_faults(world: World, publisher: Publisher, drawn: list[Fault]) -> float:
    """Begin and end the faults at their times; when the last one was healed (monotonic)."""
    started = time.monotonic()
    waiting = list(drawn)
    active: dict[Fault, float] = {}

    def over() -> bool:
        for fault, ends_at in list(active.items()):
            if time.monotonic() >= ends_at:
                del active[fault]
                _surely(fault.end, world)
        for fault in list(waiting):
            busy = frozenset().union(*(other.needs for other in active))
            if time.monotonic() - started < fault.at_s or fault.needs & busy:
                continue
            waiting.remove(fault)
            _surely(fault.begin, world)
            active[fault] = time.monotonic() + fault.for_s
        world.tend()
        return not waiting and not active

    eventually_sync(over, within_s=_PLAY_WITHIN_S, every_s=0.05, what="all faults played")
    world.heal()
    healed_at = time.monotonic()
    eventually_sync(
        _tending(world, lambda: not publisher.running), within_s=_PLAY_WITHIN_S, what="publishing"
    )
    return healed_at


def _surely(step: Callable[[World], None], world: World) -> None:
    """A step that a wait must not take for one to try again. Raises Broken."""
    try:
        step(world)
    except AssertionError as error:
        raise Broken(str(error)) from error


def _judge(world: World, truth: Statements, outcome: Outcome, since: float) -> None:
    """Wait until the store says the truth; then see that it stays so once all is read."""

    def true() -> bool:
        try:
            found = answers.statements_of(world.stages)
        except OSError:
            return False
        outcome.difference = answers.difference(found, truth)
        return not outcome.difference

    try:
        eventually_sync(
            _tending(world, true), within_s=CATCH_UP_WITHIN_S, every_s=0.2, what="the truth"
        )
    except AssertionError:
        return
    outcome.catch_up_s = round(time.monotonic() - since, 2)
    world.settle(SETTLE_WITHIN_S)
    found = answers.statements_of(world.stages)
    on_topic = {"alerts on their topic": answers.raised_on_topic(world.stages)}
    wanted = {"alerts on their topic": truth["alerts"]}
    outcome.difference = answers.difference({**found, **on_topic}, {**truth, **wanted})


def _tending(world: World, condition: Callable[[], bool]) -> Callable[[], bool]:
    def tended() -> bool:
        world.tend()
        return condition()

    return tended
