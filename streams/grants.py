"""What each stage is allowed on the broker: the topics, and consumer groups, that it works with.

    for rule in rules("tally"):
        rule.kind, rule.name, rule.prefixed, rule.operations

The resources for Kafka's operators (deploy/k8s) are written from this table, and a
test runs the stages on a broker that allows them nothing else.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from streams.events import EVENTS
from streams.topics import ALERTS, COUNTS, DEAD_LETTERS, DIGESTS, JOURNAL, REPORTS, TIED

Operation = Literal["Describe", "Read", "Write"]


class Grant(NamedTuple):
    """One stage's row. Names are without the prefix of the deployment.

    joins: consumer groups whose offsets it commits. joins_any: beginnings of such
    names. looks_at: topics of which it asks only where they end, besides TIED, of which
    every stage sees at the start whether they agree in their partitions. watches:
    groups of others whose committed offsets it reads.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    joins: tuple[str, ...]
    joins_any: tuple[str, ...] = ()
    looks_at: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()


class Rule(NamedTuple):
    """An ACL that allows. prefixed: whatever begins with the name.

    Read and Write allow to describe as well.
    """

    kind: Literal["topic", "group"]
    name: str
    prefixed: bool
    operations: tuple[Operation, ...]


def _groups(stage: str) -> tuple[str, str]:
    """A stage's own group, and the one in which it notes what killed it (streams/poison.py)."""
    return f"huishang-{stage}", f"huishang-{stage}-deaths"


GRANTS: Final[dict[str, Grant]] = {
    "intake": Grant(
        reads=tuple(EVENTS),
        writes=(REPORTS, DEAD_LETTERS, ALERTS),
        joins=_groups("intake"),
    ),
    "tally": Grant(
        reads=(REPORTS, JOURNAL),
        writes=(JOURNAL, COUNTS, ALERTS, DIGESTS, DEAD_LETTERS),
        joins=_groups("tally"),
    ),
    "sink": Grant(
        reads=(COUNTS, ALERTS, DIGESTS, DEAD_LETTERS),
        # The last two are what staff do at the duty board.
        writes=(ALERTS, DIGESTS, DEAD_LETTERS, "alert-actions", "duty-log"),
        joins=_groups("sink"),
        joins_any=("huishang-channel-",),
        # It writes down how all stages stand.
        looks_at=(*EVENTS, REPORTS),
        watches=("huishang-intake", "huishang-tally"),
    ),
}


def rules(stage: str, topic_prefix: str = "") -> list[Rule]:
    """The ACLs of a stage, by name. Raises KeyError for what is no stage.

    >>> [rule.name for rule in rules("intake", "t.") if rule.kind == "group"]
    ['t.huishang-intake', 't.huishang-intake-deaths']
    """
    grant = GRANTS[stage]
    topics = {*grant.reads, *grant.writes, *grant.looks_at, *TIED}
    found = [
        Rule("topic", topic_prefix + name, False, _on_topic(grant, name)) for name in sorted(topics)
    ]
    found += _on_groups(topic_prefix, grant.joins, ("Read",))
    found += _on_groups(topic_prefix, grant.joins_any, ("Read",), prefixed=True)
    found += _on_groups(topic_prefix, grant.watches, ("Describe",))
    return found


def _on_topic(grant: Grant, name: str) -> tuple[Operation, ...]:
    allowed: list[Operation] = []
    if name in grant.reads:
        allowed.append("Read")
    if name in grant.writes:
        allowed.append("Write")
    return tuple(allowed) or ("Describe",)


def _on_groups(
    topic_prefix: str,
    names: Iterable[str],
    operations: tuple[Operation, ...],
    *,
    prefixed: bool = False,
) -> list[Rule]:
    return [Rule("group", topic_prefix + name, prefixed, operations) for name in names]
