"""A Kafka record as the engine knows it, whether it comes from the broker or from a set-aside row."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord

from shared.contracts.ids import place_cause

RawRecord = ConsumerRecord[bytes | None, bytes | None]
Headers = tuple[tuple[str, bytes | None], ...]


class Place(NamedTuple):
    """Where a record stands on Kafka."""

    topic: str
    partition: int
    offset: int

    def cause(self) -> UUID:
        """The id of whatever this record causes, where its own id can't be trusted."""
        return place_cause(*self)

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Record:
    """What was read: the place, the broker's or producer's time, and the bytes, untouched."""

    place: Place
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def at(self) -> datetime:
        """Kafka's time of the record, UTC, to the millisecond."""
        return datetime.fromtimestamp(self.timestamp / 1000, UTC)


def record_of(raw: RawRecord, namespace: str) -> Record:
    """The engine's view of a record of aiokafka; the topic is named without its namespace."""
    topic = raw.topic.removeprefix(f"{namespace}.") if namespace else raw.topic
    return Record(Place(topic, raw.partition, raw.offset), raw.timestamp, raw.key, raw.value, tuple(raw.headers))
