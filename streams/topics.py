"""The topics: names, partitions, retention, and which stage writes them."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aiokafka.partitioner import murmur2

from streams.errors import Fatal
from streams.events import EVENTS
from streams.settings import Settings

_DAY_MS: Final = 86_400_000


class Topic(NamedTuple):
    """One topic as `huishang topics apply` makes it.

    partitions: None means the `partitions` setting (one per tally partition).
    """

    name: str
    partitions: int | None
    config: dict[str, str]
    purpose: str


RECORD_LIMIT_BYTES: Final = 8 << 20  # of the journal; a batch's change is seldom over 1 MB

# Small segments and an early cleaner: only closed segments are compacted, and what a
# snapshot replaced is to leave the disk soon.
_COMPACTED: Final = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(RECORD_LIMIT_BYTES),
    "segment.bytes": str(16 << 20),
    "segment.ms": str(6 * 3_600_000),
    "min.cleanable.dirty.ratio": "0.2",
    "delete.retention.ms": str(3_600_000),
}


def _kept(days: int) -> dict[str, str]:
    # A segment goes as a whole: in those of a day nothing outstays its time by more.
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(days * _DAY_MS),
        "segment.ms": str(_DAY_MS),
    }


TEXT_DAYS: Final = 30  # how long an excerpt or a preview is kept, here as in the store

REPORTS: Final = "reports"
DEAD_LETTERS: Final = "dead-letters"
JOURNAL: Final = "tally-journal"
COUNTS: Final = "counts"
ALERTS: Final = "alerts"
DIGESTS: Final = "digests"

TOPICS: Final[tuple[Topic, ...]] = (
    *(Topic(stream, 4, _kept(14), "events from upstream") for stream in EVENTS),
    Topic(REPORTS, None, _kept(14), "packs of accepted events, intake → tally"),
    Topic(DEAD_LETTERS, 4, _kept(TEXT_DAYS), "answers to bad events, stages → upstream, sink"),
    Topic(JOURNAL, None, _COMPACTED, "tally's state: a record per batch, and snapshots"),
    Topic(COUNTS, None, _kept(14), "upserts of totals, tally → sink"),
    Topic(ALERTS, 4, _kept(TEXT_DAYS), "alerts, tally (others: poison) → sink, channels"),
    Topic(DIGESTS, 4, _kept(90), "daily reports and consult lists, tally → sink"),
)


SUNK: Final = (COUNTS, ALERTS, DIGESTS, DEAD_LETTERS)  # what the sink reads

# A county's place in these is part of tally's state: their partitions must agree.
TIED: Final = (REPORTS, JOURNAL, COUNTS)


def full_name(settings: Settings, name: str) -> str:
    """The topic's (or consumer group's) name on the broker."""
    return settings.topic_prefix + name


def group_name(settings: Settings, stage: str) -> str:
    """The consumer group in which the workers of a stage share its partitions."""
    return full_name(settings, f"huishang-{stage}")


def partition_of(county_code: str, partitions: int) -> int:
    """The partition of `reports` that holds a county, as the Java client would choose.

    >>> partition_of("620702", 24)
    15
    """
    return int((murmur2(county_code.encode()) & 0x7FFFFFFF) % partitions)


async def assert_partitions(settings: Settings, admin: Any) -> None:
    """Raise Fatal unless the topics tied to tally's partitions are there and agree.

    For a stage's start; admin: a started aiokafka.admin.AIOKafkaAdminClient.
    """
    check_partitions(settings, await partitions_on(admin))


async def partitions_on(admin: Any) -> dict[str, int]:
    """How many partitions each topic on the broker has, by full name."""
    # Asking for all of them: to ask for one by name may create it.
    return {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}


def check_partitions(
    settings: Settings, there: Mapping[str, int], *, missing_is_fine: bool = False
) -> None:
    """Raise Fatal when a tied topic has another number of partitions than the setting.

    there: partitions by full name, as `partitions_on` gives them.
    """
    numbers = {there[name] for topic in TIED if (name := full_name(settings, topic)) in there}
    if len(numbers) > 1:
        raise Fatal(
            f"{', '.join(TIED)} have different numbers of partitions ({sorted(numbers)}): a change to "
            f"{max(numbers)} was begun and not finished; run `huishang journal repartition "
            f"{max(numbers)}` again"
        )
    for topic in TIED:
        name = full_name(settings, topic)
        if name not in there:
            if missing_is_fine or (topic == JOURNAL and settings.journal == "file"):
                continue
            raise Fatal(
                f"topic {name} is missing at {settings.kafka}, or may not be seen by this user; "
                "run `huishang topics apply`, or grant the ACLs of the stage (deploy/README.md)"
            )
        if there[name] != settings.partitions:
            raise Fatal(
                f"topic {name} has {there[name]} partitions, HUISHANG_PARTITIONS is "
                f"{settings.partitions}; set it to {there[name]}. Counties would move between "
                "partitions and be counted anew: `huishang journal repartition` changes the number "
                "of a topic in use"
            )
