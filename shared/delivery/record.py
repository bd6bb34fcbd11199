"""A Kafka record as the engine knows it, whether it comes from the broker or from a set-aside row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord

from shared.contracts.ids import place_cause

RawRecord = ConsumerRecord[bytes | None, bytes | None]
EPOCH, LATEST_MS = datetime(1970, 1, 1, tzinfo=UTC), 253_402_300_799_999

Headers = tuple[tuple[str, bytes | None], ...]


class Place(NamedTuple):
    """Where a record stands on Kafka."""

    topic: str
    partition: int
    offset: int

    @property
    def lane(self) -> str:
        """The partition in which it stands, by name."""
        return f"{self.topic}/{self.partition}"

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
        """Kafka's time of the record, UTC, to the millisecond.

        Where the broker lets producers set it, it may be absurd: then it is the nearest time that a calendar has.
        """
        return EPOCH + timedelta(milliseconds=min(max(self.timestamp, 0), LATEST_MS))


def record_of(raw: RawRecord, namespace: str) -> Record:
    """The engine's view of a record of aiokafka; the topic is named without its namespace."""
    topic = raw.topic.removeprefix(f"{namespace}.") if namespace else raw.topic
    return Record(Place(topic, raw.partition, raw.offset), raw.timestamp, raw.key, raw.value, tuple(raw.headers))
