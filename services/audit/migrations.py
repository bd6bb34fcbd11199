"""The database of the log, made by `relais migrate`."""

from typing import Any

from pymongo import ASCENDING, IndexModel

from shared.delivery.migrations import BY_UNIT, ENGINE, LEANER, Migration, make_indexes
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


MIGRATIONS = [ENGINE, Migration("the log's entries, tiles, head, checkpoints and payloads", _log), LEANER, BY_UNIT]
