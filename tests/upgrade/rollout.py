"""An upgrade as docs/upgrading.md has it, and back again, one worker at a time, while events are published."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.brokers import Broker
from tests.faults import answers, oracle, traffic
from tests.faults.answers import Difference
from tests.faults.world import all_read
from tests.processes import run_huishang
from tests.stages import Stages, run_by
from tests.stores import Server
from tests.upgrade.flow import Flow, Watch
from tests.versions.checkout import version_of
from tests.waiting import eventually_sync

RULES: Final = Path(traffic.__file__).with_name("rules.yaml")
ORDER: Final = ("sink", "tally", "intake")  # readers before writers
NEW_TOPIC: Final = "duty-log"  # the version before has none
_SNAPSHOT_KB: Final = 16  # so that each version reads the other's snapshots
_WITHIN_S: Final = 150.0  # of any wait: all workers may start at once
_MORE: Final = 5  # counted in each partition, before the next step


@dataclass(frozen=True)
class Plan:
    """commit: the version before, in `code`. workers: of each stage. order: in which stages are upgraded.

    back: how many of their workers go back, in order.
    """

    commit: str
    code: Path
    workers: dict[str, int]
    back: dict[str, int]
    events: int
    rate: float
    order: tuple[str, ...] = ORDER
    seed: int = 1


@dataclass
class Outcome:
    """What came of it. steps: (what was done, the longest that counts of a partition stood still, s)."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    together: set[str] = field(default_factory=set)
    lines: int = 0
    snapshots: int = 0
    difference: Difference = field(default_factory=lambda: answers.difference({}, {}))
    error: str = ""

    @property
    def good(self) -> bool:
        return not self.difference and not self.error


class _Deployment:
    """Workers by place (`tally-1`), each of one version or the other."""

    def __init__(self, plan: Plan, stages: Stages, watch: Watch, outcome: Outcome) -> None:
        self._plan = plan
        self._stages = stages
        self._watch = watch
        self._outcome = outcome
        self._at: dict[str, str] = {}  # place → name of its worker
        self._started = 0

    def start(self, stage: str, place: str, *, new: bool) -> str:
        self._started += 1
        name = f"{place}-{self._started}-{'new' if new else 'old'}"
        self._stages.start(stage, name, code=None if new else self._plan.code)
        self._at[place] = name
        return name

    def replace(self, stage: str, number: int, *, new: bool) -> None:
        """The first workers of a stage, one after the other: the next starts, is ready, and the last one leaves."""
        for worker in range(1, number + 1):
            place = f"{stage}-{worker}"
            leaving = self._at[place]
            coming = self.start(stage, place, new=new)
            self._stages.ready(coming, within_s=_WITHIN_S)
            alone = self._plan.workers[stage] == 1
            if alone:
                self._share(stage, coming, leaving)
            code = self._stages.workers[leaving].stop(60)
            assert code == 0, self._stages.workers[leaving].tail()
            if not alone:
                self._share(stage, *(at for of, at in self._at.items() if of.startswith(stage)))
            self._stages.ready(within_s=_WITHIN_S)
            self._watch.until(_MORE)
            self.note(f"{place} {'new' if new else 'old'}")

    def note(self, what: str) -> None:
        self._outcome.steps.append((what, round(self._watch.longest_s(), 1)))

    def _share(self, stage: str, *names: str) -> None:
        """Wait until all of these have partitions; note whether they are of both versions.

        Of three workers and four partitions Faust leaves one without: of those that stay, none.
        """

        def all_have() -> bool:
            held = {name: self._stages.partitions(name) for name in names}
            assert all(held.values()), held
            return True

        eventually_sync(
            all_have, within_s=_WITHIN_S, what=f"{' and '.join(names)} at work together"
        )
        for name in names:
            of = version_of(self._plan.commit) if name.endswith("old") else version("huishang")
            told = self._stages.metric(name, f'huishang_build_info{{version="{of}"}}')
            assert told == 1, f"{name} does not say that it is {of}"
        if {name[-3:] for name in names} == {"new", "old"}:
            self._outcome.together.add(stage)


def play(plan: Plan, broker: Broker) -> Outcome:
    """Upgrade and go back. Raises AssertionError for a worker that does not start, share or stop."""
    outcome = Outcome()
    file, now = broker.data / "published.jsonl", traffic.now()
    traffic.write(file, traffic.generate(random.Random(plan.seed), plan.events, now))
    lines = list(traffic.read(file))
    outcome.lines = len(lines)
    truth = oracle.truth_of(lines, now, traffic.TEXTS)
    later = [line for line in lines if line.topic == NEW_TOPIC]
    first = [line for line in lines if line.topic != NEW_TOPIC]
    with ExitStack() as children:
        stages, server = _prepared(plan, broker, children)
        with (
            Flow(broker.bootstrap, broker.topic_prefix, first, plan.rate) as flow,
            Watch(stages) as watch,
        ):
            deployment = _Deployment(plan, stages, watch, outcome)
            for stage, number in plan.workers.items():
                for worker in range(1, number + 1):
                    deployment.start(stage, f"{stage}-{worker}", new=False)
            stages.ready(within_s=_WITHIN_S)
            watch.longest_s()  # nothing was published so far
            flow.start()
            watch.until(_MORE)
            deployment.note("old alone")
            _made(broker, server)
            flow.also(later)
            deployment.note("topics and tables")
            for stage in plan.order:
                deployment.replace(stage, plan.workers[stage], new=True)
            # What only the new version knows is to be behind it before it goes.
            new = truth["duty_log"].total()
            eventually_sync(
                lambda: len(stages.rows("SELECT note FROM duty_log FINAL")) == new,
                within_s=_WITHIN_S,
                what=f"{new} entries of the duty log",
            )
            for stage, number in plan.back.items():
                deployment.replace(stage, number, new=False)
            assert flow.left, "publishing was over before the upgrade; let it have more events"
            flow.finish()
            _judge(stages, truth, outcome)
            deployment.note("the rest at once")
        logs = {child.output for name, child in stages.workers.items() if "tally" in name}
        outcome.snapshots = sum(log.read_text().count(": snapshot of ") for log in logs)
        for child in stages.workers.values():
            assert child.stop(60) == 0, child.tail()
    return outcome


def _prepared(plan: Plan, broker: Broker, children: ExitStack) -> tuple[Stages, Server]:
    """A store, and topics and tables as the version before makes them; no workers yet."""
    server = Server(broker.data, children)
    server.start()
    settings = {"clickhouse": server.dsn, "rules": RULES, "dead_letter_limit_pct": 100}
    _made(broker, server, plan.code)
    stages = Stages(broker, children, {**settings, "snapshot_kb": _SNAPSHOT_KB})
    stages.ask_at(server.port)
    return stages, server


def _made(broker: Broker, server: Server, code: Path | None = None) -> None:
    """`topics apply` and `schema apply` of this version, or of that in `code`."""
    env = {**broker.env(clickhouse=server.dsn), **run_by(code)}
    for what in ("topics", "schema"):
        with run_huishang(what, "apply", folder=broker.data, env=env) as child:
            assert child.wait(_WITHIN_S) == 0, child.tail()


def _judge(stages: Stages, truth: oracle.Statements, outcome: Outcome) -> None:
    """Wait until the store says the truth, and everything is read; it must still say so then."""

    def true() -> bool:
        outcome.difference = answers.difference(answers.statements_of(stages), truth)
        return not outcome.difference

    try:
        eventually_sync(true, within_s=_WITHIN_S, every_s=0.5, what="the truth")
        eventually_sync(lambda: all_read(stages), within_s=_WITHIN_S, every_s=0.5, what="all read")
    except AssertionError as error:
        outcome.error = str(error)
        return
    found = {**answers.statements_of(stages), "on topic": answers.raised_on_topic(stages)}
    outcome.difference = answers.difference(found, {**truth, "on topic": truth["alerts"]})


def told(outcome: Outcome, commit: str) -> Iterator[str]:
    """What was done, and how long any partition's counts stood still with it."""
    for what, still_s in outcome.steps:
        yield f"{what:<20} {still_s:>6.1f} s"
    yield (
        f"{outcome.lines} events, {commit[:7]} and this version side by side in "
        f"{', '.join(sorted(outcome.together))}: lost {outcome.difference.lost}, doubled "
        f"{outcome.difference.doubled}, snapshots {outcome.snapshots}"
    )
    if not outcome.good:
        yield f"{outcome.error} {outcome.difference.shown}"
