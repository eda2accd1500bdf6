"""Checks of brokers, topics and permissions, out of what Kafka told."""

from collections.abc import Callable, Collection, Iterator, Mapping

from cli.doctor.broker import Cluster, Partition, Topic
from cli.doctor.findings import Finding, listed, ok, problem, sentence, unasked, warning
from cli.doctor.rights import Rights
from streams import topics
from streams.errors import Fatal
from streams.grants import Rule
from streams.settings import PREFIX, Settings

_APPLY = "huishang topics apply"
_SHOW_COPIES = "kafka-topics.sh --bootstrap-server {} --describe --under-replicated-partitions"


def brokers(settings: Settings, seen: Cluster) -> Finding:
    """Whether there are enough of them."""
    if seen.brokers < settings.replication:
        return problem(
            "brokers",
            f"{seen.brokers} of them, and {PREFIX}REPLICATION wants {settings.replication} copies "
            "of each topic, each on another",
            f"start more brokers, or set {PREFIX}REPLICATION={seen.brokers}",
        )
    return ok("brokers", f"{seen.brokers} of them, {PREFIX}REPLICATION is {settings.replication}")


def there(settings: Settings, seen: Cluster) -> Finding:
    """Whether every topic is there and may be seen."""
    hidden = sorted(one.name for one in seen.topics.values() if one.hidden)
    missing = sorted(
        one.name for one in seen.topics.values() if not one.partitions and not one.hidden
    )
    if missing:
        return problem(
            "topics", f"{len(missing)} of {len(seen.topics)} are missing: {listed(missing)}", _APPLY
        )
    if hidden:
        return problem(
            "topics",
            f"Kafka at {settings.kafka} does not let this user see {listed(hidden)}",
            "grant it the ACLs of its stage: `huishang doctor --stage …` names them",
        )
    return ok("topics", f"all {len(seen.topics)} are there")


def partitions(settings: Settings, seen: Cluster) -> Finding:
    """Whether those tied to tally's partitions have as many as is set."""
    number = seen.partitions()
    tied = {topics.full_name(settings, name) for name in topics.TIED}
    if not tied & number.keys():
        return unasked("partitions", "there is no topic to ask of")
    try:
        topics.check_partitions(settings, number, missing_is_fine=True)
    except Fatal as error:
        return problem("partitions", sentence(error))
    said = f"{settings.partitions} of {', '.join(topics.TIED)}, as {PREFIX}PARTITIONS says"
    return ok("partitions", said)


def copies(settings: Settings, seen: Cluster) -> Finding:
    """Whether each partition has its leader and copies, and acknowledged records are in two."""
    found = [one for one in seen.topics.values() if one.partitions]
    if not found:
        return unasked("copies", "there is no topic to ask of")
    least = min(len(one.copies) for topic in found for one in topic.partitions)
    said = f"{least} of each topic, up to date" if least > 1 else "one of each topic: for a trial"
    return _broken(settings, found) or _thin(settings, seen, least) or ok("copies", said)


def _broken(settings: Settings, found: Collection[Topic]) -> Finding | None:
    """Partitions that cannot be used, or not for long."""
    show = _SHOW_COPIES.format(settings.kafka)
    if headless := _places(found, lambda one, _: one.leader < 0):
        said = f"no broker leads {listed(headless)}: nobody can read or write"
        return problem("copies", said, show)
    if stopped := _places(found, lambda one, least: len(one.in_step) < least):
        said = f"{listed(stopped)}: fewer copies are up to date than min.insync.replicas wants"
        return problem("copies", f"{said}: nobody can write", show)
    if behind := _places(found, lambda one, _: len(one.in_step) < len(one.copies)):
        return warning("copies", f"copies of {listed(behind)} are not up to date", show)
    return None


def _thin(settings: Settings, seen: Cluster, least: int) -> Finding | None:
    """Records that one broken disk would lose."""
    wanted = min(3, seen.brokers)
    if least == 1 and seen.brokers > 1:
        return warning(
            "copies",
            f"there are {seen.brokers} brokers, and topics with one copy: a broken disk loses what "
            f"it had; expected {wanted}",
            f"kafka-reassign-partitions.sh; for topics made later set {PREFIX}REPLICATION={wanted}",
        )
    alone = sorted(
        name
        for name, topic in seen.topics.items()
        if topic.partitions and len(topic.partitions[0].copies) > 2 and _least_in_step(topic) == 1
    )
    if alone:
        return warning(
            "copies",
            f"a record of {listed(alone)} counts as safe in one copy (min.insync.replicas is 1); "
            "expected 2",
            f"kafka-configs.sh --bootstrap-server {settings.kafka} --alter --entity-type topics "
            f"--entity-name {alone[0]} --add-config min.insync.replicas=2",
        )
    return None


def configuration(settings: Settings, seen: Cluster) -> Finding:
    """Whether records are kept as long, and in the way, that stages count on."""
    told = {name: one.config for name, one in seen.topics.items() if one.config is not None}
    if not told:
        return unasked("configuration", "Kafka does not tell this user how topics are configured")
    other = []
    for topic in topics.TOPICS:
        name = topics.full_name(settings, topic.name)
        for key, value in topic.config.items() if name in told else ():
            if told[name].get(key) != value:
                other.append((name, key, told[name].get(key), value))
    if not other:
        return ok("configuration", f"{len(told)} topics keep their records as they should")
    said = "; ".join(
        f"{name} has {key}={got}, expected {wanted}" for name, key, got, wanted in other[:3]
    )
    if len(other) > 3:
        said += f"; and {len(other) - 3} more"
    # A journal that is cut off by age or size cannot be recovered from.
    journal = topics.full_name(settings, topics.JOURNAL)
    grave = any(name == journal and key == "cleanup.policy" for name, key, _, _ in other)
    return (problem if grave else warning)("configuration", said, _APPLY)


def permissions(
    settings: Settings, rules: Collection[Rule], seen: Cluster, groups: Mapping[str, Rights | None]
) -> Iterator[Finding]:
    """Whether Kafka lets this user do what its stage does."""
    told: dict[str, Rights | None] = {
        name: frozenset() if one.hidden else one.rights
        for name, one in seen.topics.items()
        if one.hidden or one.partitions
    } | dict(groups)
    if all(rights is None for rights in told.values()):
        yield unasked("permissions", "this broker does not tell what its users may do")
        return
    user = settings.kafka_user or "NAME-OF-THE-CERTIFICATE"
    fine = True
    for rule in rules:
        rights = told.get(rule.name)
        lacks = [one for one in rule.operations if rights is not None and one not in rights]
        if lacks:
            fine = False
            prefixed = "…" if rule.prefixed else ""
            yield problem(
                "permissions",
                f"this user may not {' and '.join(lacks)} {rule.kind} {rule.name}{prefixed}",
                f"kafka-acls.sh --bootstrap-server {settings.kafka} --add "
                f"--allow-principal User:{user} "
                + " ".join(f"--operation {one}" for one in lacks)
                + f" --{rule.kind} {rule.name}"
                + (" --resource-pattern-type prefixed" if rule.prefixed else ""),
            )
    if fine:
        yield ok("permissions", f"this user may do what its stage does: {len(rules)} rules hold")


def _places(found: Collection[Topic], wrong: Callable[[Partition, int], bool]) -> list[str]:
    """`topic-partition` where wrong(partition, min.insync.replicas of its topic) holds."""
    return sorted(
        f"{topic.name}-{one.number}"
        for topic in found
        for one in topic.partitions
        if wrong(one, _least_in_step(topic))
    )


def _least_in_step(topic: Topic) -> int:
    return int((topic.config or {}).get("min.insync.replicas") or 0)
