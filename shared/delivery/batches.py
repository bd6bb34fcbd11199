"""Splits what a broker answers into records, and raises on none: what cannot be read is marked in its place.

It stands in for aiokafka's `MemoryRecords`, whose every exception stops a reader for ever or loses what was read in the
same call. aiokafka still parses what is sound. Where it does not, a slower parser reads the rest of what can be read.

Law: each offset of a batch that a broker stores is handed out once, as a record or as a marker; a batch of more records
than anybody sends has one marker. The header of a batch
is believed only if its checksum matches; else nothing of it is, and the one offset that was asked for is marked.
"""

import struct
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBase, DefaultRecordBatch

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.decompress import TooLarge, decompress
from shared.delivery.left_out import LARGEST_ASIDE
from shared.delivery.lossy import MOST_RECORDS, Row, read_rows
from shared.delivery.record import OF_A_HEADER, RawRecord, Unread, UnreadBytes

LARGEST_BATCH = 16 * 1024 * 1024
MOST_OPENED = 16 * 1024 * 1024
"""Bytes that the batches of one answer open to, headers as objects, after which the rest of it is asked for anew.

Whoever takes records out of an answer counts them and not their bytes, and a batch of a few hundred bytes may open to
`LARGEST_BATCH`.
"""
EASY = 2 * 1024 * 1024
"""Bytes up to which aiokafka's parser is let loose: it makes an object of each header, however many there are."""
HEADER = DefaultRecordBase.HEADER_STRUCT
LENGTH = struct.Struct(">i")
LENGTH_AT, OVERHEAD, MAGIC_AT, ATTRIBUTES_AT = 8, 12, 16, 21
MAGIC = 2


class Batches:
    """The batches of one partition in one answer. `due`: the offset that was asked for, or that comes next."""

    def __init__(self, data: bytes) -> None:
        self._data = bytes(data or b"")
        self._at = 0
        self.due = 0
        self._opened = 0
        self._batch: Batch | Doubtful | None = None

    def size_in_bytes(self) -> int:
        """The size of the answer."""
        return len(self._data)

    def has_next(self) -> bool:
        """Whether there is a batch. What is cut at the end comes whole next time, unless it is all there is."""
        if self._opened + (self._batch.weight if self._batch else 0) > MOST_OPENED:
            return False
        return self._at < len(self._data) and (self._at == 0 or self._end() is not None)

    def next_batch(self) -> "Batch | Doubtful":
        """The next batch, as aiokafka's `PartitionRecords` uses it."""
        self._opened += self._batch.weight if self._batch else 0
        batch = self._batch = self._read()
        self.due = batch.next_offset
        return batch

    def share(self) -> int:
        """Bytes that each record of the present batch takes on average, as it was opened."""
        batch = self._batch
        return batch.size // (batch.next_offset - batch.base_offset) if batch else 0

    def _read(self) -> "Batch | Doubtful":
        end = self._end()
        raw, self._at = self._data[self._at : end], end or len(self._data)
        if end is not None and raw[MAGIC_AT] == MAGIC:
            header = DefaultRecordBatch(raw)
            if header.validate_crc() and header.next_offset > self.due:
                return Batch(raw, header)
        # Where the next batch begins is not known either: it is asked for anew.
        self._at = len(self._data)
        return Doubtful(raw, self.due)

    def _end(self) -> int | None:
        """Where this batch ends, if what it says of its length can be."""
        if len(self._data) - self._at < OVERHEAD:
            return None
        end = self._at + OVERHEAD + int(LENGTH.unpack_from(self._data, self._at + LENGTH_AT)[0])
        return end if self._at + HEADER.size <= end <= len(self._data) else None


class Doubtful:
    """Bytes of which nothing can be believed, in the place of one record."""

    is_control_batch = is_transactional = False
    producer_id = None

    def __init__(self, raw: bytes, due: int) -> None:
        self._raw = raw
        self.size = self.weight = len(raw)
        self.base_offset, self.next_offset = due, due + 1

    def validate_crc(self) -> bool:
        """Say yes: aiokafka would raise."""
        return True

    def __iter__(self) -> Iterator[Row]:
        now = int(time.time() * 1000)
        return markers(self._raw, SetAsideReason.UNREADABLE_RECORD, range(self.base_offset, self.next_offset), now)


class Batch:
    """A batch whose header is sound. Its records may be anything."""

    def __init__(self, raw: bytes, header: Any) -> None:
        self._raw = raw
        self.size = self.weight = len(raw)
        self._header = header
        self.base_offset: int = header.base_offset
        self.next_offset: int = header.next_offset

    def __getattr__(self, name: str) -> Any:
        """What else aiokafka asks of a batch: whose it is, and of which transaction."""
        return getattr(self._header, name)

    def __next__(self) -> Any:
        """The record of a control batch."""
        return next(self._header)

    def validate_crc(self) -> bool:
        """It was validated, or this would be `Doubtful`."""
        return True

    def __iter__(self) -> Iterator[Any]:
        """All records, parsed before the first one is handed out; or a marker for each.

        A batch of more records than anybody sends is marked once, at its last offset: a marker becomes a row, an event
        and a line of the log, and a megabyte on the wire can be 30 million records.
        """
        offsets = range(self.base_offset, self.next_offset)
        try:
            return iter(self._rows(offsets))
        except TooLarge:
            reason = SetAsideReason.TOO_LARGE
        except Exception:
            reason = SetAsideReason.UNREADABLE_RECORD
        marked = offsets[-1:] if len(offsets) > MOST_RECORDS else offsets
        return markers(self._raw, reason, marked, self._header.max_timestamp)

    def _rows(self, offsets: range) -> Sequence[Any]:
        if len(offsets) > MOST_RECORDS:
            raise TooLarge
        plain = self._plain()
        self.size = self.weight = len(plain)
        rows = self._checked(self._parsed(plain))
        self.weight += OF_A_HEADER * sum([len(row.headers) for row in rows])
        return rows

    def _parsed(self, plain: bytes) -> Sequence[Any]:
        if len(plain) > EASY:
            return read_rows(plain)
        try:
            return self._checked(list(DefaultRecordBatch(plain)))
        except Exception:
            return read_rows(plain)

    def _plain(self) -> bytes:
        """The batch as it would be without compression."""
        codec = self._header.compression_type
        if not codec:
            return self._raw
        header = bytearray(self._raw[: HEADER.size])
        header[ATTRIBUTES_AT + 1] &= ~DefaultRecordBase.CODEC_MASK
        return bytes(header) + decompress(codec, self._raw[HEADER.size :], LARGEST_BATCH)

    def _checked(self, rows: Sequence[Any]) -> Sequence[Any]:
        offsets = [row.offset for row in rows]
        if offsets != sorted(set(offsets)) or (offsets and not self._holds(offsets[0], offsets[-1])):
            raise ValueError("records outside of their batch")
        return rows

    def _holds(self, first: int, last: int) -> bool:
        return self.base_offset <= first and last < self.next_offset


class DueRecords(PartitionRecords):
    """Aiokafka's reading of one answer, which tells its batches which offset was asked for."""

    def __init__(self, tp: Any, records: Batches, aborted: Any, fetch_offset: int, *others: Any) -> None:
        records.due = fetch_offset
        self._share = records.share
        super().__init__(tp, records, aborted, fetch_offset, *others)  # type: ignore[no-untyped-call] # aiokafka's

    def _consumer_record(self, tp: Any, record: Any) -> RawRecord:
        """A record as aiokafka makes it, but for the size of its key: see `size_of`."""
        value, key = record.value, record.key
        sizes = self._share(), -1 if value is None else len(value)
        when = record.timestamp, record.timestamp_type
        place = tp.topic, tp.partition, record.offset
        return ConsumerRecord(*place, *when, key, value, record.checksum, *sizes, tuple(record.headers))


def markers(raw: bytes, reason: SetAsideReason, offsets: range, timestamp: int) -> Iterator[Row]:
    """A marker for each offset. The first one carries the batch, unless that is too large; all carry its hash."""
    unread = Unread(reason, sha256(raw).hexdigest(), len(raw))
    is_kept = reason is not SetAsideReason.TOO_LARGE and len(raw) < LARGEST_ASIDE
    for offset in offsets:
        content = raw if is_kept and offset == offsets[0] else b""
        yield Row(offset, timestamp, 0, None, UnreadBytes(content, unread), ())
