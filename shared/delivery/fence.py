"""Keeps what could not be read away from the doors, which judge what records hold."""

from collections.abc import Callable, Sequence

from shared.delivery.arrival import Arrival, Door
from shared.delivery.cause import record_cause
from shared.delivery.record import Record


class Fence:
    """A door before another one: a record that could not be read is refused here, all others go on."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def read(self, records: Sequence[Record]) -> Sequence[Arrival]:
        """One arrival a record, in the same order. Raises what the door behind raises."""
        readable = [record for record in records if record.unread is None]
        if len(readable) == len(records):
            return await self._door.read(records)
        arrivals = iter(await self._door.read(readable) if readable else ())
        return [next(arrivals) if record.unread is None else _refused(record) for record in records]


def fenced(door_of: Callable[[str], Door]) -> Callable[[str], Door]:
    """The doors of all topics, each behind a fence."""
    return lambda topic: Fence(door_of(topic))


def _refused(record: Record) -> Arrival:
    reason = record.unread.reason if record.unread else None
    return Arrival(record, str(record.place), record_cause(record), refused=reason)
