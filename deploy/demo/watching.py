"""Listens on Relais' topics as an outsider: no consumer group, nothing of Relais' code."""

import json
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from deploy.demo.history import Heard, Place

OWN = ("relais.intake", "relais.cases", "relais.standing", "relais.notifications", "relais.audit")
PAUSE_MS = 150


class Ears:
    """Hears what is said on some topics from the moment at which it begins to listen."""

    def __init__(self, kafka: str, namespace: str, topics: Sequence[str]) -> None:
        self._prefix = f"{namespace}." if namespace else ""
        self._consumer = AIOKafkaConsumer(
            *(f"{self._prefix}{topic}" for topic in topics),
            bootstrap_servers=kafka,
            enable_auto_commit=False,
            isolation_level="read_committed",
        )

    async def open(self) -> None:
        """Take the end of each topic as the beginning."""
        await self._consumer.start()
        await self._consumer.seek_to_end()
        for place in self._consumer.assignment():
            await self._consumer.position(place)

    async def close(self) -> None:
        """Take leave of the broker."""
        await self._consumer.stop()

    async def hear(self) -> list[Heard]:
        """What was said since the last time, after a short wait if it is nothing."""
        found = await self._consumer.getmany(timeout_ms=PAUSE_MS)
        return [self._heard(record) for records in found.values() for record in records]

    def _heard(self, record: ConsumerRecord[bytes, bytes]) -> Heard:
        headers = {name: value.decode() for name, value in record.headers}
        members: dict[str, Any] = json.loads(record.value or b"{}")
        return Heard(
            Place(record.topic.removeprefix(self._prefix), record.partition, record.offset),
            headers["ce_id"],
            headers["ce_type"],
            headers["ce_subject"],
            headers.get("ce_causationid", ""),
            record.timestamp,
            members,
        )
