"""The lines of the log as auditors search them."""

import re
from collections.abc import AsyncIterator, Collection
from typing import Any

import orjson

from services.audit.store.documents import HEAD
from shared.delivery.shelf import Database

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Entries:
    """Finds lines by what they are about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_case(self, case_id: str, after: int, most: int) -> tuple[int, list[dict[str, Any]]]:
        """The log's size, and lines about a case behind a place: its own, and those of the report it came from."""
        head = await self._database["head"].find_one({"_id": HEAD}, {"size": True}) or {"size": 0}
        refs = await self._refs(case_id)
        which = {"refs": {"$in": sorted(refs)}, "_id": {"$gt": after, "$lt": head["size"]}}
        found = self._database["entries"].find(which, {"leaf": True}, sort={"_id": 1}, limit=most)
        return head["size"], [{"index": each["_id"], "leaf": orjson.loads(each["leaf"])} async for each in found]

    async def subjects_of(self, type_: str) -> AsyncIterator[str]:
        """Whom the lines of a type are about, in their order. Every line is looked at: this is for repairs."""
        mark = f'"type":"{type_}"'.encode()
        async for each in self._database["entries"].find({"kind": "event"}, {"leaf": True}, sort={"_id": 1}):
            if mark in each["leaf"] and (leaf := orjson.loads(each["leaf"]))["type"] == type_:
                yield leaf["subject"]

    async def _refs(self, case_id: str) -> Collection[str]:
        """The case, and every report that one of its lines names; not the log, which a line about a search names."""
        refs = await self._database["entries"].distinct("refs", {"refs": case_id})
        return {case_id, *(ref for ref in refs if UUID_TEXT.fullmatch(ref))}
