"""Makes Kafka's topics from the map in the contracts, and never by accident."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream.kafka.security import parse_security

from shared.contracts.topics import Topic
from shared.delivery.opening import named
from shared.settings import ServerSettings

PATIENCE_SECONDS = 30.0


async def make_topics(settings: ServerSettings, topics: Iterable[Topic]) -> list[str]:
    """Make the topics that do not exist yet, and wait until each partition has a leader. Returns what was made."""
    async with administering(settings) as admin:
        wanted = {named(settings, topic.name, "."): topic for topic in topics}
        missing = [name for name in wanted if name not in set(await admin.list_topics())]
        replicas = min(3, len((await admin.describe_cluster())["brokers"]))
        if missing:
            await admin.create_topics([_new(name, wanted[name], replicas) for name in missing])
            await _wait_for_leaders(admin, missing)
        return missing


@asynccontextmanager
async def administering(settings: ServerSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that makes and changes topics, until the block is left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **parse_security(settings.kafka_security()))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def _new(name: str, topic: Topic, replicas: int) -> NewTopic:
    return NewTopic(name, topic.partitions, replicas, topic_configs=topic.broker_configs())


async def _wait_for_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            topics = await admin.describe_topics(names)
            partitions = [partition for topic in topics for partition in topic["partitions"]]
            if partitions and all(partition["leader"] >= 0 for partition in partitions):
                return
            await asyncio.sleep(0.2)
