"""Reads the records of a batch whose headers are not text: a second parser, for what aiokafka's refuses.

Source: the record format of Kafka's message format 2. Names that are not UTF-8 keep their bytes (`surrogateescape`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import decode_varint

from shared.delivery.decompress import TooLarge

MOST_RECORDS, MOST_HEADERS, MOST_TOGETHER = 100_000, 10_000, 200_000
"""Records in a batch, headers in a record, and in all records of a batch: each becomes an object that takes far more
memory than its bytes, and some microseconds, in which this process does nothing else."""


class Row(NamedTuple):
    """A record as aiokafka's parser would make it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    checksum: None = None


def read_rows(plain: bytes) -> list[Row]:
    """All records of a batch that is not compressed. Raises `TooLarge`, or another exception if they are damaged."""
    header = DefaultRecordBase.HEADER_STRUCT.unpack_from(plain)
    base, attributes, first_at, last_at, count = header[0], header[5], header[7], header[8], header[12]
    is_broker_time = bool(attributes & DefaultRecordBase.TIMESTAMP_TYPE_MASK)
    if count > MOST_RECORDS:
        raise TooLarge
    reading, rows = _Reading(plain, DefaultRecordBase.HEADER_STRUCT.size), []
    for _ in range(count):
        end = reading.varint() + reading.at
        reading.at += 1
        timestamp, offset = reading.varint() + first_at, reading.varint() + base
        key, value = reading.nullable(), reading.nullable()
        row = Row(offset, last_at if is_broker_time else timestamp, int(is_broker_time), key, value, reading.headers())
        reading.check(end)
        rows.append(row)
    reading.check(len(plain))
    return rows


class _Reading:
    def __init__(self, plain: bytes, at: int) -> None:
        self._plain = bytearray(plain)
        self._headers = 0
        self.at = at

    def varint(self) -> int:
        number, self.at = decode_varint(self._plain, self.at)
        return number

    def nullable(self) -> bytes | None:
        return None if (length := self.varint()) < 0 else self._take(length)

    def headers(self) -> list[tuple[str, bytes | None]]:
        count = self.varint()
        self._headers += count
        if count > MOST_HEADERS or self._headers > MOST_TOGETHER:
            raise TooLarge
        if count < 0:
            raise ValueError("fewer than no headers")
        return [(self._take(self.varint()).decode(errors="surrogateescape"), self.nullable()) for _ in range(count)]

    def check(self, end: int) -> None:
        if self.at != end:
            raise ValueError("a length that is wrong")

    def _take(self, length: int) -> bytes:
        if not 0 <= length <= len(self._plain) - self.at:
            raise ValueError("a length that is wrong")
        self.at += length
        return bytes(self._plain[self.at - length : self.at])
