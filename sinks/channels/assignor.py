"""All partitions to one worker: one voice per channel, so that limit, grouping and order hold.

Of several sinks one tells a channel and the others stand by: the first in the order of
their ids within the group. When it goes, the next one takes over where it committed.
"""

from collections.abc import Iterable, Mapping

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

_VERSION = 0


class OneVoice(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """The assignor of a channel's consumer group."""

    name = "huishang-one-voice"

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Everything to the first member, nothing to the others."""
        first = min(members)
        topics = {topic for member in members.values() for topic in member.subscription}
        everything = [
            (topic, sorted(cluster.partitions_for_topic(topic) or ())) for topic in sorted(topics)
        ]
        return {
            member: ConsumerProtocolMemberAssignment(
                _VERSION, everything if member == first else [], b""
            )
            for member in members
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        return ConsumerProtocolMemberMetadata(_VERSION, list(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing is remembered."""
