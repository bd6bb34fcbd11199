"""The ids of topics (KIP-516): a topic that was deleted and made anew has the same name and another id.

Aiokafka speaks Metadata up to version 5, which has none.
"""

from collections.abc import Collection
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

NONE = UUID(int=0)


class Uuid(AbstractType[UUID]):
    """Sixteen bytes, in the network's order."""

    @classmethod
    def encode(cls, value: UUID) -> bytes:
        """As it is sent."""
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        """As it came."""
        return UUID(bytes=data.read(16))


class TopicIdsResponse(Response):
    """Version 10 of Metadata's answer."""

    API_KEY, API_VERSION = 3, 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition_index", Int32),
                        ("leader_id", Int32),
                        ("leader_epoch", Int32),
                        ("replica_nodes", CompactArray(Int32)),
                        ("isr_nodes", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("topic_authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class TopicIdsRequest(RequestStruct):
    """Version 10 of Metadata, which asks for topics by name."""

    FLEXIBLE_VERSION = True
    API_KEY, API_VERSION = 3, 10
    RESPONSE_TYPE = TopicIdsResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicIds(Request[TopicIdsRequest]):
    """Asks which ids topics have now."""

    API_KEY = 3

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[TopicIdsRequest]) -> TopicIdsRequest:
        """Build the request as it is sent."""
        none: dict[int, bytes] = {}
        return request_struct_class([(NONE, topic, none) for topic in self._topics], False, False, False, none)


async def topic_ids(client: Any, topics: Collection[str]) -> dict[str, str]:
    """The ids of these topics, of those that there are; none from a broker older than Kafka 2.8.

    `client` is aiokafka's own, of a consumer or an admin. Raises `KafkaError`.
    """
    if not topics:
        return {}
    try:
        answer = (await client.send(client.get_random_node(), TopicIds(topics))).to_object()
    except NotImplementedError:
        return {}
    return {each["name"]: each["topic_id"].hex for each in answer["topics"] if each["topic_id"] != NONE}
