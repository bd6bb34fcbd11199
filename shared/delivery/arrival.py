"""A record that came through a service's door: what it says, or why it can't be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.vocabulary import SetAsideReason
from shared.delivery.cause import Cause
from shared.delivery.record import Record


@dataclass(slots=True)
class Arrival:
    """One record, decoded and opened as far as this service may.

    Exactly one of these holds: `content` (there is something to handle), `refused` (it must be set aside),
    `erased` (its case is erased: done), or none of them (not for this service: ignored).
    Of a record that `waits` its turn, `after` is the inbox id of the one before it, where there is one.
    """

    record: Record
    inbox_id: str
    cause: Cause
    content: object | None = None
    refused: SetAsideReason | None = None
    erased: bool = False
    waits: bool = False
    after: str | None = None

    @property
    def wait_key(self) -> str | None:
        """What waits behind this record if it is set aside: later records of the same subject on the same topic."""
        return f"{self.record.place.topic} {self.cause.subject}" if self.waits else None


class Door(Protocol):
    """How records become arrivals. It never fails because of what a record holds."""

    async def read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        """One arrival a record, in the same order."""
        ...
