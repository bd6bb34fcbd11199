"""The database of the log, made by `relais migrate`."""

from datetime import timedelta
from typing import Any

import orjson
from pymongo import ASCENDING, IndexModel, UpdateOne

from services.audit.domain.finding import found_by
from services.audit.domain.leaf import ALARMING
from services.audit.store.exports import KEPT
from shared.delivery.lease import DUE_INDEX
from shared.delivery.migrations import BY_UNIT, DAYS, ENGINE, LEANER, Migration, make_indexes
from shared.delivery.shelf import Database


def _only_where(member: str) -> dict[str, Any]:
    return {"name": f"one-{member}", "unique": True, "partialFilterExpression": {member: {"$exists": True}}}


INDEXES = {
    "entries": [
        IndexModel([("event", ASCENDING)], **_only_where("event")),
        IndexModel([("order", ASCENDING)], **_only_where("order")),
        IndexModel([("place", ASCENDING)], **_only_where("place")),
        IndexModel([("refs", ASCENDING)], name="of-a-case"),
    ],
    "payloads": list[IndexModel](),
    "tiles": list[IndexModel](),
    "checkpoints": list[IndexModel](),
    "head": list[IndexModel](),
}

BYTES, NUMBER, TEXT = {"bsonType": "binData"}, {"bsonType": ["int", "long"]}, {"bsonType": "string"}
LIST = {"bsonType": "array"}

SHAPES: dict[str, dict[str, Any]] = {
    "entries": {"_id": NUMBER, "leaf": BYTES, "leaf_hash": BYTES, "kind": TEXT, "refs": LIST},
    "payloads": {"_id": NUMBER, "salt": BYTES, "bytes": BYTES},
    "tiles": {"_id": {"bsonType": "object"}, "hashes": BYTES, "root": BYTES},
    "checkpoints": {"_id": NUMBER, "note": TEXT},
    "head": {"_id": TEXT, "size": NUMBER, "root": BYTES, "epoch": NUMBER, "frontier": LIST, "reached": LIST},
}


async def _log(database: Database) -> None:
    await make_indexes(database, INDEXES)
    for name, members in SHAPES.items():
        shape = {"$jsonSchema": {"bsonType": "object", "required": list(members), "properties": members}}
        await database.command("collMod", name, validator=shape)


def _by(name: str, then: str, only_where: dict[str, Any] | None = None) -> IndexModel:
    """Finds lines by one member, in an order: at once whatever is asked of a busy actor, or of a rare operation."""
    where = only_where or {name: {"$exists": True}}
    return IndexModel([(name, ASCENDING), (then, ASCENDING)], name=f"by-{name}", partialFilterExpression=where)


NOT_OF_RECORDS = {"kind": {"$in": sorted({*ALARMING, "heartbeat"})}}
FOUND_BY = [
    IndexModel([("id", ASCENDING)], name="by-id"),
    IndexModel([("at", ASCENDING)], name="by-time"),
    _by("who", "at"),
    _by("to", "_id"),
    _by("station", "_id"),
    _by("type", "_id"),
    _by("op", "_id"),
    _by("kind", "_id", NOT_OF_RECORDS),
]
FILLED_AT_ONCE = 1000


async def _search(database: Database) -> None:
    """Lines that were written before they could be searched get what stands beside newer ones."""
    await make_indexes(database, {"entries": FOUND_BY, "consultations": [], "leases": []})
    forgotten = IndexModel([("kept_at", ASCENDING)], name="forgotten", expireAfterSeconds=round(KEPT.total_seconds()))
    await make_indexes(database, {"exports": [DUE_INDEX], "export_parts": [forgotten]})
    await make_indexes(database, {"cosignatures": [], "watched": [], "findings": []})
    before: dict[str, Any] = {"at": {"$exists": False}}
    while rows := await database["entries"].find(before, {"leaf": True}, limit=FILLED_AT_ONCE).to_list():
        filled = [UpdateOne({"_id": row["_id"]}, {"$set": found_by(orjson.loads(row["leaf"]))}) for row in rows]
        await database["entries"].bulk_write(filled, ordered=False)


FOREIGN: list[dict[str, Any]] = [{"place": {"$gte": "station.", "$lt": "station/"}}, {"kind": "unreadable"}]
"""Which lines tell of a record that somebody else wrote."""


async def _no_foreign_bytes(database: Database) -> None:
    """What stations sent, and what is no event, leaves the log; its commitment and its salt stay."""
    optional = {"bytes": BYTES, "size": NUMBER}
    shape = {
        "bsonType": "object",
        "required": ["_id", "salt"],
        "properties": {"_id": NUMBER, "salt": BYTES, **optional},
        "oneOf": [{"required": [name]} for name in optional],
    }
    await database.command("collMod", "payloads", validator={"$jsonSchema": shape})
    for which in FOREIGN:
        indexes = [row["_id"] async for row in database["entries"].find(which, {"_id": True})]
        for start in range(0, len(indexes), FILLED_AT_ONCE):
            beside = {"_id": {"$in": indexes[start : start + FILLED_AT_ONCE]}, "bytes": {"$exists": True}}
            await database["payloads"].update_many(beside, FORGET_BYTES)


FORGET_BYTES: list[dict[str, Any]] = [{"$set": {"size": {"$binarySize": "$bytes"}}}, {"$unset": "bytes"}]


SIZES_KEPT = timedelta(days=2)


async def _follow_up(database: Database) -> None:
    """How long the log was when, and what was not followed up in time."""
    old = IndexModel([("at", ASCENDING)], name="old", expireAfterSeconds=round(SIZES_KEPT.total_seconds()))
    await make_indexes(database, {"sizes": [old], "followed": [], "unfollowed": []})


MIGRATIONS = [
    ENGINE,
    Migration("the log's entries, tiles, head, checkpoints and payloads", _log),
    LEANER,
    BY_UNIT,
    Migration("by what lines are found", _search),
    DAYS,
    Migration("nothing of what stations sent is kept beside the log", _no_foreign_bytes),
    Migration("what is to be followed up", _follow_up),
]
