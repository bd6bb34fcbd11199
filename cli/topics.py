"""Makes Kafka's topics from the map in the contracts, never by accident, and has as many copies of them as is asked."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream.kafka.security import parse_security

from cli.replication import (
    AGAIN,
    MIN_IN_SYNC,
    CannotReplicate,
    TopicCopies,
    Wish,
    live_brokers,
    look,
    wish,
    wish_that_can_be,
)
from cli.replication import raise_copies as raise_copies_of
from shared.contracts.topics import Topic
from shared.delivery.opening import named
from shared.settings import ServerSettings

PATIENCE_SECONDS = 30.0
OFFSETS = "__consumer_offsets"
"""Kafka's own topic of how far each service has read."""


async def make_topics(settings: ServerSettings, topics: Iterable[Topic]) -> list[str]:
    """Make the topics that do not exist yet, and wait until each partition has a leader. Returns what was made.

    Raises `CannotReplicate`.
    """
    async with administering(settings) as admin:
        wanted = {named(settings, topic.name, "."): topic for topic in topics}
        missing = [name for name in wanted if name not in set(await admin.list_topics())]
        wished = wish_that_can_be(settings.kafka_replication, len(await live_brokers(admin)))
        if missing:
            answer = await admin.create_topics([_new(name, wanted[name], wished) for name in missing])
            _check_made(answer.to_object()["topic_errors"])
            await _wait_for_leaders(admin, missing)
        return missing


async def raise_copies(settings: ServerSettings, topics: Iterable[Topic]) -> list[str]:
    """Have as many copies of each topic as is asked. Returns what was done, in sentences. Raises `CannotReplicate`."""
    async with administering(settings) as admin:
        wished = wish_that_can_be(settings.kafka_replication, len(await live_brokers(admin)))
        return await raise_copies_of(admin, [named(settings, topic.name, ".") for topic in topics], wished)


async def look_at_copies(settings: ServerSettings, topics: Iterable[Topic]) -> tuple[Wish, Sequence[TopicCopies]]:
    """How many copies are asked for, and what Kafka keeps, of its own offsets too."""
    async with administering(settings) as admin:
        wished = wish(settings.kafka_replication, len(await live_brokers(admin)))
        return wished, await look(admin, [*(named(settings, topic.name, ".") for topic in topics), OFFSETS])


@asynccontextmanager
async def administering(settings: ServerSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that makes and changes topics, until the block is left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **parse_security(settings.kafka_security()))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def _new(name: str, topic: Topic, wished: Wish) -> NewTopic:
    configs = {**topic.broker_configs(), MIN_IN_SYNC: str(wished.in_step)}
    return NewTopic(name, topic.partitions, wished.copies, topic_configs=configs)


def _check_made(answers: Iterable[dict[str, Any]]) -> None:
    if refused := [each for each in answers if each["error_code"]]:
        name, code, many = refused[0]["topic"], refused[0]["error_code"], len(refused)
        raise CannotReplicate(
            f"Kafka refuses to make {name} (code {code}), and {many} topics in all: "
            f"see that all brokers are up and that this user may Create topics, {AGAIN}."
        )


async def _wait_for_leaders(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            topics = await admin.describe_topics(names)
            partitions = [partition for topic in topics for partition in topic["partitions"]]
            if partitions and all(partition["leader"] >= 0 for partition in partitions):
                return
            await asyncio.sleep(0.2)
