"""The outbox: what has been decided and must be published, oldest first, until the broker has acknowledged it.

Each event is a row. Beside the rows, `unsent` holds one document a unit of work that has rows to send.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from shared.delivery.crash import CrashPoints
from shared.delivery.failures import NotSent
from shared.delivery.handover import Handover, Publisher, Row, unit_of
from shared.delivery.shelf import Database
from shared.delivery.unsent import Unsent, last_revisions, row_id

ABANDONED_MS, JUST_NOW_MS = 15_000, 1_000
"""After so long nobody sends a unit of work any more: no attempt to send takes longer."""
OTHERS_SECONDS, LOOK_SECONDS = 1.0, 0.02
"""How long what another process is sending is waited for, and how often it is looked for."""
SENT_ROWS_KEPT = timedelta(days=30)


class Outbox:
    """Sends rows in the one order that is safe, and each of them once as long as nothing fails.

    An event is never sent while an older one of its aggregate, by `(rev, i)` over all topics, is unacknowledged. What
    one task of this process has in hand no other task sends.
    `count` is told how many rows were acknowledged, `count_again` how many were sent that may have been sent before.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        crash: CrashPoints,
        count: Callable[[float], None] = lambda _sent: None,
        count_again: Callable[[float], None] = lambda _again: None,
    ) -> None:
        self._count = count
        self._count_again = count_again
        self._rows = database["outbox"]
        self._unsent = Unsent(database)
        self._handover = Handover(publisher, crash)
        self._failed: set[bytes] = set()
        self._begun: set[bytes] = set()
        self._has_swept = False

    async def send(self, mine: Sequence[Row], with_older: Collection[str]) -> None:
        """Send the rows of a unit of work, and before each whatever older row its aggregate still has.

        `with_older` names the aggregates that may have some.
        """
        if not mine:
            return
        own, older = {unit_of(mine[0]["_id"])}, list[Row]()
        self._begun |= own
        with self._unsent.holding(own) as held:
            if with_older:
                older = await self._take_older(
                    last_revisions([row for row in mine if row["aggregate"] in with_older]), held
                )
            await self._send_in_order([*older, *mine], {*with_older, *(row["aggregate"] for row in mine)})

    async def flush_lanes(self, lanes: Collection[str], but: Sequence[Row] = ()) -> None:
        """Send what dead or cut-off owners of these partitions have left unsent; `but` are rows of a newer unit.

        What this process itself could not send is left to `sweep`: a unit of work may be of several lanes, and one
        topic that is not there would hold up all of them.
        """
        newer = {unit_of(row["_id"]) for row in but[:1]}
        while await self._unsent.find(
            left := {"lanes": {"$in": list(lanes)}, "_id": {"$nin": [*newer, *self._failed]}}
        ):
            if not await self._send_left(left):
                await asyncio.sleep(LOOK_SECONDS)

    async def sweep(self, older_than_ms: int = ABANDONED_MS) -> int:
        """Send what this process could not send, and what nobody has sent for so long. Returns how many rows.

        At first also what was saved a moment ago: its process may have died.
        """
        older_than_ms = older_than_ms if self._has_swept else min(older_than_ms, JUST_NOW_MS)
        self._has_swept = True
        await self._forget_done()
        old = {"$expr": {"$lt": ["$saved_at", {"$subtract": ["$$NOW", older_than_ms]}]}}
        return await self._send_left({"$or": [{"_id": {"$in": list(self._failed)}}, old]})

    async def forget_sent(self) -> None:
        """Drop what was sent and is older than completeness checks look back."""
        old, oldest = ObjectId.from_datetime(datetime.now(UTC) - SENT_ROWS_KEPT).binary, await self._unsent.oldest()
        await self._rows.delete_many({"_id": {"$lt": row_id(min(old, oldest or old), 0)}})

    async def _forget_done(self) -> None:
        """What this process could not send may be sent by others meanwhile."""
        if self._failed:
            done = self._failed - await self._unsent.find({"_id": {"$in": list(self._failed)}})
            self._forget(done)
            self._handover.forget_units(done)

    async def _take_older(self, last: Mapping[str, int], held: set[bytes]) -> list[Row]:
        """Take what must go before. What another task has in hand is waited for, what another process has, a moment.

        Whoever waits has only what is newer than what it waits for: nobody waits in a circle.
        """
        gives_up_at = time.monotonic() + OTHERS_SECONDS
        while older := await self._unsent.older(last, held):
            if not self._unsent.is_in_hand(older) and (older <= self._failed or time.monotonic() > gives_up_at):
                return await self._unsent.take(older, held)
            await asyncio.sleep(LOOK_SECONDS)
        return []

    async def _send_left(self, which: dict[str, Any]) -> int:
        """Send what is left unsent. Nothing is sent where another task has in hand what must go before."""
        with self._unsent.holding(()) as held:
            rows = await self._unsent.take(await self._unsent.find(which), held)
            older = await self._unsent.older(last_revisions(rows), held) if rows else set()
            if self._unsent.is_in_hand(older):
                return 0
            rows += await self._unsent.take(older, held)
            await self._send_in_order(rows, {row["aggregate"] for row in rows})
        return len(rows)

    async def _send_in_order(self, rows: Sequence[Row], aggregates: Collection[str]) -> None:
        """Send those rows that are of these aggregates. A unit of work is done when all of its rows are sent."""
        acknowledged: list[bytes] = []
        failed: set[str] = set()
        of = Counter(unit_of(row["_id"]) for row in rows)
        is_first = of.keys() <= self._begun - self._failed
        try:
            for wave in waves(row for row in rows if row["aggregate"] in aggregates):
                ready = [row for row in wave if row["aggregate"] not in failed]
                self._count_again(0 if is_first else self._handover.count_again(ready, self._begun))
                sent = await self._handover.send(ready) if ready else set()
                failed.update(row["aggregate"] for row in ready if row["_id"] not in sent)
                acknowledged += sent
        finally:
            await self._note_sent(acknowledged, of)
        if failed:
            raise NotSent

    async def _note_sent(self, ids: Sequence[bytes], of: Counter[bytes]) -> None:
        """Forget the units of which all is sent; what is sent of others is remembered until they are."""
        sent = Counter(map(unit_of, ids))
        done = {unit for unit, many in of.items() if sent[unit] == many}
        self._failed |= of.keys() - done
        if done:
            await self._unsent.note_done(done)
        self._handover.forget(ids if len(done) == len(of) else [id_ for id_ in ids if unit_of(id_) in done])
        self._forget(done)
        self._count(len(ids))

    def _forget(self, done: set[bytes]) -> None:
        self._failed -= done
        self._begun -= done


async def send_again(database: Database, ids: Iterable[str]) -> int:
    """Have events sent once more, with all of their units of work: whoever has them already drops them.

    Returns how many units that are; none where the events are older than what is kept.
    """
    units: dict[bytes, list[Row]] = defaultdict(list)
    async for row in database["outbox"].find({"headers.ce_id": {"$in": list(ids)}}, {"aggregate": True}):
        units[unit_of(row["_id"])].append(row)
    long_ago = datetime.now(UTC) - timedelta(milliseconds=ABANDONED_MS)
    for unit, rows in units.items():
        aggregates = [row["aggregate"] for row in rows]
        unsent = {"lanes": [], "aggregates": aggregates, "many": len(rows), "saved_at": long_ago}
        await database["unsent"].update_one({"_id": unit}, {"$setOnInsert": unsent}, upsert=True)
    return len(units)


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
