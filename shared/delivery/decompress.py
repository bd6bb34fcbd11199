"""Decompress a batch of records up to a limit: what it opens to is chosen by the sender, and aiokafka has no limit."""

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import cramjam

OVERFLOW = "failed to write whole buffer"
"""What cramjam says of a buffer that is too small; everything else it says means that the data are damaged."""
USUALLY, LEAST = 4, 16 * 1024
"""How much larger than its compressed form a batch is taken to be at first, and bytes beside that."""
GZIP_MEMBER, MOST_MEMBERS = 31, 100
"""How zlib names the format, and how many of them may follow each other: behind each, all of the rest is copied."""
XERIAL = bytes((0x82, *b"SNAPPY", 0, 0, 0, 0, 1, 0, 0, 0, 1))
BLOCK_LENGTH = struct.Struct(">i")


class TooLarge(Exception):
    """There is more in it than the limit allows."""


def decompress(codec: int, data: bytes, limit: int) -> bytes:
    """Open what one of Kafka's codecs has compressed. Raises `TooLarge`, or what damaged data make a codec raise."""
    return CODECS[codec](data, limit)


def _gzip(data: bytes, limit: int) -> bytes:
    opened, members = bytearray(), 0
    while data:
        if (members := members + 1) > MOST_MEMBERS:
            raise TooLarge
        member = zlib.decompressobj(GZIP_MEMBER)
        opened += member.decompress(data, limit + 1 - len(opened))
        if len(opened) > limit:
            raise TooLarge
        if not member.eof:
            raise zlib.error("a member without an end")
        # As in the gzip module: members follow each other, with zeros between them.
        data = member.unused_data.lstrip(b"\0")
    return bytes(opened)


def _snappy(data: bytes, limit: int) -> bytes:
    if not data.startswith(XERIAL):
        return _snappy_block(data, limit)
    opened, at = bytearray(), len(XERIAL)
    while at < len(data):
        (length,) = BLOCK_LENGTH.unpack_from(data, at)
        at += BLOCK_LENGTH.size
        if not 0 <= length <= len(data) - at:
            raise ValueError("a block without an end")
        opened += _snappy_block(data[at : at + length], limit - len(opened))
        at += length
    return bytes(opened)


def _snappy_block(data: bytes, limit: int) -> bytes:
    if cramjam.snappy.decompress_raw_len(data) > limit:
        raise TooLarge
    return bytes(cramjam.snappy.decompress_raw(data))


def _framed(decompress_into: Callable[[bytes, Any], int]) -> Callable[[bytes, int], bytes]:
    def framed(data: bytes, limit: int) -> bytes:
        # How much comes out is seldom told in a frame: what does not fit is opened once more.
        size = USUALLY * len(data) + LEAST
        while True:
            buffer = bytearray(min(size, limit))
            try:
                return bytes(memoryview(buffer)[: decompress_into(data, buffer)])
            except cramjam.DecompressionError as error:
                if str(error) != OVERFLOW:
                    raise
            if size >= limit:
                raise TooLarge
            size *= 8

    return framed


CODECS: Mapping[int, Callable[[bytes, int], bytes]] = {
    1: _gzip,
    2: _snappy,
    3: _framed(cramjam.lz4.decompress_into),
    4: _framed(cramjam.zstd.decompress_into),
}
