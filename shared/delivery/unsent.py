"""The units of work of which something is still to be sent, and which of them this process has in hand."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from shared.delivery.handover import Row, unit_of
from shared.delivery.shelf import Database

log = structlog.get_logger()

ROW_BYTES = 4


class Unsent:
    """One document a unit of work that has rows to send. A unit is in the hand of one task at a time."""

    def __init__(self, database: Database) -> None:
        self._units = database["unsent"]
        self._rows = database["outbox"]
        self._in_hand: set[bytes] = set()

    async def find(self, which: Mapping[str, Any]) -> set[bytes]:
        """The ids of the unsent units of work that are such."""
        return {unit["_id"] for unit in await self._units.find(which, {"_id": True}).to_list()}

    async def oldest(self) -> bytes | None:
        """The id of the oldest of them."""
        unit = await self._units.find_one({}, sort={"_id": 1})
        return unit["_id"] if unit else None

    async def note_done(self, units: Collection[bytes]) -> None:
        """All of these is sent."""
        await self._units.delete_many({"_id": {"$in": list(units)}})

    def is_in_hand(self, units: Collection[bytes]) -> bool:
        """Whether a task of this process has one of these in hand."""
        return not self._in_hand.isdisjoint(units)

    @contextmanager
    def holding(self, units: Iterable[bytes]) -> Iterator[set[bytes]]:
        """Have these units in hand, and what `take` adds to them, until the block is left."""
        held = set(units)
        self._in_hand |= held
        try:
            yield held
        finally:
            self._in_hand -= held

    async def take(self, units: Collection[bytes], held: set[bytes]) -> list[Row]:
        """Take in hand what is still unsent of units that nobody has in hand. Returns their rows."""
        free = set(units) - self._in_hand
        held |= free
        self._in_hand |= free
        unsent = await self.find({"_id": {"$in": list(free)}}) if free else set()
        rows = await self._rows_of(unsent)
        if lost := unsent - {unit_of(row["_id"]) for row in rows}:
            log.error("outbox-rows-missing", count=len(lost))
            await self.note_done(lost)
        return rows

    async def older(self, last: Mapping[str, int], held: Collection[bytes]) -> set[bytes]:
        """The other units of work that have rows which must go before the last of these aggregates."""
        rows = await self._rows_of(await self.find({"_id": {"$nin": list(held)}, "aggregates": {"$in": list(last)}}))
        return {unit_of(row["_id"]) for row in rows if row["rev"] < last.get(row["aggregate"], 0)}

    async def _rows_of(self, units: Collection[bytes]) -> list[Row]:
        """All rows of these units of work, also those that were sent before the others failed."""
        ranges = [{"_id": {"$gte": row_id(unit, 0), "$lte": row_id(unit, -1)}} for unit in units]
        return await self._rows.find({"$or": ranges}).to_list() if ranges else []


def last_revisions(rows: Iterable[Row]) -> Mapping[str, int]:
    """The last revision of each aggregate of these rows."""
    last: dict[str, int] = {}
    for row in rows:
        last[row["aggregate"]] = max(row["rev"], last.get(row["aggregate"], 0))
    return last


def row_id(unit: bytes, n: int) -> bytes:
    """The id of the n-th row of a unit of work, and of the -1st, which stands behind all of them.

    All have one length: MongoDB compares the lengths of bytes first.
    """
    return unit + n.to_bytes(ROW_BYTES, "big", signed=n < 0)
