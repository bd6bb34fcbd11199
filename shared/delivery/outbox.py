"""The outbox: what has been decided and must be published, oldest first, until the broker has acknowledged it.

Each event is a row. Beside the rows, `unsent` holds one document a unit of work that has rows to send.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from bson import ObjectId

from shared.delivery.crash import CrashPoints
from shared.delivery.failures import NotSent
from shared.delivery.shelf import Database

log = structlog.get_logger()

Row = dict[str, Any]
UNIT_BYTES, ROW_BYTES = 12, 4
"""A row's id begins with that of its unit of work, which grows with time, and ends with its number in the unit."""
SEND_SECONDS = 10.0
SENT_ROWS_KEPT = timedelta(days=30)


class Publisher(Protocol):
    """What the outbox needs of a `shared.delivery.publisher.Publisher`."""

    def hand_over(self, rows: Sequence[Row]) -> AsyncIterator[tuple["asyncio.Future[Any]", Sequence[Row]]]:
        """Hand rows over; with each batch comes the future that is done when the broker has acknowledged it."""
        ...


class Outbox:
    """Sends rows in the one order that is safe.

    An event is never sent while an older one of its aggregate, by `(rev, i)` over all topics, is unacknowledged.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        crash: CrashPoints,
        count: Callable[[float], None] = lambda _sent: None,
    ) -> None:
        self._count = count
        self._rows = database["outbox"]
        self._unsent = database["unsent"]
        self._publisher = publisher
        self._crash = crash

    async def send(self, mine: Sequence[Row], with_older: Collection[str]) -> None:
        """Send the rows of a unit of work, and before each whatever older row its aggregate still has.

        `with_older` names the aggregates that may have some.
        """
        own = unit_of(mine[0]["_id"]) if mine else None
        others = {"_id": {"$ne": own}, "aggregates": {"$in": list(with_older)}}
        older = await self._left(others) if with_older else []
        await self._send_in_order([*older, *mine], {*with_older, *(row["aggregate"] for row in mine)})

    async def flush_lanes(self, lanes: Collection[str]) -> None:
        """Send what dead or cut-off owners of these partitions have left unsent."""
        await self._send_left({"lanes": {"$in": list(lanes)}})

    async def sweep(self, older_than_ms: int = 1000) -> int:
        """Send whatever has stayed unsent for too long. Returns how many rows that were."""
        return await self._send_left({"$expr": {"$lt": ["$saved_at", {"$subtract": ["$$NOW", older_than_ms]}]}})

    async def forget_sent(self) -> None:
        """Drop what was sent and is older than completeness checks look back."""
        unsent = await self._unsent.find_one({}, sort={"_id": 1})
        old = ObjectId.from_datetime(datetime.now(UTC) - SENT_ROWS_KEPT).binary
        await self._rows.delete_many({"_id": {"$lt": row_id(min(old, unsent["_id"]) if unsent else old, 0)}})

    async def _send_left(self, which: dict[str, Any]) -> int:
        left = await self._left(which)
        await self.send((), {row["aggregate"] for row in left})
        return len(left)

    async def _left(self, which: dict[str, Any]) -> list[Row]:
        """All rows of the unsent units of work that are such, also those that were sent before the others failed."""
        units = await self._unsent.find(which, {"_id": True}).to_list()
        ranges = [{"_id": {"$gte": row_id(unit["_id"], 0), "$lte": row_id(unit["_id"], -1)}} for unit in units]
        return await self._rows.find({"$or": ranges}).to_list() if ranges else []

    async def _send_in_order(self, rows: Sequence[Row], aggregates: Collection[str]) -> None:
        """Send those rows that are of these aggregates. A unit of work is done when all of its rows are sent."""
        acknowledged: list[bytes] = []
        failed: set[str] = set()
        try:
            for wave in waves(row for row in rows if row["aggregate"] in aggregates):
                ready = [row for row in wave if row["aggregate"] not in failed]
                acknowledged += await self._send_wave(ready, failed)
        finally:
            await self._note_sent(acknowledged, Counter(unit_of(row["_id"]) for row in rows))
        if failed:
            raise NotSent

    async def _send_wave(self, rows: Sequence[Row], failed: set[str]) -> list[bytes]:
        if not rows:
            return []
        handed: dict[asyncio.Future[Any], Sequence[Row]] = {}
        try:
            async with asyncio.timeout(SEND_SECONDS):
                async for acknowledgement, batch in self._publisher.hand_over(rows):
                    handed[acknowledgement] = batch
                    self._crash.reach("while-publishing")
                await asyncio.wait(handed)
        except TimeoutError:
            log.warning("kafka-slow", count=len(rows))
        sent = {row["_id"] for future, batch in handed.items() if _is_acknowledged(future) for row in batch}
        failed.update(row["aggregate"] for row in rows if row["_id"] not in sent)
        return list(sent)

    async def _note_sent(self, ids: Sequence[bytes], of: Counter[bytes]) -> None:
        sent = Counter(map(unit_of, ids))
        if done := [unit for unit, many in of.items() if sent[unit] == many]:
            await self._unsent.delete_many({"_id": {"$in": done}})
        self._count(len(ids))


async def send_again(database: Database, ids: Iterable[str]) -> int:
    """Have events sent once more, with all of their units of work: whoever has them already drops them.

    Returns how many units that are; none where the events are older than what is kept.
    """
    units: dict[bytes, list[Row]] = defaultdict(list)
    async for row in database["outbox"].find({"headers.ce_id": {"$in": list(ids)}}, {"aggregate": True}):
        units[unit_of(row["_id"])].append(row)
    for unit, rows in units.items():
        aggregates = [row["aggregate"] for row in rows]
        unsent = {"lanes": [], "aggregates": aggregates, "many": len(rows), "saved_at": datetime.now(UTC)}
        await database["unsent"].update_one({"_id": unit}, {"$setOnInsert": unsent}, upsert=True)
    return len(units)


def row_id(unit: bytes, n: int) -> bytes:
    """The id of the n-th row of a unit of work, and of the -1st, which stands behind all of them.

    All have one length: MongoDB compares the lengths of bytes first.
    """
    return unit + n.to_bytes(ROW_BYTES, "big", signed=n < 0)


def unit_of(row_id: bytes) -> bytes:
    """The unit of work of a row."""
    return row_id[:UNIT_BYTES]


def _is_acknowledged(future: "asyncio.Future[Any]") -> bool:
    return future.done() and not future.cancelled() and not future.exception()


def waves(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows grouped so that a wave may be sent side by side once the wave before it is acknowledged.

    An aggregate's rows on one topic share a wave (one key is one partition, and the idempotent producer keeps their
    order); where it goes on to another topic, the next wave begins.
    """
    found: dict[int, list[Row]] = defaultdict(list)
    last: dict[str, tuple[int, str]] = {}
    for row in sorted(rows, key=lambda row: (row["aggregate"], row["rev"], row["i"])):
        wave, topic = last.get(row["aggregate"], (0, row["topic"]))
        wave += topic != row["topic"]
        last[row["aggregate"]] = (wave, row["topic"])
        found[wave].append(row)
    return [found[wave] for wave in sorted(found)]
