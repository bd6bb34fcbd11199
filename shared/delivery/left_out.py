"""What is kept of a record that is set aside: all of it, or its hash and size where its sender made it too large."""

from hashlib import sha256

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.record import Record, Unread

LARGEST_ASIDE = 2 * 1024 * 1024
"""Bytes of a set-aside record, with key and headers: eight times the largest report, and four times our largest event.

A row of it, sealed, is far below the 16 MiB that MongoDB takes.
"""
OF_A_HEADER = 40
"""What a header takes in a row besides its name and its value: half a million empty ones are no small record."""


def is_too_large(record: Record) -> bool:
    """Whether a record's bytes are too many to be kept."""
    named = sum([OF_A_HEADER + len(name) + len(value or b"") for name, value in record.headers])
    return named + len(record.key or b"") + len(record.value or b"") > LARGEST_ASIDE


def summary(record: Record) -> Unread:
    """What tells a record again that is not kept: hash and size of its value."""
    value = record.value or b""
    return Unread(SetAsideReason.TOO_LARGE, sha256(value).hexdigest(), len(value))
