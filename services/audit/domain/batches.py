"""How much of what was read one transaction takes: so many records, and no more bytes than a limit."""

from collections.abc import Sequence
from typing import Protocol

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of records in one transaction; a single larger one goes alone."""


class Sized(Protocol):
    """A record, as far as its size counts."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""
        ...


def first_of(records: Sequence[Sized], many: int, most_bytes: int = MOST_BYTES) -> int:
    """How many of these records, from the first one on, make the next transaction: at least one."""
    held = 0
    for n, record in enumerate(records[:many]):
        held += len(record.value or b"")
        if n and held > most_bytes:
            return n
    return min(many, len(records))
