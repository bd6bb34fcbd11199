"""The database of notification, made by `relais migrate`."""

from pymongo import ASCENDING, IndexModel

from shared.delivery.lease import DUE_INDEX
from shared.delivery.migrations import BY_UNIT, DAYS, ENGINE, LEANER, TOPICS, Migration, make_indexes
from shared.delivery.shelf import Database

STILL_OWED = {"due_at": {"$exists": True}}

INDEXES = {
    "notices": [
        DUE_INDEX,
        IndexModel([("owed_at", ASCENDING)], name="owed-longest", partialFilterExpression=STILL_OWED),
        IndexModel([("case_id", ASCENDING)], name="of-a-case"),
    ]
}

TEXT, DATE, NUMBER = {"bsonType": "string"}, {"bsonType": "date"}, {"bsonType": ["int", "long"]}

SHAPE = (
    dict.fromkeys(("_id", "case_id", "kind", "ref", "role", "template", "language", "state"), TEXT)
    | {"template_version": NUMBER, "attempts": NUMBER}
    | {"owed_at": DATE}
)


async def _notices(database: Database) -> None:
    await make_indexes(database, INDEXES)
    shape = {"$jsonSchema": {"bsonType": "object", "required": list(SHAPE), "properties": SHAPE}}
    await database.command("collMod", "notices", validator=shape)


BY_CHANNEL = {
    "notices": [
        IndexModel(
            [("channel", ASCENDING), ("due_at", ASCENDING)], name="due-by-channel", partialFilterExpression=STILL_OWED
        ),
        IndexModel([("ref", ASCENDING), ("owed_at", ASCENDING)], name="of-a-recipient"),
        IndexModel([("owed_at", ASCENDING)], name="newest"),
    ]
}


async def _channels(database: Database) -> None:
    """Each channel is looked after by itself; a recipient's notices of the last hour are counted."""
    await make_indexes(database, BY_CHANNEL)
    await database["notices"].drop_index("due")
    await database.create_collection("stops")


async def _gatherings(database: Database) -> None:
    """Which digest of a recipient gathers now."""
    await database.create_collection("gatherings")


MIGRATIONS = [
    ENGINE,
    Migration("notices", _notices),
    LEANER,
    BY_UNIT,
    Migration("channels", _channels),
    DAYS,
    Migration("gatherings", _gatherings),
    TOPICS,
]
