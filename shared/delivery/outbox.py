"""The outbox: what has been decided and must be published, oldest first, until the broker has acknowledged it."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from pymongo import ASCENDING

from shared.delivery.crash import CrashPoints
from shared.delivery.failures import NotSent
from shared.delivery.shelf import Database

Row = dict[str, Any]
SEND_SECONDS = 10.0
IN_ORDER = [("aggregate", ASCENDING), ("rev", ASCENDING), ("i", ASCENDING)]


class Producer(Protocol):
    """What the outbox needs of an `AIOKafkaProducer`."""

    async def send(
        self, topic: str, value: bytes, key: bytes, *, headers: Sequence[tuple[str, bytes]]
    ) -> "asyncio.Future[Any]":
        """Hand a record over; the future is done when the broker has acknowledged it."""
        ...


class Outbox:
    """Sends rows in the one order that is safe.

    An event is never sent while an older one of its aggregate, by `(rev, i)` over all topics, is unacknowledged.
    """

    def __init__(self, database: Database, producer: Producer, namespace: str, crash: CrashPoints) -> None:
        self._rows = database["outbox"]
        self._producer = producer
        self._prefix = f"{namespace}." if namespace else ""
        self._crash = crash

    async def send(self, mine: Sequence[Row], with_older: Collection[str]) -> None:
        """Send these rows, and before each whatever older row its aggregate still has (`with_older` names those)."""
        older = await self._pending({"aggregate": {"$in": list(with_older)}}, mine) if with_older else []
        await self._send_in_order([*older, *mine])

    async def flush_lane(self, lane: str) -> None:
        """Send what a dead or cut-off owner of this partition has left unsent."""
        left = await self._pending({"lane": lane}, ())
        await self.send((), {row["aggregate"] for row in left})

    async def sweep(self, older_than_ms: int = 1000) -> int:
        """Send whatever has stayed unsent for too long. Returns how many rows that were."""
        late = {"$expr": {"$lt": ["$saved_at", {"$subtract": ["$$NOW", older_than_ms]}]}}
        left = await self._pending(late, ())
        await self.send((), {row["aggregate"] for row in left})
        return len(left)

    async def _pending(self, which: dict[str, Any], mine: Sequence[Row]) -> list[Row]:
        but = {"_id": {"$nin": [row["_id"] for row in mine]}} if mine else {}
        return await self._rows.find({"pending": True, **which, **but}).to_list()

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
        futures: dict[asyncio.Future[Any], Row] = {}
        try:
            async with asyncio.timeout(SEND_SECONDS):
                for row in rows:
                    futures[await self._hand_over(row)] = row
                    self._crash.reach("while-publishing")
                await asyncio.wait(futures)
        except TimeoutError:
            failed.update(row["aggregate"] for row in rows)
        return list(_acknowledged(futures, failed))

    async def _hand_over(self, row: Row) -> "asyncio.Future[Any]":
        headers = [(name, value.encode()) for name, value in row["headers"].items()]
        return await self._producer.send(
            self._prefix + row["topic"], row["bytes"], row["subject"].encode(), headers=headers
        )

    async def _mark_sent(self, ids: list[Any]) -> None:
        if ids:
            sent = {"$unset": {"pending": ""}, "$currentDate": {"sent_at": True}}
            await self._rows.update_many({"_id": {"$in": ids}}, sent)


def _acknowledged(futures: "Mapping[asyncio.Future[Any], Row]", failed: set[str]) -> Iterable[Any]:
    """The ids of the rows that the broker has; the aggregates of all others have failed."""
    for future, row in futures.items():
        if future.done() and not future.exception():
            yield row["_id"]
        else:
            failed.add(row["aggregate"])


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
