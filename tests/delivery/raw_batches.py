"""Hands batches to a broker as they are, without a producer that would make them well."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.produce import ProduceRequest


class RawProducer:
    """Sends one batch a request, and raises what the broker answers."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client: Any = client

    async def send(self, tp: TopicPartition, batch: bytes) -> int:
        """Have a batch stored. Returns the offset of its first record.

        A broker that does not know yet that it leads a new partition is asked again.
        """
        async with asyncio.timeout(20):
            while True:
                try:
                    return await self._try(tp, batch)
                except KafkaError as error:
                    if not error.retriable:
                        raise
                await asyncio.sleep(0.1)

    async def _try(self, tp: TopicPartition, batch: bytes) -> int:
        await self._client.force_metadata_update()
        node = self._client.cluster.leader_for_partition(tp)
        topics = [(tp.topic, [(tp.partition, batch)])]
        answer = await self._client.send(
            node, ProduceRequest(transactional_id=None, required_acks=-1, timeout=9000, topics=topics)
        )
        [(_, [(_, code, first, *_)])] = answer.topics
        if code:
            raise for_code(code)
        return int(first)


@asynccontextmanager
async def raw_producer(kafka: str) -> AsyncIterator[RawProducer]:
    """A producer for a while."""
    client = AIOKafkaClient(bootstrap_servers=kafka)
    await client.bootstrap()
    try:
        yield RawProducer(client)
    finally:
        await client.close()


@asynccontextmanager
async def administering(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that makes and changes topics, for a while."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def make_topic(kafka: str, name: str, partitions: int = 1) -> list[TopicPartition]:
    """A topic of one's own, each partition with a leader."""
    async with administering(kafka) as admin:
        await admin.create_topics([NewTopic(name, partitions, 1)])
    return [TopicPartition(name, n) for n in range(partitions)]
