"""Whether a service has handled all that was said to it until now: what must not happen after a word may ask first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faststream.kafka.security import parse_security

from shared.addresses import Brokers
from shared.delivery.broker import Subscription, start_patiently
from shared.settings import ServiceSettings

log = structlog.get_logger()
AGAIN_SECONDS = 0.2


class Backlog:
    """What stands on the topics of a subscription that its group, in whichever instance, has not handled yet."""

    def __init__(self, kafka: Brokers, subscription: Subscription, **security: Any) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka, **security)
        self._enquirer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, **security)
        self._subscription = subscription

    async def start(self) -> None:
        """Connect."""
        await self._admin.start()
        await self._enquirer.start()

    async def close(self) -> None:
        """Disconnect."""
        await self._enquirer.stop()
        await self._admin.close()

    async def is_gone(self, within: float) -> bool:
        """Whether all that stood there when this was asked is handled, waiting some seconds for it.

        Without an answer of the broker nobody knows, and that is no.
        """
        try:
            async with asyncio.timeout(within):
                ends = await self._ends()
                while not await self._is_handled(ends):  # noqa: ASYNC110 # another process may handle it
                    await asyncio.sleep(AGAIN_SECONDS)
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("not-known-to-be-current", error=type(error).__name__)
            return False
        return True

    async def _ends(self) -> dict[TopicPartition, int]:
        described = await self._admin.describe_topics(list(self._subscription.topics))
        asked = [TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]]
        begins, ends = await self._enquirer.beginning_offsets(asked), await self._enquirer.end_offsets(asked)
        return {each: ends[each] for each in asked if ends[each] > begins[each]}

    async def _is_handled(self, ends: dict[TopicPartition, int]) -> bool:
        handled = await self._admin.list_consumer_group_offsets(self._subscription.group)
        return all(each in handled and handled[each].offset >= end for each, end in ends.items())


@asynccontextmanager
async def knowing_backlog(settings: ServiceSettings, subscription: Subscription) -> AsyncIterator[Backlog]:
    """The backlog of a service's subscription, until the block is left."""
    backlog = Backlog(settings.kafka, subscription, **parse_security(settings.kafka_security()))
    await start_patiently(backlog.start, "backlog")
    try:
        yield backlog
    finally:
        await backlog.close()
