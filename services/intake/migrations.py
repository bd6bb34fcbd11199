"""The database of intake, made by `relais migrate`."""

from pymongo import ASCENDING, IndexModel

from shared.delivery.lease import DUE_INDEX
from shared.delivery.migrations import BY_UNIT, DAYS, ENGINE, LEANER, TOPICS, Migration, make_indexes
from shared.delivery.shelf import Database

INDEXES = {
    "reports": list[IndexModel](),
    "stations": list[IndexModel](),
    "integrators": [IndexModel([("authid", ASCENDING)], name="who-signs-in", unique=True)],
    "presences": list[IndexModel](),
}

TEXT = {"bsonType": "string"}
SHAPES = {
    "reports": {"integrator": TEXT, "report_id": TEXT, "case_id": TEXT, "standing": TEXT},
    "stations": {"code": TEXT, "force": TEXT, "departement": TEXT, "zone": TEXT},
    "integrators": {"code": TEXT, "authid": TEXT, "stations": {"bsonType": "array"}},
    "presences": {"openings": {"bsonType": "array"}},
}


async def _door(database: Database) -> None:
    await make_indexes(database, INDEXES)
    for name, members in SHAPES.items():
        shape = {"$jsonSchema": {"bsonType": "object", "required": list(members), "properties": members}}
        await database.command("collMod", name, validator=shape)


async def _listing(database: Database) -> None:
    of_an_integrator = IndexModel([("integrator", ASCENDING), ("listed", ASCENDING)], name="in-order-of-change")
    await make_indexes(database, {"reports": [of_an_integrator], "listings": []})


async def _keeping(database: Database) -> None:
    await make_indexes(database, {"reports": [DUE_INDEX]})


async def _marks_of_closed(database: Database) -> None:
    await database["reports"].update_many({"standing": "closed"}, {"$set": {"role": None, "contact_mark": None}})


MIGRATIONS = [
    ENGINE,
    Migration("reports, the registry and presences", _door),
    LEANER,
    Migration("reports listed by change", _listing),
    Migration("what came before its report", _keeping),
    BY_UNIT,
    DAYS,
    TOPICS,
]
