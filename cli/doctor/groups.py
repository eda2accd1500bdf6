"""Checks of consumer groups: whether stages work, and keep up; and of a log that was lost."""

from collections.abc import Mapping

from aiokafka import TopicPartition

from cli.doctor.findings import Finding, listed, ok, problem, unasked, warning
from sinks.health import UNKNOWN, Looked, lag_of

# As the alert HuishangLagGrowing.
_LAG_WARNING = 10_000
_MOVING = ("PreparingRebalance", "CompletingRebalance")


def group(stage: str, first: Looked, later: Looked | None, apart_s: float) -> Finding:
    """A stage by its consumer group. later: a second look, if work was left at the first."""
    check = f"group {stage}"
    last = later or first
    lag = lag_of(last)
    workers = "one worker" if last.members == 1 else f"{last.members} workers"
    start = f"huishang worker {stage}  (or see why it ended: docs/runbooks/HuishangStageDown.md)"
    if last.state == UNKNOWN:
        return unasked(check, "the broker does not tell who is in the group")
    if not last.members:
        left = f", and {lag:,} records wait" if lag else ""
        return warning(check, f"no {stage} is at work{left}", start)
    if last.state in _MOVING:
        return warning(
            check, f"partitions are being assigned to {workers}", "ask again in a minute"
        )
    still = later is not None and lag > 0 and first.committed == later.committed
    if still:
        return warning(
            check,
            f"{lag:,} records wait, and {workers} committed nothing within {apart_s:g} s",
            "ask again in a minute; if it stays so: docs/runbooks/HuishangStalled.md",
        )
    return _share(check, last, workers, lag)


def _share(check: str, looked: Looked, workers: str, lag: int) -> Finding:
    """Whether there are as many workers as there is work."""
    partitions = most_at_once(looked.ends)
    if looked.members > partitions:
        idle = looked.members - partitions
        return warning(
            check,
            f"{workers} share {partitions} partitions: {idle} of them have nothing to do",
            "run fewer",
        )
    if lag > _LAG_WARNING:
        return warning(
            check,
            f"{lag:,} records wait for {workers}; expected below {_LAG_WARNING:,}",
            "docs/runbooks/HuishangLagGrowing.md",
        )
    return ok(check, f"{workers}, {lag:,} records behind")


def most_at_once(ends: Mapping[TopicPartition, int]) -> int:
    """Partitions of the topic that has most of them: each stage's topics are assigned alike.

    >>> most_at_once({TopicPartition("a", 0): 9, TopicPartition("b", 0): 7, TopicPartition("b", 1): 7})
    2
    """
    return max((one.partition + 1 for one in ends), default=0)


def log(applied: Mapping[int, int], ends: Mapping[int, int]) -> Finding:
    """Whether `reports` still is the log that was counted.

    applied: partition → last offset that tally's journal has counted. ends: where it ends.
    """
    lost = [
        f"partition {one} ends at {ends[one]}, and {offset + 1} were counted"
        for one, offset in sorted(applied.items())
        if one in ends and offset >= ends[one]
    ]
    if lost:
        return problem(
            "log",
            f"the topic reports was lost or made anew: {listed(lost, 2)}",
            "stop every tally, then: huishang journal new-log  (counts and identities are kept)",
        )
    if not applied:
        return ok("log", "tally has counted nothing yet")
    return ok("log", "the topic reports goes as far as tally has counted")
