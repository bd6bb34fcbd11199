"""Numbered changes of a service's database: applied once, in order, by `relais migrate`; checked at every start."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, IndexModel

from shared.delivery.shelf import Database
from shared.delivery.unsent import row_id

UNDECIDED = {"state": {"$in": ["set-aside", "waiting"]}}

INDEXES = {
    "inbox": [],
    # Rows are found by unit of work, through the few units that are unsent: an index would cost every event.
    "outbox": [],
    "unsent": [],
    "set_aside": [
        IndexModel(
            [("state", ASCENDING), ("wait_key", ASCENDING), ("place.offset", ASCENDING)],
            name="undecided",
            partialFilterExpression=UNDECIDED,
        ),
    ],
    "record_openings": [],
    "streams": [],
    "days": [],
    "topics": [],
}


class BehindMigrations(Exception):
    """The database is behind this version: run `relais migrate`, then start again."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class Migration:
    """One change. It may be interrupted and applied again, so each step of it changes nothing the second time."""

    name: str
    apply: Callable[[Database], Awaitable[None]]


async def make_indexes(database: Database, indexes: dict[str, list[IndexModel]]) -> None:
    """Make collections and their indexes.

    A collection must exist before a transaction first writes to it, or that transaction pays for making it.
    """
    existing = await database.list_collection_names()
    for name in indexes:
        if name not in existing:
            await database.create_collection(name)
    for name, models in indexes.items():
        if models:
            await database[name].create_indexes(models)


async def _engine_collections(database: Database) -> None:
    await make_indexes(database, INDEXES)


ENGINE = Migration("the engine's inbox, outbox, streams and set-aside rows", _engine_collections)


async def _leaner(database: Database) -> None:
    for name, index in (("inbox", "of-a-case"), ("outbox", "forget-sent"), ("outbox", "to-send")):
        if index in await database[name].index_information():
            await database[name].drop_index(index)
    await make_indexes(database, INDEXES)
    async for stream in database["streams"].find({"last": {"$exists": True}}):
        place, subject = f"{stream['_id']} {stream['last']}", stream["_id"].rsplit(" ", 1)[-1]
        passed = {"outcome": "done", "subject": subject}
        await database["inbox"].update_one({"_id": place}, {"$setOnInsert": passed}, upsert=True)
        await database["streams"].delete_one({"_id": stream["_id"]})


LEANER = Migration("the inbox alone tells how far a stream was read; fewer indexes", _leaner)


async def _by_unit(database: Database) -> None:
    await make_indexes(database, INDEXES)
    if "to-send" in await database["outbox"].index_information():
        await database["outbox"].drop_index("to-send")
    units: dict[ObjectId, list[dict[str, Any]]] = defaultdict(list)
    async for row in database["outbox"].find({"pending": True}):
        units[row["unit"]].append(row)
    for unit, rows in units.items():
        for n, row in enumerate(rows):
            kept = {name: row[name] for name in ("aggregate", "subject", "rev", "i", "topic", "headers", "bytes")}
            await database["outbox"].replace_one({"_id": row_id(unit.binary, n)}, kept, upsert=True)
        of = {name: list({row[name[:-1]] for row in rows if row[name[:-1]]}) for name in ("lanes", "aggregates")}
        unsent = {**of, "many": len(rows), "saved_at": rows[0]["saved_at"]}
        await database["unsent"].replace_one({"_id": unit.binary}, unsent, upsert=True)
    await database["outbox"].delete_many({"_id": {"$type": "objectId"}})


BY_UNIT = Migration("what is unsent is told by unit of work; events that were sent before are dropped", _by_unit)


async def _days(database: Database) -> None:
    await make_indexes(database, INDEXES)
    # Laid down here: it says nothing, and a service's first unit of work should be one of its own.
    first = {"rev": 1, "version": 1, "sequences": {}, "day": datetime.now(UTC).date().isoformat(), "number": 0}
    await database["days"].update_one({"_id": "next"}, {"$setOnInsert": first}, upsert=True)


DAYS = Migration("from which day on each day is closed", _days)


async def _topics(database: Database) -> None:
    await make_indexes(database, INDEXES)


TOPICS = Migration("which ids topics have had", _topics)


async def migrate(database: Database, migrations: Sequence[Migration]) -> list[str]:
    """Apply what has not been applied yet. Returns the names of what was."""
    applied = []
    for number, migration in enumerate(migrations, start=1):
        if await database["migrations"].find_one({"_id": number}) is None:
            await migration.apply(database)
            row = {"name": migration.name}
            await database["migrations"].update_one({"_id": number}, {"$set": row}, upsert=True)
            applied.append(migration.name)
    return applied


async def check_migrated(database: Database, migrations: Sequence[Migration]) -> None:
    """Raise `BehindMigrations` unless every change has been applied."""
    if await database["migrations"].count_documents({}) < len(migrations):
        raise BehindMigrations
