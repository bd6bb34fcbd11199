"""The outbox: what has been decided and must be published, oldest first, until the broker has acknowledged it."""

import asyncio
from collections import defaultdict
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
SEND_SECONDS = 10.0
SENT_ROWS_KEPT, FORGET_EVERY = timedelta(days=30), timedelta(hours=1)


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
        self._publisher = publisher
        self._crash = crash
        self._forgot_at = datetime.min.replace(tzinfo=UTC)

    async def send(self, mine: Sequence[Row], with_older: Collection[str]) -> None:
        """Send the rows of a unit of work, and before each whatever older row its aggregate still has.

        `with_older` names the aggregates that may have some.
        """
        others = {"unit": {"$ne": mine[0]["unit"]}} if mine else {}
        older = await self._pending({"aggregate": {"$in": list(with_older)}, **others}) if with_older else []
        await self._send_in_order([*older, *mine])

    async def flush_lanes(self, lanes: Collection[str]) -> None:
        """Send what dead or cut-off owners of these partitions have left unsent."""
        left = await self._pending({"lane": {"$in": list(lanes)}})
        await self.send((), {row["aggregate"] for row in left})

    async def sweep(self, older_than_ms: int = 1000) -> int:
        """Send whatever has stayed unsent for too long. Returns how many rows that were."""
        late = {"$expr": {"$lt": ["$saved_at", {"$subtract": ["$$NOW", older_than_ms]}]}}
        left = await self._pending(late)
        await self.send((), {row["aggregate"] for row in left})
        return len(left)

    async def forget_sent(self) -> None:
        """Once an hour, drop what was sent and is older than completeness checks look back."""
        now = datetime.now(UTC)
        if now - self._forgot_at < FORGET_EVERY:
            return
        self._forgot_at = now
        old = {"_id": {"$lt": ObjectId.from_datetime(now - SENT_ROWS_KEPT)}, "pending": {"$exists": False}}
        await self._rows.delete_many(old)

    async def _pending(self, which: dict[str, Any]) -> list[Row]:
        return await self._rows.find({"pending": True, **which}).to_list()

    async def _send_in_order(self, rows: Iterable[Row]) -> None:
        acknowledged: list[Any] = []
        failed: set[str] = set()
        try:
            for wave in waves(rows):
                ready = [row for row in wave if row["aggregate"] not in failed]
                acknowledged += await self._send_wave(ready, failed)
        finally:
            await self._mark_sent(acknowledged)
        if failed:
            raise NotSent

    async def _send_wave(self, rows: Sequence[Row], failed: set[str]) -> list[Any]:
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

    async def _mark_sent(self, ids: list[Any]) -> None:
        if ids:
            await self._rows.update_many({"_id": {"$in": ids}}, {"$unset": {"pending": ""}})
            self._count(len(ids))


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
