"""The lines of the log as auditors search them."""

import re
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from services.audit.domain.searching import Filter, ForeignCursor, Order, Page, Turn
from services.audit.store.cosignatures import Cosignatures
from services.audit.store.documents import HEAD
from shared.contracts.events import RecordDiscarded, RecordSetAside
from shared.delivery.shelf import Database

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIRECTIONS: dict[Order, int] = {"asc": 1, "desc": -1}
BY_MEMBER = {
    "actor": "who",
    "recipient": "to",
    "station": "station",
    "type": "type",
    "operation": "op",
    "kind": "kind",
    "event": "id",
}
"""Each member of a filter that must be as a line says, and under what it is kept."""


class Standing(NamedTuple):
    """Until when a log is known to be complete, how many records were set aside and not given up, and the largest
    size, up to its own, that somebody elsewhere has cosigned.
    """

    complete_up_to: datetime | None
    set_aside: int
    last_anchor: int | None


class Entries:
    """Finds lines by what they are about."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cosignatures = Cosignatures(database)

    async def page(self, filter_: Filter, order: Order, turn: Turn | None, most: int) -> Page:
        """At most so many lines, from the beginning or from where a turn goes on. Raises `ForeignCursor`.

        What is added meanwhile is on no page: all pages of a search are of the log as the first one saw it.
        """
        now = await self.size()
        size = turn.size if turn else now
        if size > now:
            raise ForeignCursor
        which = await self._which(filter_, size)
        total = turn.total if turn else await self.count(filter_, size)
        if turn:
            which.append({"_id": {"$gt" if order == "asc" else "$lt": turn.last}})
        found = self._database["entries"].find(
            _all_of(which), {"leaf": True}, sort={"_id": DIRECTIONS[order]}, limit=most + 1
        )
        lines = tuple([(row["_id"], bytes(row["leaf"])) async for row in found])
        more = Turn(size, lines[most - 1][0], total) if len(lines) > most else None
        return Page(size, total, lines[:most], more)

    async def size(self) -> int:
        """How many lines the log has."""
        head = await self._database["head"].find_one({"_id": HEAD}, {"size": True}) or {"size": 0}
        size: int = head["size"]
        return size

    async def count(self, filter_: Filter, size: int) -> int:
        """How many lines of a log of this size there are."""
        return await self._database["entries"].count_documents(_all_of(await self._which(filter_, size)))

    async def standing(self, size: int) -> Standing:
        """What whoever reads so long a log must know of it besides its lines."""
        which = {"kind": "heartbeat", "_id": {"$lt": size}}
        beat = await self._database["entries"].find_one(which, {"at": True}, sort={"_id": -1})
        aside, given_up = [await self._many(type_, size) for type_ in (RecordSetAside.type, RecordDiscarded.type)]
        anchor = await self._cosignatures.largest(size)
        return Standing(beat["at"] if beat else None, aside - given_up, anchor)

    async def _many(self, type_: str, size: int) -> int:
        return await self._database["entries"].count_documents({"type": type_, "_id": {"$lt": size}})

    async def subjects_of(self, type_: str) -> AsyncIterator[str]:
        """Whom the lines of a type are about, in their order."""
        async for each in self._database["entries"].find({"type": type_}, {"leaf": True}, sort={"_id": 1}):
            yield orjson.loads(each["leaf"])["subject"]

    async def _which(self, filter_: Filter, size: int) -> list[dict[str, Any]]:
        said = filter_.said
        which: list[dict[str, Any]] = [{kept: said[name]} for name, kept in BY_MEMBER.items() if name in said]
        which += _range("at", *filter_.period) + _range("_id", filter_.from_index, filter_.to_index)
        if filter_.case:
            which.append({"refs": {"$in": sorted(await self._refs(str(filter_.case)))}})
        return [*which, {"_id": {"$lt": size}}]

    async def _refs(self, case_id: str) -> Collection[str]:
        """The case, and every report that one of its lines names; not the log, which a line about a search names."""
        refs = await self._database["entries"].distinct("refs", {"refs": case_id})
        return {case_id, *(ref for ref in refs if UUID_TEXT.fullmatch(ref))}


def _range(member: str, start: object, end: object) -> list[dict[str, Any]]:
    bounds = {name: value for name, value in (("$gte", start), ("$lt", end)) if value is not None}
    return [{member: bounds}] if bounds else []


def _all_of(which: list[dict[str, Any]]) -> dict[str, Any]:
    return {"$and": which}
