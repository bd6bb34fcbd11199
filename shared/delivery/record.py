"""A Kafka record as the engine knows it, whether it comes from the broker or from a set-aside row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord

from shared.contracts.ids import place_cause
from shared.contracts.vocabulary import SetAsideReason

RawRecord = ConsumerRecord[bytes | None, bytes | None]
EPOCH, LATEST_MS = datetime(1970, 1, 1, tzinfo=UTC), 253_402_300_799_999

OF_A_HEADER = 64
"""Bytes that a header takes beside its name and its value, as an object: there may be very many."""

Headers = tuple[tuple[str, bytes | None], ...]


class Place(NamedTuple):
    """Where a record stands on Kafka."""

    topic: str
    partition: int
    offset: int
    generation: int = 0
    """How often the topic was made anew before: its offsets then count from 0 again."""

    @property
    def lane(self) -> str:
        """The partition in which it stands, by name."""
        return f"{self.topic}/{self.partition}"

    def cause(self) -> UUID:
        """The id of whatever this record causes, where its own id can't be trusted."""
        return place_cause(self._stream, self.partition, self.offset)

    def named(self) -> dict[str, Any]:
        """As events and logs name it: which generation it is they do not tell."""
        return {"topic": self.topic, "partition": self.partition, "offset": self.offset}

    def kept(self) -> dict[str, Any]:
        """As a row keeps it."""
        return self.named() | ({"generation": self.generation} if self.generation else {})

    def __str__(self) -> str:
        return f"{self._stream}/{self.partition}/{self.offset}"

    @property
    def _stream(self) -> str:
        """The topic, apart from what it was before. `~` stands in no name of a topic."""
        return f"{self.topic}~{self.generation}" if self.generation else self.topic


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a record could not be read, and which bytes stand in its place on Kafka: those of its whole batch."""

    reason: SetAsideReason
    sha256: str
    size: int


class UnreadBytes(bytes):
    """The value of a record that could not be read: the bytes of its batch, or none where they are not kept."""

    unread: Unread

    def __new__(cls, content: bytes, unread: Unread) -> "UnreadBytes":
        """Bytes that know what they stand for."""
        made = super().__new__(cls, content)
        made.unread = unread
        return made


@dataclass(frozen=True, slots=True)
class Record:
    """What was read: the place, the broker's or producer's time, and the bytes, untouched.

    Of a record that could not be read, `unread` says why, and `value` is not its own.
    """

    place: Place
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    unread: Unread | None = None

    @property
    def at(self) -> datetime:
        """Kafka's time of the record, UTC, to the millisecond.

        Where the broker lets producers set it, it may be absurd: then it is the nearest time that a calendar has.
        """
        return EPOCH + timedelta(milliseconds=min(max(self.timestamp, 0), LATEST_MS))


def record_of(raw: RawRecord, namespace: str, generation: int = 0) -> Record:
    """The engine's view of a record of aiokafka; the topic is named without its namespace."""
    topic = raw.topic.removeprefix(f"{namespace}.") if namespace else raw.topic
    place, unread = Place(topic, raw.partition, raw.offset, generation), getattr(raw.value, "unread", None)
    return Record(place, raw.timestamp, raw.key, raw.value, tuple(raw.headers), unread)


def size_of(raw: RawRecord) -> int:
    """Bytes that a record takes as it was opened, roughly. Its sender chooses how many of them are in its headers.

    `serialized_key_size` is the record's share of all that its batch opened to (`DueRecords`): to add up the headers of
    each record would cost a twentieth of the engine's time.
    """
    return max(raw.serialized_key_size, raw.serialized_value_size, 0) + OF_A_HEADER * len(raw.headers)
