"""The topics: names, partitions, retention, and which stage writes them."""

from typing import Final, NamedTuple

from aiokafka.partitioner import murmur2

from streams.contracts import EVENTS
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


def _kept(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS)}


REPORTS: Final = "reports"
DEAD_LETTERS: Final = "dead-letters"
JOURNAL: Final = "tally-journal"
COUNTS: Final = "counts"
ALERTS: Final = "alerts"
DIGESTS: Final = "digests"

TOPICS: Final[tuple[Topic, ...]] = (
    *(Topic(stream, 4, _kept(14), "events from upstream") for stream in EVENTS),
    Topic(REPORTS, None, _kept(14), "packs of accepted events, intake → tally"),
    Topic(DEAD_LETTERS, 4, _kept(90), "answers to bad events, intake → upstream, sink"),
    Topic(JOURNAL, None, {"cleanup.policy": "compact"}, "tally's state, one record per batch"),
    Topic(COUNTS, None, _kept(14), "upserts of totals, tally → sink"),
    Topic(ALERTS, 4, _kept(90), "alerts, tally → sink, channels"),
    Topic(DIGESTS, 4, _kept(90), "daily reports and consult lists, tally → sink"),
)


def full_name(settings: Settings, name: str) -> str:
    """The topic's (or consumer group's) name on the broker."""
    return settings.topic_prefix + name


def partition_of(county_code: str, partitions: int) -> int:
    """The partition of `reports` that holds a county, as the Java client would choose.

    >>> partition_of("620702", 24)
    15
    """
    return int((murmur2(county_code.encode()) & 0x7FFFFFFF) % partitions)
