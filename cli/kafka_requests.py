"""Two requests to Kafka's controller for which aiokafka's admin client has no method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import AlterPartitionReassignmentsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int8, Int16, Int32, Schema, String

TIMEOUT_MS = 30_000
TOPIC, SET = 2, 0
Replicas = Mapping[str, Mapping[int, list[int]]]
"""The brokers that shall hold each partition of a topic, the preferred leader first."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the controller did not do, and Kafka's code for the reason."""

    topic: str
    code: int


class SetConfigsResponse(Response):
    """Version 0 of the answer: what became of each resource."""

    API_KEY, API_VERSION = 44, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class SetConfigsRequest(RequestStruct):
    """IncrementalAlterConfigs: changes what it names; the older AlterConfigs resets what it does not name."""

    API_KEY, API_VERSION = 44, 0
    RESPONSE_TYPE = SetConfigsResponse
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                ("configs", Array(("name", String("utf-8")), ("operation", Int8), ("value", String("utf-8")))),
            ),
        ),
        ("validate_only", Boolean),
    )


class SetConfigs(Request[SetConfigsRequest]):
    """Sets configurations of topics, and leaves their others as they are."""

    API_KEY = 44

    def __init__(self, configs: Mapping[str, Mapping[str, str]]) -> None:
        self._configs = configs

    def build(self, request_struct_class: type[SetConfigsRequest]) -> SetConfigsRequest:
        """Build the request as it is sent."""
        resources = [
            (TOPIC, topic, [(name, SET, value) for name, value in configs.items()])
            for topic, configs in self._configs.items()
        ]
        return request_struct_class(resources, False)


async def set_configs(admin: AIOKafkaAdminClient, configs: Mapping[str, Mapping[str, str]]) -> list[Refusal]:
    """Set configurations of topics. Returns what was refused."""
    answer = (await admin._send_to_controller(SetConfigs(configs))).to_object()
    return [Refusal(each["resource_name"], each["error_code"]) for each in answer["responses"] if each["error_code"]]


async def reassign(admin: AIOKafkaAdminClient, replicas: Replicas) -> list[Refusal]:
    """Have these brokers hold these partitions; they copy in the background. Returns what was refused."""
    none: Any = {}
    topics: list[Any] = [
        (topic, [(number, brokers, none) for number, brokers in partitions.items()], none)
        for topic, partitions in replicas.items()
    ]
    request = AlterPartitionReassignmentsRequest(TIMEOUT_MS, topics, none)
    answer = (await admin._send_to_controller(request)).to_object()
    if answer["error_code"]:
        return [Refusal(topic, answer["error_code"]) for topic in replicas]
    return [
        Refusal(topic["name"], partition["error_code"])
        for topic in answer["responses"]
        for partition in topic["partitions"]
        if partition["error_code"]
    ]
