"""Limits what each integrator may take of Kafka, so that one that floods keeps nobody else waiting."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DescribeClientQuotasRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

from cli.topics import administering
from shared.settings import ServerSettings

USER, EXACTLY = "user", 0


class QuotaRefused(Exception):
    """Kafka does not set a quota: for whom, why, and what to do."""


class Quota(NamedTuple):
    """What one user of Kafka may take of each broker; above it Kafka lets the user wait, and refuses nothing."""

    producer_byte_rate: float
    consumer_byte_rate: float
    request_percentage: float


Quotas = Mapping[str, Mapping[str, float]]
"""What is set for each user, by Kafka's names."""

_ENTITY = ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8"))))


class SetQuotasResponse(Response):
    """Version 0 of the answer: what became of each user."""

    API_KEY, API_VERSION = 49, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("entries", Array(("error_code", Int16), ("error_message", String("utf-8")), _ENTITY)),
    )


class SetQuotasRequest(RequestStruct):
    """AlterClientQuotas: aiokafka's admin client reads quotas and has no request that sets them."""

    API_KEY, API_VERSION = 49, 0
    RESPONSE_TYPE = SetQuotasResponse
    SCHEMA = Schema(
        ("entries", Array(_ENTITY, ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))))),
        ("validate_only", Boolean),
    )


class SetQuotas(Request[SetQuotasRequest]):
    """Sets the quota of users, and leaves all others as they are."""

    API_KEY = 49

    def __init__(self, users: Iterable[str], quota: Quota) -> None:
        self._users, self._quota = tuple(users), quota

    def build(self, request_struct_class: type[SetQuotasRequest]) -> SetQuotasRequest:
        """Build the request as it is sent."""
        ops = [(key, value, False) for key, value in self._quota._asdict().items()]
        return request_struct_class([([(USER, user)], ops) for user in self._users], False)


async def set_quotas(settings: ServerSettings, users: Iterable[str], quota: Quota) -> list[str]:
    """Have this quota for these users of Kafka. Returns those for whom it was another. Raises `QuotaRefused`."""
    async with administering(settings) as admin:
        known = await read_quotas(admin, users)
        wanting = [user for user, has in known.items() if has != quota._asdict()]
        if wanting:
            answer = (await admin._send_to_controller(SetQuotas(wanting, quota))).to_object()
            _check_set(answer["entries"])
        return wanting


async def read_quotas(admin: AIOKafkaAdminClient, users: Iterable[str]) -> Quotas:
    """What each of these users may take."""
    return {user: await _quota_of(admin, user) for user in users}


async def _quota_of(admin: AIOKafkaAdminClient, user: str) -> Mapping[str, float]:
    asked = DescribeClientQuotasRequest([(USER, EXACTLY, user)], True)
    answer = (await admin._send_to_controller(asked)).to_object()
    return {each["name"]: each["value"] for entry in answer["entries"] or () for each in entry["values"]}


def _check_set(answers: Iterable[Mapping[str, Any]]) -> None:
    if refused := [each for each in answers if each["error_code"]]:
        user, code = refused[0]["entity"][0]["entity_name"], refused[0]["error_code"]
        raise QuotaRefused(
            f"Kafka refuses a quota for {user} (code {code}), and {len(refused)} in all: "
            "see that this user may AlterConfigs on the cluster, and try again."
        )
