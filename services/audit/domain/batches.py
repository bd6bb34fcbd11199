"""How much one transaction takes: what lasts half a second as the last ones went, and no more bytes than a limit."""

from collections.abc import Sequence
from typing import Protocol

AIM_SECONDS, MOST_SECONDS = 0.5, 3.0
FEW_RECORDS = 100
"""Where so few take longer than they should, it is not their number: each transaction has a cost of its own."""
MOST_BYTES = 8 * 1024 * 1024
"""Bytes of records in one transaction; a single larger one goes alone."""


class Sized(Protocol):
    """A record, as far as its size counts."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""
        ...


class BatchSize:
    """How many records a transaction takes. It grows by doubling at most, and shrinks at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.records = min(FEW_RECORDS, most)

    def took(self, records: int, seconds: float) -> None:
        """Learn how long a transaction of so many records lasted."""
        if seconds > MOST_SECONDS:
            self.records = max(1, records // 2)
        elif seconds > AIM_SECONDS and records > FEW_RECORDS:
            self.records = min(self.records, max(FEW_RECORDS, int(records * AIM_SECONDS / seconds)))
        elif records >= self.records:
            self.records = min(self._most, self.records * 2)

    def halve(self) -> None:
        """The last one was too much for the server."""
        self.records = max(1, self.records // 2)


def first_of(records: Sequence[Sized], many: int, most_bytes: int = MOST_BYTES) -> int:
    """How many of these records, from the first one on, make the next transaction: at least one."""
    held = 0
    for n, record in enumerate(records[:many]):
        held += len(record.value or b"")
        if n and held > most_bytes:
            return n
    return min(many, len(records))
