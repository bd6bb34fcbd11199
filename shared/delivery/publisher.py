"""Hands the outbox's rows over to Kafka in whole batches: one acknowledgement a batch, not a task a record."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

Row = dict[str, Any]
Acknowledgement = asyncio.Future[Any]

KEYS_REMEMBERED = 65_536
TOPIC_SECONDS = 2.0
"""The client itself would look for a topic that is not there for 40 s, and every other row would wait."""

log = structlog.get_logger()


class Publisher:
    """Puts rows on the partition of their subject, as every Kafka client does, each partition's in their order."""

    def __init__(self, producer: AIOKafkaProducer, namespace: str) -> None:
        self._producer = producer
        self._prefix = f"{namespace}." if namespace else ""

    async def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple[Acknowledgement, Sequence[Row]]]:
        """Hand all of them over; with each batch comes what will tell that the broker has it.

        Rows of a topic that is not there are not handed over, and stop no others.
        """
        for (topic, partition), share in (await self._shares(rows)).items():
            left = share
            while left:
                batch = self._producer.create_batch()
                taken = next((n for n, row in enumerate(left) if not _has_room(batch, row)), len(left))
                batch.close()
                yield await self._producer.send_batch(batch, topic, partition=partition), left[:taken]
                left = left[taken:]

    async def _shares(self, rows: Sequence[Row]) -> dict[tuple[str, int], list[Row]]:
        topics = {row["topic"]: self._prefix + row["topic"] for row in rows}
        partitions = {name: await self._partitions(topic) for name, topic in topics.items()}
        shares: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in rows:
            if not (all_of_it := partitions[row["topic"]]):
                continue
            partition = all_of_it[_hash(row["subject"].encode()) % len(all_of_it)]
            shares[topics[row["topic"]], partition].append(row)
        return shares

    async def _partitions(self, topic: str) -> list[int]:
        """The partitions of a topic; none where it is not there."""
        try:
            async with asyncio.timeout(TOPIC_SECONDS):
                return sorted(await self._producer.partitions_for(topic))
        except (KafkaError, TimeoutError) as error:
            log.error("topic-away", topic=topic, error=type(error).__name__)
            return []


def _has_room(batch: Any, row: Row) -> bool:
    headers = [(name, value.encode()) for name, value in row["headers"].items()]
    appended = batch.append(timestamp=None, key=row["subject"].encode(), value=row["bytes"], headers=headers)
    return appended is not None


@lru_cache(maxsize=KEYS_REMEMBERED)
def _hash(key: bytes) -> int:
    """The hash by which Kafka's own clients choose a partition. It is remembered, for aiokafka's is slow."""
    return int(murmur2(key)) & 0x7FFFFFFF
