"""The log as its one sequencer reads and writes it."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from pymongo import ReadPreference, ReturnDocument

from services.audit.domain.edge import Edge, Row, edge_tiles
from services.audit.domain.head import Growth, Head
from services.audit.domain.merkle import leaf_hash
from services.audit.domain.reading import Line
from services.audit.domain.repeats import Held, Known, event_key, order_key
from services.audit.domain.standing import Ended
from services.audit.domain.tiles import Tile, row_root, slots
from services.audit.store.documents import (
    HEAD,
    entry_document,
    head_document,
    head_of,
    payload_document,
    tile_document,
    tile_id,
)
from shared.delivery.shelf import Database
from shared.delivery.transaction import MAJORITY, SNAPSHOT, Closing, Rows


class LogStore:
    """Keeps the log. Nothing but the head ever changes, and it only from the state that was read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_over(self) -> Head:
        """The log's state, under a new epoch: whoever wrote before can write no more. Raises `Ended`.

        In a transaction, because a plain write would wait, silently, for one that a killed process has left open.
        """
        anew = {name: value for name, value in head_document(Head()).items() if name != "epoch"}
        change = {"$inc": {"epoch": 1}, "$setOnInsert": anew}
        async with (
            self._database.client.start_session() as session,
            await session.start_transaction(SNAPSHOT, MAJORITY, ReadPreference.PRIMARY),
        ):
            document = await self._database["head"].find_one_and_update(
                {"_id": HEAD}, change, upsert=True, return_document=ReturnDocument.AFTER, session=session
            )
        if document and "ended_by" in document:
            raise Ended
        return head_of(document)

    async def continue_from(self, database: str) -> None:
        """Remember where the lines of the log are that this one continues."""
        await self._database["head"].update_one({"_id": HEAD}, {"$set": {"continues": database}})

    async def head(self) -> Head:
        """The log's state."""
        return head_of(await self._database["head"].find_one({"_id": HEAD}))

    async def reached(self) -> dict[tuple[str, int], int] | None:
        """The next offset of each partition that is to be logged; none for a log that has ended."""
        document = await self._database["head"].find_one({"_id": HEAD})
        if document and "ended_by" in document:
            return None
        return {partition: reached.due for partition, reached in head_of(document).reached.items()}

    async def edge(self, size: int) -> Edge:
        """The right edge of the first `size` lines, from the exact bytes of lines and full tiles."""
        rows = {tile.level: await self._row(tile) for tile in edge_tiles(size)}
        return Edge(size, tuple(rows.get(level, ()) for level in range(max(rows, default=-1) + 1)))

    async def _row(self, tile: Tile) -> Row:
        start, end = tile.start, tile.start + tile.width
        if tile.level == 0:
            return tuple(leaf_hash(leaf) for leaf in await self.leaves(start, end))
        below = await self.full_tiles(tile.level - 1, start, end)
        return tuple(row_root(slots(hashes)) for hashes in below)

    async def leaves(self, start: int, end: int) -> list[bytes]:
        """The exact bytes of neighbouring lines."""
        found = self._database["entries"].find({"_id": {"$gte": start, "$lt": end}}, {"leaf": True}, sort={"_id": 1})
        return [bytes(document["leaf"]) async for document in found]

    async def last_beat(self) -> datetime | None:
        """When the log last said that it was being written."""
        found = await self._database["entries"].find_one({"kind": "heartbeat"}, {"at": True}, sort={"_id": -1})
        return found["at"] if found else None

    async def full_tiles(self, level: int, start: int, end: int) -> list[bytes]:
        """The hashes of neighbouring full tiles of one level."""
        which = {"_id": {"$gte": tile_id(level, start), "$lt": tile_id(level, end)}}
        found = self._database["tiles"].find(which, {"hashes": True}, sort={"_id": 1})
        return [bytes(document["hashes"]) async for document in found]

    async def known(self, lines: Sequence[Line]) -> Known:
        """What the log holds already of the events in a batch."""
        return Known(*await gather(self._held(lines), self._orders(lines)))

    async def _held(self, lines: Sequence[Line]) -> dict[str, Held]:
        keys = [key for key in map(event_key, lines) if key]
        if not keys:
            return {}
        entries = await self._database["entries"].find({"event": {"$in": keys}}, {"event": 1, "leaf": 1}).to_list()
        salts = await self._salts([entry["_id"] for entry in entries])
        return {
            entry["event"]: Held(orjson.loads(entry["leaf"])["commit"], salts.get(entry["_id"])) for entry in entries
        }

    async def _salts(self, indexes: list[int]) -> Mapping[int, bytes]:
        found = self._database["payloads"].find({"_id": {"$in": indexes}}, {"salt": True})
        return {document["_id"]: bytes(document["salt"]) async for document in found}

    async def _orders(self, lines: Sequence[Line]) -> dict[str, str]:
        keys = [key for key in map(order_key, lines) if key]
        if not keys:
            return {}
        found = self._database["entries"].find({"order": {"$in": keys}}, {"order": True, "event": True})
        return {document["order"]: document["event"] async for document in found}


def rows_of_growth(before: Head, growth: Growth, note: str) -> Rows:
    """What one transaction writes for a batch; it holds only if the head still is what the batch was built on."""
    entries = [entry_document(entry) for entry in growth.entries]
    payloads = [document for entry in growth.entries if (document := payload_document(entry))]
    checkpoints = [{"_id": growth.head.size, "note": note}] if entries else []
    expected: dict[str, Any] = {
        "_id": HEAD,
        "size": before.size,
        "root": before.frontier.root,
        "epoch": before.epoch,
    }
    return Rows(
        inserts={
            "entries": entries,
            "payloads": payloads,
            "tiles": [tile_document(tile, row) for tile, row in growth.tiles.items()],
            "checkpoints": checkpoints,
        },
        closings=[Closing("head", expected, {"$set": head_document(growth.head)})],
    )
