"""Rows that are owed at a time: whichever instance comes first takes one, and nobody else until its lease lapses.

A row is owed for as long as its document has `due_at`; the state that says "done" has none. What is due, and which
lease has lapsed, is decided by the database's clock. A lease only spares work: safety is the row's `rev` at the commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from bson import ObjectId
from pydantic import BaseModel
from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.read_concern import ReadConcern

from shared.delivery.delivery import Delivery
from shared.delivery.failures import is_infrastructure
from shared.delivery.periodic import end_if_asked, reasons
from shared.delivery.shelf import Database, Shelf
from shared.delivery.unit import Unit

log = structlog.get_logger()

LEASE_SECONDS, POLL_SECONDS = 30.0, 1.0
LONGEST_PERFORMANCE = 120.0
"""Seconds after which a performance has hung, if none beside it has ended either."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

DUE_INDEX = IndexModel([("due_at", ASCENDING)], name="due", sparse=True)
"""Every collection of owed rows needs it."""

LAPSED = {"$lte": [{"$ifNull": ["$leased_until", BEGINNING]}, "$$NOW"]}
DUE = {"due_at": {"$gt": BEGINNING}, "$expr": {"$and": [{"$lte": ["$due_at", "$$NOW"]}, LAPSED]}}

Row = Mapping[str, Any]
Perform = Callable[[Row], Awaitable[object]]
Only = tuple[str, Any]
"""A member, and what it must be: rows of one shelf may be performed apart from each other."""


class Leases:
    """Takes due rows of one shelf, oldest first."""

    def __init__(
        self, database: Database, shelf: Shelf[Any], seconds: float = LEASE_SECONDS, only: Only | None = None
    ) -> None:
        # A lease that a failover loses costs work and no safety: it need not wait for a majority, nor for the journal.
        # What was claimed so must be read as soon: a majority may not have it yet.
        self._rows = database[shelf.name].with_options(
            read_concern=ReadConcern("local"), write_concern=WriteConcern(w=1)
        )
        self._due = {**(dict([only]) if only else {}), **DUE}
        self._until = {"$add": ["$$NOW", round(seconds * 1000)]}

    async def claim(self, most: int = 1) -> Sequence[Row]:
        """The documents of the rows that have been due longest and that nobody holds, `most` of them; now held."""
        while rows := await self._rows.find(self._due, sort=[("due_at", ASCENDING)], limit=most).to_list():
            holder, these = ObjectId(), {"_id": {"$in": [row["_id"] for row in rows]}}
            take = [{"$set": {"leased_until": self._until, "holder": holder}}]
            taken = (await self._rows.update_many({**these, **self._due}, take)).modified_count
            if taken:
                return rows if taken == len(rows) else await self._rows.find({**these, "holder": holder}).to_list()
        return ()


class DueRows:
    """Performs what is due on a shelf for as long as the process lives, a bounded number side by side.

    What a commit of this process owes at once is begun at once; all else is claimed, by whichever instance polls first.
    A performance must be safe twice, and its commit must move or remove `due_at`. One that raises is tried again when
    a lease would have lapsed. `only` are the rows that it looks after; `may_begin` tells how many may be performed at
    once now, where that is fewer.
    """

    def __init__(
        self,
        delivery: Delivery,
        shelf: Shelf[Any],
        perform: Perform,
        side_by_side: int = 1,
        *,
        only: Only | None = None,
        may_begin: Callable[[int], int] = lambda most: most,
    ) -> None:
        self._leases = Leases(delivery.database, shelf, only=only)
        self._only, self._may_begin = only, may_begin
        self._clock = delivery.clock
        self._shelf = shelf
        self._perform = perform
        self._side_by_side = side_by_side
        name = f"claim-{shelf.name}-{only[1]}" if only else f"claim-{shelf.name}"
        self._status = delivery.tasks.watch(name, POLL_SECONDS, LONGEST_PERFORMANCE)
        self._performing: set[str] = set()
        self._failed: set[str] = set()
        self._begin: Callable[[Row], None] | None = None
        self._woken = asyncio.Event()
        delivery.after_commit.append(self._begin_at_once)

    async def run(self) -> None:
        """Runs until it is cancelled; performances in flight then end, since a mail cut off may have gone."""
        async with asyncio.TaskGroup() as performances:
            self._begin = partial(self._begin_in, performances)
            try:
                with suppress(asyncio.CancelledError):
                    while True:
                        rows = await self._claim()
                        for row in rows:
                            self._begin(row)
                        if not rows:
                            await self._wait()
                        end_if_asked()
            finally:
                self._begin = None

    def _room(self) -> int:
        return self._may_begin(self._side_by_side) - len(self._performing)

    def _has_room(self) -> bool:
        """Whether it is worth asking for more: several rows are claimed and begun at the cost of one."""
        allowed = self._may_begin(self._side_by_side)
        return allowed - len(self._performing) >= max(1, allowed // 4)

    def _is_ours(self, state: BaseModel) -> bool:
        return self._only is None or getattr(state, self._only[0]) == self._only[1]

    def _begin_in(self, performances: asyncio.TaskGroup, row: Row) -> None:
        if row["_id"] not in self._performing | self._failed:
            self._performing.add(row["_id"])
            # Not in the context of whoever woke it: a row is performed in the trace that it names.
            performances.create_task(self._perform_one(row), context=Context())

    def _begin_at_once(self, unit: Unit) -> None:
        """No other instance looks for these yet; if one does, the first that commits has them."""
        now = self._clock.now()
        for each in unit.touched():
            due_at = each.state.due_at if each.key[0] is self._shelf and each.state else None
            if due_at is None or due_at > now or not self._is_ours(each.state):
                continue
            if self._begin and self._room() > 0:
                self._begin(each.document())
            else:
                self._woken.set()

    async def _claim(self) -> Sequence[Row]:
        if not self._has_room():
            if not self._performing:
                self._status.succeeded()  # nothing may begin now
            return ()
        try:
            rows = await self._leases.claim(self._room())
        except Exception as error:
            if not is_infrastructure(error):
                raise
            self._status.failed()
            log.error("claim-failed", what=self._shelf.name, **reasons(error))
            end_if_asked()
            return ()
        self._status.succeeded()
        return rows

    async def _perform_one(self, row: Row) -> None:
        try:
            await self._perform(row)
            self._status.succeeded()
        except Exception as error:
            log.error("performance-failed", what=self._shelf.name, **reasons(error))
            self._status.item_failed()
            self._failed.add(row["_id"])
            asyncio.get_running_loop().call_later(LEASE_SECONDS, self._failed.discard, row["_id"])
        finally:
            had_room = self._has_room()
            self._performing.discard(row["_id"])
            if not had_room and self._has_room():
                self._woken.set()

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        self._woken.clear()
