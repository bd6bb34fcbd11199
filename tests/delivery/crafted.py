"""Batches as a stranger may make them: each header and each length is free, and the checksum is right."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cramjam
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import calc_crc32c

CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
ENCODERS: dict[int, Callable[[bytes], bytes]] = {1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}
HEADER = DefaultRecordBase.HEADER_STRUCT


@dataclass(frozen=True)
class Crafted:
    """A record whose header names are bytes, and whose length may lie."""

    value: bytes | None = b"good"
    key: bytes | None = b"k"
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    at: int = 0
    length: int | None = None


def varint(number: int) -> bytes:
    """As Kafka writes it: zigzag, seven bits a byte."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(0x80 | (number & 0x7F))
        number >>= 7
    return bytes([*out, number])


def batch(
    *records: Crafted, codec: int = 0, base: int = 0, first_at: int = 0, after: bytes = b"", payload: bytes = b""
) -> bytes:
    """A batch with a checksum that is right. `after`: bytes that follow what the codec wrote; `payload`: instead."""
    plain = b"".join(_record(record, n) for n, record in enumerate(records))
    body = (payload or (ENCODERS[codec](plain) if codec else plain)) + after
    count = len(records)
    last = max((record.at for record in records), default=0)
    rest = struct.pack(">hiqqqhii", codec, count - 1, first_at, first_at + last, -1, -1, -1, count) + body
    return struct.pack(">qiibI", base, 9 + len(rest), 0, 2, calc_crc32c(rest)) + rest


def bomb(codec: int, size: int) -> bytes:
    """A batch of one record with so many blanks."""
    return batch(Crafted(b" " * size), codec=codec)


def header_bomb(count: int) -> bytes:
    """A batch of one record with so many headers."""
    return batch(Crafted(headers=[(b"", None)] * count), codec=CODECS["zstd"])


def damaged(raw: bytes, at: int, by: int = 1) -> bytes:
    """The same bytes but for one."""
    return raw[:at] + bytes([raw[at] ^ by]) + raw[at + 1 :]


def zstd_frames(*parts: bytes) -> bytes:
    """Several frames, one after the other."""
    return b"".join(bytes(cramjam.zstd.compress(part)) for part in parts)


def plain_of(*records: Crafted) -> bytes:
    """The records of a batch, without its header."""
    return b"".join(_record(record, n) for n, record in enumerate(records))


def _record(record: Crafted, n: int) -> bytes:
    body = b"\0" + varint(record.at) + varint(n) + _nullable(record.key) + _nullable(record.value)
    body += varint(len(record.headers))
    body += b"".join(_nullable(name) + _nullable(value) for name, value in record.headers)
    return varint(len(body) if record.length is None else record.length) + body


def _nullable(content: bytes | None) -> bytes:
    return varint(-1) if content is None else varint(len(content)) + content
