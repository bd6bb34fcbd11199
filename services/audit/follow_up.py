"""Watches in the log that what was said is followed up, whoever should have done it: also where that service is away.

Each line is looked at once, when its time is over; what is not followed by then is kept and looked at again until it
is. Twice the same step changes nothing, so that a restart, or a second instance, does no harm.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from bson import ObjectId
from pymongo import ReturnDocument, UpdateOne

from services.audit.domain.following import EXPECTATIONS, Expectation, Said
from services.audit.store.documents import HEAD
from shared.delivery.shelf import Database
from shared.watch.metrics import UNFOLLOWED, UNFOLLOWED_OLDEST_SECONDS, Metrics

EVERY_SECONDS = 10.0
A_PAGE, MOST_PAGES = 500, 10
"""Lines looked at together, and how often in one go: as many as come meanwhile at several hundred a second."""

Row = dict[str, Any]


class FollowUp:
    """Looks at what was said some time ago, and counts what is not followed up."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database = database
        self._metrics = metrics
        self._settled = ""

    async def look(self) -> None:
        """Look at the lines whose time is over now, and again at those that were not followed up."""
        head = await self._database["head"].find_one({"_id": HEAD}, {"size": True}) or {"size": 0}
        now = await self._note_size(head["size"])
        for expectation in EXPECTATIONS:
            await self._look_at_lines(expectation, head["size"], now)
        await self._look_again()
        await self._measure()

    async def _note_size(self, size: int) -> datetime:
        """Note how many lines there are at this time of the database's clock, which is returned."""
        noted: list[Row] = [{"$set": {"at": "$$NOW", "size": size}}]
        row = await self._database["sizes"].find_one_and_update(
            {"_id": ObjectId()}, noted, upsert=True, return_document=ReturnDocument.AFTER
        )
        assert row  # noqa: S101 # it is made where it is not there
        now: datetime = row["at"]
        return now

    async def _look_at_lines(self, expectation: Expectation, size: int, now: datetime) -> None:
        """Look at each line that is old enough. A log that is watched for the first time is watched from its end."""
        followed = self._database["followed"]
        done = await followed.find_one({"_id": expectation.what})
        if done is None:
            await followed.update_one({"_id": expectation.what}, {"$max": {"up_to": size}}, upsert=True)
            return
        up_to, end = done["up_to"], await self._size_at(now - expectation.within)
        for _ in range(MOST_PAGES):
            if up_to >= end:
                return
            up_to = await self._look_at_page(expectation, up_to, end)
            await followed.update_one({"_id": expectation.what}, {"$max": {"up_to": up_to}})

    async def _size_at(self, at: datetime) -> int:
        """How many lines there were, for certain, at this time."""
        row = await self._database["sizes"].find_one({"at": {"$lte": at}}, sort=[("at", -1)])
        return row["size"] if row else 0

    async def _look_at_page(self, expectation: Expectation, up_to: int, end: int) -> int:
        which = {"type": {"$in": expectation.openers}, "_id": {"$gte": up_to, "$lt": end}}
        found = self._database["entries"].find(which, {"leaf": True}, sort={"_id": 1}, limit=A_PAGE)
        said = [_said(row["_id"], row["leaf"]) for row in await found.to_list()]
        unfollowed = await self._with_urgency(expectation, await self._unfollowed(expectation, said))
        await self._keep([each for each in unfollowed if expectation.concerns(each)], expectation)
        return said[-1].index + 1 if len(said) == A_PAGE else end

    async def _unfollowed(self, expectation: Expectation, said: Sequence[Said]) -> list[Said]:
        cases = {each.case for each in said}
        if not cases:
            return []
        which = {"refs": {"$in": sorted(cases)}, "type": {"$in": expectation.followers}}
        found = await self._database["entries"].find(which, {"leaf": True}).to_list()
        return expectation.unfollowed(said, [_said(row["_id"], row["leaf"]) for row in found])

    async def _with_urgency(self, expectation: Expectation, said: Sequence[Said]) -> Sequence[Said]:
        """The same, with the urgency that stands in each one's content, where it is asked for."""
        if expectation.urgency is None or not said:
            return said
        which = {"_id": {"$in": [each.index for each in said]}}
        contents = {row["_id"]: row.get("bytes", b"{}") async for row in self._database["payloads"].find(which)}
        return [_with_urgency_of(each, contents.get(each.index, b"{}")) for each in said]

    async def _keep(self, unfollowed: Sequence[Said], expectation: Expectation) -> None:
        if not unfollowed:
            return
        since = {"$subtract": ["$$NOW", round(expectation.within.total_seconds() * 1000)]}
        kept: list[UpdateOne] = []
        for each in unfollowed:
            members = {"what": expectation.what, "index": each.index, "since": {"$ifNull": ["$since", since]}}
            kept.append(UpdateOne({"_id": f"{expectation.what}/{each.index}"}, [{"$set": members}], upsert=True))
        await self._database["unfollowed"].bulk_write(kept, ordered=False)

    async def _look_again(self) -> None:
        """Drop what has been followed up since; where there is much, the rest the next time."""
        for _ in range(MOST_PAGES):
            which = {"_id": {"$gt": self._settled}}
            rows = await self._database["unfollowed"].find(which, sort={"_id": 1}, limit=A_PAGE).to_list()
            for expectation in EXPECTATIONS:
                await self._settle(expectation, [row for row in rows if row["what"] == expectation.what])
            self._settled = rows[-1]["_id"] if len(rows) == A_PAGE else ""
            if not self._settled:
                return

    async def _settle(self, expectation: Expectation, rows: Sequence[Row]) -> None:
        if not rows:
            return
        which = {"_id": {"$in": [row["index"] for row in rows]}}
        lines = await self._database["entries"].find(which, {"leaf": True}).to_list()
        left = await self._unfollowed(expectation, [_said(line["_id"], line["leaf"]) for line in lines])
        done = {row["index"] for row in rows} - {each.index for each in left}
        ids = [f"{expectation.what}/{index}" for index in done]
        await self._database["unfollowed"].delete_many({"_id": {"$in": ids}})

    async def _measure(self) -> None:
        seconds = {"$divide": [{"$subtract": ["$$NOW", {"$min": "$since"}]}, 1000]}
        grouped: list[Row] = [
            {"$group": {"_id": "$what", "many": {"$sum": 1}, "since": {"$min": "$since"}}},
            {"$project": {"many": True, "seconds": seconds}},
        ]
        rows = {row["_id"]: row async for row in await self._database["unfollowed"].aggregate(grouped)}
        for expectation in EXPECTATIONS:
            row = rows.get(expectation.what, {"many": 0, "seconds": 0.0})
            self._metrics[UNFOLLOWED].labels(expectation.what).set(row["many"])
            self._metrics[UNFOLLOWED_OLDEST_SECONDS].labels(expectation.what).set(row["seconds"])


def _said(index: int, leaf: bytes) -> Said:
    line = orjson.loads(leaf)
    return Said(index, line["type"], line["subject"], datetime.fromisoformat(line["time"]))


def _with_urgency_of(said: Said, content: bytes) -> Said:
    return replace(said, urgency=orjson.loads(content).get("urgency"))
