"""What Kafka says that this user may do: asked for with topics and groups, tried on nothing.

Two requests of Kafka's protocol (KIP-430) that aiokafka has in older versions only, without
the operations. To list ACLs one would have to be an administrator, which no stage is. Brokers
that do not tell answer with None; those that have no ACLs allow everything.
"""

from collections.abc import Sequence
from typing import Any, Final

from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

from streams.grants import Operation

_OPERATIONS: Final[dict[Operation, int]] = {"Read": 3, "Write": 4, "Describe": 8}
_NOT_TOLD: Final = -(1 << 31)
_GROUP_REFUSED: Final = 30

Rights = frozenset[Operation]


class _Told(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(
                ("node_id", Int32),
                ("host", String("utf-8")),
                ("port", Int32),
                ("rack", String("utf-8")),
            ),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class _Asked(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _Told
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class _Metadata(Request[_Asked]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, request_struct_class: type[_Asked]) -> _Asked:
        return request_struct_class(self._topics, False, False, True)


class _AskedGroups(DescribeGroupsRequest_v3):  # type: ignore[misc]  # aiokafka has no types
    RESPONSE_TYPE = DescribeGroupsResponse_v3


class _Groups(Request[_AskedGroups]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_AskedGroups]) -> _AskedGroups:
        return request_struct_class([self._group], True)


async def metadata(admin: Any, topics: Sequence[str]) -> dict[str, Any]:
    """Brokers and these topics, each with `rights`; a topic that is not there is not made."""
    told: dict[str, Any] = (await admin._send_request(_Metadata(topics))).to_object()
    for topic in told["topics"]:
        topic["rights"] = operations(topic["authorized_operations"])
    return told


async def group_rights(admin: Any, group: str) -> Rights | None:
    """What may be done with a consumer group; it need not exist."""
    try:
        coordinator = await admin.find_coordinator(group)
    except GroupAuthorizationFailedError:
        return frozenset()
    told = (await admin._send_request(_Groups(group), coordinator)).to_object()["groups"][0]
    if told["error_code"] == _GROUP_REFUSED:
        return frozenset()
    return operations(told["authorized_operations"])


def operations(bits: int) -> Rights | None:
    """Operations out of Kafka's bits; None if it did not tell.

    >>> sorted(operations(1 << 3 | 1 << 8))
    ['Describe', 'Read']
    """
    if bits == _NOT_TOLD:
        return None
    return frozenset(name for name, place in _OPERATIONS.items() if bits >> place & 1)
