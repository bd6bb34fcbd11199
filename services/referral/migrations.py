"""The database of referral, made by `relais migrate`."""

from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, IndexModel

from shared.delivery.cached import REVISIONS
from shared.delivery.lease import DUE_INDEX
from shared.delivery.migrations import BY_UNIT, DAYS, ENGINE, LEANER, TOPICS, Migration, make_indexes
from shared.delivery.shelf import Database

HELD = {"post_id": {"$exists": True}}

INDEXES = {
    "cases": [
        IndexModel([("post_id", ASCENDING)], name="held-by-a-post", partialFilterExpression=HELD),
        IndexModel([("state", ASCENDING), ("post_id", ASCENDING), ("received_at", ASCENDING)], name="waiting-longest"),
    ],
    "dossiers": list[IndexModel](),
    "deadlines": [DUE_INDEX],
    "openings": [IndexModel([("case_id", ASCENDING)], name="of-a-case")],
    "posts": [IndexModel([("presences.station", ASCENDING)], name="at-a-station")],
    "coordinators": list[IndexModel](),
    "partners": [IndexModel([("departement", ASCENDING)], name="in-a-departement")],
    "calendars": list[IndexModel](),
}

TEXT, DATE, LIST, YES_OR_NO = {"bsonType": "string"}, {"bsonType": "date"}, {"bsonType": "array"}, {"bsonType": "bool"}

SHAPES: dict[str, dict[str, Any]] = {
    "cases": {"_id": TEXT, "report_id": TEXT, "station": TEXT, "departement": TEXT, "urgency": TEXT, "state": TEXT}
    | {"test": YES_OR_NO, "received_at": DATE, "assignments": LIST, "escalations": LIST, "referrals": LIST},
    "dossiers": {"_id": TEXT},
    "deadlines": {"_id": TEXT, "case_id": TEXT, "kind": TEXT, "assignment_id": TEXT},
    "openings": {"_id": TEXT, "case_id": TEXT, "by": TEXT, "purpose": TEXT, "justification": TEXT},
    "posts": {"_id": TEXT, "iscg_id": TEXT, "authid": TEXT, "departement": TEXT, "channels": LIST, "presences": LIST},
    "coordinators": {"_id": TEXT, "id": TEXT, "authid": TEXT, "departement": TEXT, "channels": LIST},
    "partners": {"_id": TEXT, "type": TEXT, "departement": TEXT, "channels": LIST},
    "calendars": {"_id": TEXT, "openings": LIST, "on_call": YES_OR_NO},
}


async def _case_work(database: Database) -> None:
    await make_indexes(database, INDEXES)
    for name, members in SHAPES.items():
        shape = {"$jsonSchema": {"bsonType": "object", "required": list(members), "properties": members}}
        await database.command("collMod", name, validator=shape)


async def _registry(database: Database) -> None:
    await make_indexes(database, {"stations": []})


def some(members: str) -> dict[str, Any]:
    """That a list holds anything: most of these lists are empty, and an index of them would cost every case."""
    return {f"{members}.0": {"$exists": True}}


LATER = {
    "cases": [
        IndexModel([("report_id", ASCENDING)], name="of-a-report"),
        IndexModel(
            [("post_id", 1), ("received_at", 1), ("_id", 1)], name="list-of-a-post", partialFilterExpression=HELD
        ),
        IndexModel([("departement", 1), ("state", 1), ("received_at", 1), ("_id", 1)], name="list-of-a-departement"),
        IndexModel([("open_to", 1), ("state", 1)], name="list-of-a-neighbour", partialFilterExpression=some("open_to")),
        IndexModel([("related_to", ASCENDING)], name="of-an-event", partialFilterExpression=some("related_to")),
        IndexModel([("ended_at", ASCENDING)], name="ended", sparse=True),
        IndexModel([("departement", ASCENDING), ("received_at", ASCENDING), ("test", ASCENDING)], name="counted"),
    ],
    "marks": [IndexModel([("marks", ASCENDING)], name="known-by")],
    "territories": list[IndexModel](),
    "counted": [IndexModel([("month", ASCENDING)], name="of-a-month")],
    "fallbacks": list[IndexModel](),
    "posts": [
        IndexModel([("departement", ASCENDING)], name="in-a-departement"),
        IndexModel([("iscg.authid", ASCENDING)], name="of-an-iscg"),
        IndexModel([("absences.covered_by", ASCENDING)], name="covered-by"),
    ],
}
SHAPES_NOW: dict[str, dict[str, Any]] = {
    "posts": {"_id": TEXT, "departement": TEXT, "presences": LIST, "absences": LIST},
    "deadlines": {"_id": TEXT, "case_id": TEXT, "kind": TEXT, "stage": TEXT, "ends_at": TEXT},
    "marks": {"_id": TEXT, "marks": LIST},
}
FILLED = {"id": "$iscg_id", "authid": "$authid", "channels": "$channels", "language": "$language", "speaks": ["fr"]}


async def _posts_and_people(database: Database) -> None:
    await make_indexes(database, LATER)
    if "held-by-a-post" in await database["cases"].index_information():
        await database["cases"].drop_index("held-by-a-post")
    for name in SHAPES_NOW:
        await database.command("collMod", name, validator={})
    before = {"iscg_id": {"$exists": True}}
    moved: list[dict[str, Any]] = [
        {"$set": {"iscg": FILLED, "absences": []}},
        {"$unset": ["iscg_id", "authid", "channels", "language"]},
    ]
    await database["posts"].update_many(before, moved)
    dated = {"$dateToString": {"date": {"$ifNull": ["$due_at", "$$NOW"]}}}
    clock: dict[str, Any] = {"$set": {"stage": "breach", "n": 1, "ends_at": dated}}
    await database["deadlines"].update_many({"stage": {"$exists": False}}, [clock, {"$unset": "assignment_id"}])
    for name, members in SHAPES_NOW.items():
        shape = {"$jsonSchema": {"bsonType": "object", "required": list(members), "properties": members}}
        await database.command("collMod", name, validator=shape)


async def _links(database: Database) -> None:
    await make_indexes(database, {"accesses": [], "inspections": []})


async def _yearbooks(database: Database) -> None:
    await make_indexes(database, {"yearbooks": []})


async def _publications(database: Database) -> None:
    """What was counted of years that were not over was no publication: it goes, and is published when they are."""
    await database["yearbooks"].delete_many({})


async def _last_contacts(database: Database) -> None:
    reached = {"$filter": {"input": "$attempts", "cond": {"$eq": ["$$this.outcome", "reached"]}}}
    contacts = {"$concatArrays": [{"$map": {"input": reached, "in": "$$this.at"}}, "$interviews.at"]}
    met: dict[str, Any] = {"$set": {"last_contact_at": {"$toDate": {"$max": contacts}}}}
    had = {"last_contact_at": {"$exists": False}, "$or": [some("attempts"), some("interviews")]}
    await database["cases"].update_many(had, [met])
    of_none: dict[str, Any] = {"last_contact_at": None}
    await database["cases"].update_many(of_none, {"$unset": {"last_contact_at": ""}})


async def _partners_work(database: Database) -> None:
    referred = IndexModel(
        [("referrals.partner_id", ASCENDING), ("referrals.state", ASCENDING)],
        name="referred-to",
        partialFilterExpression=some("referrals"),
    )
    one = IndexModel([("referrals.id", ASCENDING)], name="of-a-referral", partialFilterExpression=some("referrals"))
    signing_in = IndexModel([("authid", ASCENDING)], name="of-a-partner")
    await make_indexes(database, {"cases": [referred, one], "partners": [signing_in]})


async def _emergencies(database: Database) -> None:
    await make_indexes(database, {"emergencies": []})


async def _subjects(database: Database) -> None:
    await make_indexes(database, {"subjects": []})


async def _revisions(database: Database) -> None:
    await make_indexes(database, {REVISIONS: []})
    for name in ("posts", "partners"):
        first = {"$setOnInsert": {"drawn": ObjectId()}}
        await database[REVISIONS].update_one({"_id": name}, first, upsert=True)


MIGRATIONS = [
    ENGINE,
    Migration("cases, dossiers, deadlines, openings and the roster", _case_work),
    LEANER,
    BY_UNIT,
    Migration("the stations of the registry", _registry),
    Migration("posts with who fills them, reminders, and who knows whom", _posts_and_people),
    Migration("the codes of partners without an account, and inspections", _links),
    Migration("when people were last met", _last_contacts),
    Migration("the statistics as they were counted last", _yearbooks),
    Migration("which cases were referred to a partner, and by whom it signs in", _partners_work),
    DAYS,
    Migration("the revisions of posts and partners, which are kept in memory", _revisions),
    Migration("how often ISCGs have taken emergency accesses", _emergencies),
    Migration("statistics are published once, when a year is over", _publications),
    Migration("by which opaque id each of the roster signs in", _subjects),
    TOPICS,
]
